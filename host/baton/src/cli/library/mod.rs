//! `baton library`: the music library: scan it, see how much is fingerprinted, find what is there twice, tell others. One file
//! an action.

mod bar;
mod coverage;
mod duplicates;
mod quarantine;
mod scan;
mod sources;
mod sync;
mod units;
mod wait;

use baton_ledger::catalog::Catalog;
use serde_json::Value;

use super::WorkspaceOptions;
use crate::exit::Code;
use crate::output;

/// Scan the music library, see what is fingerprinted, find what is there twice
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Scan(scan::Args),
    Coverage(coverage::Args),
    Duplicates(duplicates::Args),
    Quarantine(quarantine::Args),
    Sources(sources::Args),
    Sync(sync::Args),
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self.action {
            Action::Scan(args) => args.run(place),
            Action::Coverage(args) => args.run(place),
            Action::Duplicates(args) => args.run(place),
            Action::Quarantine(args) => args.run(place),
            Action::Sources(args) => args.run(place),
            Action::Sync(args) => args.run(place),
        }
    }
}

/// The catalog, when a source was ever scanned; else that is said, and scripts get the report of `nothing`.
fn open(place: &WorkspaceOptions, json: bool, nothing: impl FnOnce() -> Value) -> anyhow::Result<Option<Catalog>> {
    let catalog = Catalog::open(&place.need()?.state.catalog())?;
    let scanned =
        catalog.as_ref().map(Catalog::library_sources).transpose()?.is_some_and(|sources| !sources.is_empty());
    if !scanned {
        output::note("nothing was scanned yet; `baton library scan FOLDER` begins");
        if json {
            output::json(&nothing());
        }
    }
    Ok(catalog.filter(|_| scanned))
}
