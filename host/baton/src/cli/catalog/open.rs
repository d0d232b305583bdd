//! Opens the catalog, and formats the length of a track.

use baton_catalog::Catalog;

use crate::cli::WorkspaceOptions;
use crate::output;

/// Opens the catalog. If it has no track and no file, returns `None` and prints how to fill it.
pub(super) fn open(options: &WorkspaceOptions) -> anyhow::Result<Option<Catalog>> {
    let path = options.need()?.state.catalog();
    if let Err(error) = baton_library::link::link(&path) {
        output::note(&format!("cannot link files to their tracks: {error}"));
    }
    let catalog = match Catalog::open(&path)? {
        Some(catalog) if !catalog.is_empty()? => Some(catalog),
        _ => None,
    };
    if catalog.is_none() {
        output::note(
            "the catalog is empty: `baton run PLUGIN ACTION` imports tracks (`baton agents` lists the plugins: spotify, djay), \
             `baton library scan FOLDER` reads files",
        );
    }
    Ok(catalog)
}

pub(super) fn length(duration_ms: Option<i64>) -> String {
    duration_ms.map_or_else(String::new, |ms| format!("{}:{:02}", ms / 60_000, (ms / 1000 % 60).abs()))
}
