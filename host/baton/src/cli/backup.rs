//! `baton backup`: copies the ledger, even while the daemon writes to it.

use std::path::PathBuf;

use baton_ledger::backup;

use super::{WorkspaceOptions, ledger};
use crate::exit::Code;
use crate::output;

/// Copy the ledger into a new file, even while the daemon runs
///
/// The copy is a consistent snapshot; `baton restore FILE` makes it the ledger again. Archives of
/// pruned events (`baton ledger prune`) are not in it: copy them too.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new file; nothing is overwritten
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let reader = ledger::reader(&options.need()?)?;
        let tip = backup::copy(&reader, &self.file)?;
        output::print(&format!("{}: {}, head {}\n", self.file.display(), ledger::events(tip.events), tip.head));
        Ok(Code::Good)
    }
}
