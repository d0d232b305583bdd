//! `baton plugin`: plugins as packages. One file an action.

mod inspect;

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
}

impl Args {
    /// # Errors
    /// Whatever kept the action from being done.
    pub(super) fn run(self, _place: &Place) -> anyhow::Result<Code> {
        match self.action {
            Action::Inspect(args) => args.run(),
        }
    }
}
