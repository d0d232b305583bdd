//! Opening the catalog for a command about the library.

use baton_catalog::Catalog;
use serde_json::Value;

use crate::cli::WorkspaceOptions;
use crate::output;

/// The catalog, or `None` when no source was scanned yet: then a note says so, and `--json` prints the report of `nothing`.
pub(super) fn open(
    options: &WorkspaceOptions,
    json: bool,
    nothing: impl FnOnce() -> Value,
) -> anyhow::Result<Option<Catalog>> {
    let catalog = Catalog::open(&options.need()?.state.catalog())?;
    let scanned =
        catalog.as_ref().map(Catalog::library_sources).transpose()?.is_some_and(|sources| !sources.is_empty());
    if !scanned {
        output::note("nothing was scanned yet; `baton library scan FOLDER` begins");
        if json {
            output::json(&nothing());
        }
    }
    Ok(catalog.filter(|_| scanned))
}
