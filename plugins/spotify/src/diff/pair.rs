//! A playlist on both sides of a comparison.

use std::collections::HashMap;

use super::moves::{Changes, changes};
use crate::model::Entry;
use crate::uri::Uri;

/// Computes the keys of entries: equal entries have equal keys.
pub(super) struct EntryKeys {
    pub(super) catalog: bool,
    /// Maps each further id of a track with several ids to the first id.
    pub(super) aliases: HashMap<String, String>,
}

impl EntryKeys {
    fn key(&self, entry: &Entry) -> String {
        match &entry.uri {
            Some(uri) if !self.catalog || uri.is_music() => match self.aliases.get(uri.id()) {
                Some(first) => Uri::parse(first).map_or_else(|| first.clone(), |uri| uri.text()),
                None => uri.text(),
            },
            // On either side, a place for which the catalog has no track.
            _ if self.catalog && entry.known_as.is_none() && !entry.by_name => String::new(),
            _ => entry.identity(),
        }
    }
}

/// A playlist on both sides; one of them may be missing.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// The name of the playlist. If its name differs between the two sides, the newer name.
    pub name: String,
    /// The older entries.
    pub old: Option<Vec<Entry>>,
    /// The newer entries.
    pub new: Option<Vec<Entry>>,
    /// The differences.
    pub changes: Changes,
}

impl Pair {
    pub(super) fn compare(name: String, old: Option<Vec<Entry>>, new: Option<Vec<Entry>>, keys: &EntryKeys) -> Self {
        let list =
            |entries: &Option<Vec<Entry>>| entries.iter().flatten().map(|entry| keys.key(entry)).collect::<Vec<_>>();
        let changes = changes(&list(&old), &list(&new));
        Self { name, old, new, changes }
    }

    /// True if the playlist exists on both sides and both lists are equal.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.old.is_some() && self.new.is_some() && self.changes.is_empty()
    }
}
