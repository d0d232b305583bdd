//! `baton plugin`: plugins as packages, and writing them. One file an action.

mod build;
mod inspect;
mod new;
mod pack;
mod test;

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
    New(new::Args),
    Build(build::Args),
    Test(test::Args),
    Pack(pack::Args),
}

impl Args {
    /// # Errors
    /// Whatever kept the action from being done.
    pub(super) fn run(self, _place: &Place) -> anyhow::Result<Code> {
        match self.action {
            Action::Inspect(args) => args.run(),
            Action::New(args) => args.run(),
            Action::Build(args) => args.run(),
            Action::Test(args) => args.run(),
            Action::Pack(args) => args.run(),
        }
    }
}
