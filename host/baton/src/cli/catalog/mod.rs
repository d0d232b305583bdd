//! `baton catalog`: what is known about music. One file an action.

mod rank;
mod review;
mod search;
mod show;
mod stats;

use baton_ledger::catalog::Catalog;

use super::WorkspaceOptions;
use crate::exit::Code;
use crate::output;

/// Search the music catalog, show a track and its sources, review unsure matches
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Rank(rank::Args),
    Review(review::Args),
    Search(search::Args),
    Show(show::Args),
    Stats(stats::Args),
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self.action {
            Action::Rank(args) => args.run(place),
            Action::Review(args) => args.run(place),
            Action::Search(args) => args.run(place),
            Action::Show(args) => args.run(place),
            Action::Stats(args) => args.run(place),
        }
    }
}

/// The catalog, if there is a track or a file in it; else it is said how to fill it.
fn open(place: &WorkspaceOptions) -> anyhow::Result<Option<Catalog>> {
    let path = place.need()?.state.catalog();
    if let Err(error) = baton_library::link::link(&path) {
        output::note(&format!("files were not linked to their tracks: {error}"));
    }
    let catalog = match Catalog::open(&path)? {
        Some(catalog) if !catalog.is_empty()? => Some(catalog),
        _ => None,
    };
    if catalog.is_none() {
        output::note(
            "the catalog is empty: `baton run PLUGIN ACTION` imports tracks (`baton agents` lists the plugins: spotify, djay), \
             `baton library scan FOLDER` reads files",
        );
    }
    Ok(catalog)
}

fn length(duration_ms: Option<i64>) -> String {
    duration_ms.map_or_else(String::new, |ms| format!("{}:{:02}", ms / 60_000, (ms / 1000 % 60).abs()))
}
