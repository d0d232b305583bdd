//! Opens the catalog for a command about the library.

use baton_catalog::Catalog;
use serde_json::Value;

use crate::cli::WorkspaceOptions;
use crate::output;

/// Opens the catalog. If no source was scanned yet, returns `None` and prints a note. With `json`, also prints the value
/// of `nothing`.
pub(super) fn open(
    options: &WorkspaceOptions,
    json: bool,
    nothing: impl FnOnce() -> Value,
) -> anyhow::Result<Option<Catalog>> {
    let catalog = Catalog::open(&options.need()?.state.catalog())?;
    let scanned =
        catalog.as_ref().map(Catalog::library_sources).transpose()?.is_some_and(|sources| !sources.is_empty());
    if !scanned {
        output::note("nothing was scanned yet; start with `baton library scan FOLDER`");
        if json {
            output::json(&nothing());
        }
    }
    Ok(catalog.filter(|_| scanned))
}
