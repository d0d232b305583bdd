//! Paths in another Unicode form than on the disk: macOS returns decomposed names (`e` and an accent), but programs store
//! composed names (`é`). Both name the same file.

use std::collections::HashMap;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::SamePath;
use unicode_normalization::UnicodeNormalization as _;

/// The paths of imports that name an item in another Unicode form.
pub(super) fn paths_in_other_form(catalog: &Catalog) -> Result<Vec<SamePath>, CatalogError> {
    let mut named: HashMap<String, Vec<String>> = HashMap::new();
    for path in catalog.named_paths()?.into_iter().filter(|path| !path.is_ascii()) {
        named.entry(compose(&path)).or_default().push(path);
    }
    let mut same = Vec::new();
    if named.is_empty() {
        return Ok(same);
    }
    catalog.library_entries(|entry| {
        let Some(seen) = entry.path.to_str().filter(|path| !path.is_ascii()) else { return };
        let others = named.remove(&compose(seen)).unwrap_or_default().into_iter().filter(|path| path != seen);
        same.extend(others.map(|named| SamePath { named, seen: seen.to_owned() }));
    })?;
    Ok(same)
}

fn compose(path: &str) -> String {
    path.nfc().collect()
}
