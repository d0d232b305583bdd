//! `baton library sync`: fingerprints from the catalog to Eagle's items (`eagle`), or into the files' tags (`files`).
//! Without `--apply` it only says what it would do.

mod eagle;
mod files;
mod options;
mod report;

use std::path::PathBuf;

use anyhow::bail;
use baton_catalog::Catalog;
use baton_library::sync::{KnownItem, known};

pub(super) use self::options::{Args, EagleArgs};
use crate::cli::WorkspaceOptions;
use crate::exit::Code;
use crate::workspace::Workspace;

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = place.need()?;
        let known = self.known(&workspace)?;
        let report = if self.file_tags {
            files::sync(&self, &workspace, &known)?
        } else {
            eagle::sync(&self, &workspace, &known)?
        };
        report.print(self.json);
        Ok(report.code())
    }

    /// The files that have a fingerprint.
    fn known(&self, workspace: &Workspace) -> anyhow::Result<Vec<KnownItem>> {
        let below = self.paths.iter().map(std::path::absolute).collect::<Result<Vec<_>, _>>()?;
        // Of two ways to write a path, nobody knows which one was scanned.
        let resolved = below.iter().filter_map(|path| path.canonicalize().ok());
        let below: Vec<PathBuf> = resolved.chain(below.iter().cloned()).collect();
        let catalog = Catalog::open(&workspace.state.catalog())?;
        let known = catalog.map(|catalog| known(&catalog, &below)).transpose()?.unwrap_or_default();
        if known.is_empty() {
            let there = if below.is_empty() { "" } else { " there" };
            bail!("no file{there} has a fingerprint yet; `baton library scan` makes them");
        }
        Ok(known)
    }
}
