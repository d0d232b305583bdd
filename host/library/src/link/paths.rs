//! Paths that programs write in another form of Unicode than the disk has them: macOS gives names in pieces (`e` and an accent),
//! programs keep them composed (`é`). Both mean one file.

use std::collections::HashMap;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::SamePath;
use unicode_normalization::UnicodeNormalization as _;

/// The named paths that are paths of items in another form.
pub(super) fn same(catalog: &Catalog) -> Result<Vec<SamePath>, CatalogError> {
    let mut named: HashMap<String, Vec<String>> = HashMap::new();
    for path in catalog.named_paths()?.into_iter().filter(|path| !path.is_ascii()) {
        named.entry(composed(&path)).or_default().push(path);
    }
    let mut same = Vec::new();
    if named.is_empty() {
        return Ok(same);
    }
    catalog.library_entries(|entry| {
        let Some(seen) = entry.path.to_str().filter(|path| !path.is_ascii()) else { return };
        let others = named.remove(&composed(seen)).unwrap_or_default().into_iter().filter(|path| path != seen);
        same.extend(others.map(|named| SamePath { named, seen: seen.to_owned() }));
    })?;
    Ok(same)
}

fn composed(path: &str) -> String {
    path.nfc().collect()
}
