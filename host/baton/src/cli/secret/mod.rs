//! `baton secret`: what the host puts into plugins' requests. One file an action. A value is never an argument, which other
//! users of the machine could read, and is never printed.

mod list;
mod prompt;
mod rm;
mod set;

use super::WorkspaceOptions;
use crate::exit::Code;

/// Keep the secrets that the host puts into plugins' requests
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Set(set::Args),
    List(list::Args),
    Rm(rm::Args),
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self.action {
            Action::Set(args) => args.run(place),
            Action::List(args) => args.run(place),
            Action::Rm(args) => args.run(place),
        }
    }
}
