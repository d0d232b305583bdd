//! A playlist on both sides of a comparison.

use std::collections::HashMap;

use super::moves::{Changes, changes};
use crate::model::Entry;
use crate::uri::Uri;

/// Names of entries: equal for entries that are the same.
pub(super) struct Names {
    pub(super) catalog: bool,
    /// For tracks with several ids: each id with the one that is used.
    pub(super) aliases: HashMap<String, String>,
}

impl Names {
    fn of(&self, entry: &Entry) -> String {
        match &entry.uri {
            Some(uri) if !self.catalog || uri.is_music() => match self.aliases.get(uri.id()) {
                Some(first) => Uri::parse(first).map_or_else(|| first.clone(), |uri| uri.text()),
                None => uri.text(),
            },
            // A place that the catalog has no track for, on either side.
            _ if self.catalog && entry.known_as.is_none() && !entry.by_name => String::new(),
            _ => entry.identity(),
        }
    }
}

/// A playlist on both sides; one of them may be missing.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// As it is called, the newer name first.
    pub name: String,
    /// Before.
    pub old: Option<Vec<Entry>>,
    /// After.
    pub new: Option<Vec<Entry>>,
    /// What is different.
    pub changes: Changes,
}

impl Pair {
    pub(super) fn of(name: String, old: Option<Vec<Entry>>, new: Option<Vec<Entry>>, called: &Names) -> Self {
        let names =
            |entries: &Option<Vec<Entry>>| entries.iter().flatten().map(|entry| called.of(entry)).collect::<Vec<_>>();
        let changes = changes(&names(&old), &names(&new));
        Self { name, old, new, changes }
    }

    /// Whether both are there and nothing is different.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.old.is_some() && self.new.is_some() && self.changes.is_empty()
    }
}
