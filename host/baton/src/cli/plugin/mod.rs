//! `baton plugin`: plugins as packages. One file an action.

mod inspect;
mod push;

use super::Place;
use crate::exit::Code;

/// Look at, install, allow and update plugins
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Inspect(inspect::Args),
    Push(push::Args),
}

impl Args {
    /// # Errors
    /// Whatever kept the action from being done.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        match self.action {
            Action::Inspect(args) => args.run(place),
            Action::Push(args) => args.run(place),
        }
    }
}
