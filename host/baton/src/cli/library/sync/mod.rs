//! `baton library sync`: writes fingerprints from the catalog to Eagle's items (`eagle`), or to the tags of files (`files`).
//! Without `--apply` it only prints the changes.

mod eagle;
mod files;
mod options;
mod report;

use std::path::PathBuf;

use anyhow::bail;
use baton_catalog::Catalog;
use baton_library::sync::{FingerprintedItem, fingerprinted_items};

pub(super) use self::options::{Args, EagleArgs};
use crate::cli::WorkspaceOptions;
use crate::exit::Code;
use crate::workspace::Workspace;

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let known = self.known(&workspace)?;
        let report = if self.file_tags {
            files::sync(&self, &workspace, &known)?
        } else {
            eagle::sync(&self, &workspace, &known)?
        };
        report.print(self.json);
        Ok(report.code())
    }

    /// The files with a fingerprint.
    fn known(&self, workspace: &Workspace) -> anyhow::Result<Vec<FingerprintedItem>> {
        let below = self.paths.iter().map(std::path::absolute).collect::<Result<Vec<_>, _>>()?;
        // A path may be given with links, while the catalog has the resolved path, or the reverse.
        let resolved = below.iter().filter_map(|path| path.canonicalize().ok());
        let below: Vec<PathBuf> = resolved.chain(below.iter().cloned()).collect();
        let catalog = Catalog::open(&workspace.state.catalog())?;
        let known = catalog.map(|catalog| fingerprinted_items(&catalog, &below)).transpose()?.unwrap_or_default();
        if known.is_empty() {
            let there = if below.is_empty() { "" } else { " there" };
            bail!("no file{there} has a fingerprint yet; run `baton library scan`");
        }
        Ok(known)
    }
}
