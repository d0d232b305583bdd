//! `baton ledger`: checks, exports and prunes the chain of events.

mod export;
mod open;
mod prune;
mod verify;

pub(super) use self::open::{events, reader};
use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    Verify(verify::Args),
    Export(export::Args),
    Prune(prune::Args),
}

impl Action {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        match self {
            Self::Verify(args) => args.run(&workspace),
            Self::Export(args) => args.run(&reader(&workspace)?),
            Self::Prune(args) => args.run(&workspace, &reader(&workspace)?),
        }
    }
}
