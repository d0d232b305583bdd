//! An item of the library with its file and its current track.

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
    /// The track comes from a person, or from a program that names the path.
    pub(super) fn is_fixed(&self) -> bool {
        self.link.track.is_some() && matches!(self.link.by.as_deref(), Some("person" | "path"))
    }
}

/// The items that exist, each file once.
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
