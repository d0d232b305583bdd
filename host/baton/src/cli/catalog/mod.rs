//! `baton catalog`: what is known about music. One file an action.

mod open;
mod rank;
mod review;
mod search;
mod show;
mod stats;

use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    Rank(rank::Args),
    Review(review::Args),
    Search(search::Args),
    Show(show::Args),
    Stats(stats::Args),
}

impl Action {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::Rank(args) => args.run(place),
            Self::Review(args) => args.run(place),
            Self::Search(args) => args.run(place),
            Self::Show(args) => args.run(place),
            Self::Stats(args) => args.run(place),
        }
    }
}
