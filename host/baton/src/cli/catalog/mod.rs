//! `baton catalog`: commands about the music catalog, one file for each.

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
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::Rank(args) => args.run(options),
            Self::Review(args) => args.run(options),
            Self::Search(args) => args.run(options),
            Self::Show(args) => args.run(options),
            Self::Stats(args) => args.run(options),
        }
    }
}
