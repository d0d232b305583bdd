//! An item of the library with its file, and the track that it is now.

use std::collections::{HashMap, HashSet};

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::FileLink;

use crate::duplicates::Item;

/// An item with its file.
pub(super) struct LinkedItem {
    pub(super) item: Item,
    pub(super) link: FileLink,
}

impl LinkedItem {
    /// Whether a person or a program said which track it is.
    pub(super) fn is_said(&self) -> bool {
        self.link.track.is_some() && matches!(self.link.by.as_deref(), Some("person" | "path"))
    }
}

/// The items that are there, each file once.
pub(super) fn files(catalog: &Catalog) -> Result<Vec<LinkedItem>, CatalogError> {
    let mut links = HashMap::new();
    let mut seen = HashSet::new();
    catalog.file_links(|item, link| {
        if seen.insert(link.file) {
            links.insert(item, link);
        }
    })?;
    let mut files = Vec::new();
    catalog.library_entries(|entry| {
        if let Some(link) = links.remove(&entry.id) {
            files.push(LinkedItem { item: Item::from(entry), link });
        }
    })?;
    Ok(files)
}
