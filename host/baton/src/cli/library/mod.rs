//! `baton library`: commands about the music library, one file for each: scan, coverage, duplicates, quarantine, sources, sync.

mod bar;
mod coverage;
mod duplicates;
mod open;
mod quarantine;
mod scan;
mod sources;
mod sync;
pub(super) mod units;
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
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::Scan(args) => args.run(options),
            Self::Coverage(args) => args.run(options),
            Self::Duplicates(args) => args.run(options),
            Self::Quarantine(args) => args.run(options),
            Self::Sources(args) => args.run(options),
            Self::Sync(args) => args.run(options),
        }
    }
}
