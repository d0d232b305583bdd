//! `baton ledger`: whether the ledger's chain of events is whole, the chain as text, and letting go of its old part.

mod export;
mod prune;
mod verify;

use anyhow::bail;
use baton_ledger::Reader;

use super::{WorkspaceOptions, task_view};
use crate::exit::Code;
use crate::workspace::Workspace;

/// Check the ledger's chain of events, export it, or archive its old part
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Verify(verify::Args),
    Export(export::Args),
    Prune(prune::Args),
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = place.need()?;
        let reader = reader(&workspace)?;
        match self.action {
            Action::Verify(args) => args.run(&workspace, &reader),
            Action::Export(args) => args.run(&reader),
            Action::Prune(args) => args.run(&workspace, &reader),
        }
    }
}

pub(super) fn reader(workspace: &Workspace) -> anyhow::Result<Reader> {
    match task_view::reader(workspace)? {
        Some(reader) => Ok(reader),
        None => bail!("there is no ledger at {}: nothing was ever written down", workspace.state.ledger().display()),
    }
}

pub(super) fn events(count: u64) -> String {
    format!("{count} {}", if count == 1 { "event" } else { "events" })
}
