//! `baton library`: the music library: scan it, see how much is fingerprinted, find what is there twice, tell others. One file
//! an action.

mod bar;
mod coverage;
mod duplicates;
mod open;
mod quarantine;
mod scan;
mod sources;
mod sync;
mod units;
mod wait;

use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    Scan(scan::Args),
    Coverage(coverage::Args),
    Duplicates(duplicates::Args),
    Quarantine(quarantine::Args),
    Sources(sources::Args),
    Sync(sync::Args),
}

impl Action {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::Scan(args) => args.run(place),
            Self::Coverage(args) => args.run(place),
            Self::Duplicates(args) => args.run(place),
            Self::Quarantine(args) => args.run(place),
            Self::Sources(args) => args.run(place),
            Self::Sync(args) => args.run(place),
        }
    }
}
