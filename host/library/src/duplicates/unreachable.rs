//! Sources that cannot be reached now. Their files are compared by their data in the catalog; they cannot be moved.

use std::path::PathBuf;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;

use crate::source::SourceRoot;

/// A source that cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreachableSource {
    /// Its id in the catalog.
    pub source: i64,
    /// Its folder.
    pub path: PathBuf,
    /// Why it cannot be reached.
    pub why: String,
}

/// The sources that cannot be reached at this moment.
pub(super) fn unreachable_sources(catalog: &Catalog) -> Result<Vec<UnreachableSource>, CatalogError> {
    let mut sources = Vec::new();
    for source in catalog.library_sources()? {
        let root = SourceRoot { path: source.path, kind: source.kind };
        let why = match root.volume() {
            Err(error) => error.to_string(),
            Ok(volume) if source.volume.is_some_and(|known| !known.is(volume)) => {
                "another volume is mounted there since the last scan".to_owned()
            }
            Ok(_) => continue,
        };
        sources.push(UnreachableSource { source: source.id, path: root.path, why });
    }
    Ok(sources)
}
