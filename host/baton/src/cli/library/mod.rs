//! `baton library`: the music that lies on disk. One file an action.

mod sync;

use super::Place;
use crate::exit::Code;

/// Tell others what is known of the music library
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Sync(sync::Args),
}

impl Args {
    /// # Errors
    /// Whatever kept the action from being done.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        match self.action {
            Action::Sync(args) => args.run(place),
        }
    }
}
