//! `baton inbox`: shows the open work of an agent, or waits for it.

mod list;
mod wait;
mod waiter;

use clap::Subcommand;

use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    List(list::Args),
    Wait(wait::Args),
}

impl Action {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::List(args) => args.run(options),
            Self::Wait(args) => args.run(options),
        }
    }
}
