//! `baton secret`: commands about secrets, one file for each. A value is never a command-line argument, because other users
//! of the machine could read it, and is never printed.

mod list;
mod rm;
mod set;

use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    Set(set::Args),
    List(list::Args),
    Rm(rm::Args),
}

impl Action {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::Set(args) => args.run(options),
            Self::List(args) => args.run(options),
            Self::Rm(args) => args.run(options),
        }
    }
}
