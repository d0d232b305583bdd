//! `baton secret`: what the host puts into plugins' requests. One file an action. A value is never an argument, which other
//! users of the machine could read, and is never printed.

mod list;
mod prompt;
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
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::Set(args) => args.run(place),
            Self::List(args) => args.run(place),
            Self::Rm(args) => args.run(place),
        }
    }
}
