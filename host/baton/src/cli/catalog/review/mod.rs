//! `baton catalog review`: lists uncertain matches and records decisions.

mod list;
mod reference;
mod tracks;

use anyhow::{Context as _, bail};
use baton_catalog::{Catalog, Decisions};
use baton_track_match::Id;
use jiff::Timestamp;

use self::reference::Reference;
use self::tracks::{find_track, merge};
use super::WorkspaceOptions;
use crate::exit::Code;
use crate::output;

/// List uncertain matches of tracks; accept, reject, merge or split them
///
/// The list has pairs of tracks that may be the same track at different services, and files that may be the audio of a
/// track. The most likely matches are first. Imports never change your decisions. Exit 1: the catalog is empty.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: list::ListOptions,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Accept a match: 12=40 (two tracks), f7=12 (a file and a track)
    Accept {
        /// Matches, as `baton catalog review` shows them
        #[arg(required = true, value_name = "REF")]
        references: Vec<Reference>,
    },
    /// Reject a match; it is not listed again
    Reject {
        /// Matches, as `baton catalog review` shows them
        #[arg(required = true, value_name = "REF")]
        references: Vec<Reference>,
    },
    /// Merge two tracks: the first becomes part of the second
    Merge {
        /// The track: its number, SERVICE:ID, an id of any service, or an ISRC
        track: String,
        /// The track that remains
        into: String,
    },
    /// Split an id off a track into a separate track
    Split {
        /// The track: its number, or an id that stays with it
        track: String,
        /// The id that becomes a track, as `baton catalog show` lists it
        #[arg(value_name = "SERVICE:ID")]
        id: String,
    },
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let Some(catalog) = super::open::open(options)? else {
            return Ok(self.list.nothing());
        };
        let Some(action) = self.action else {
            return self.list.run(&catalog);
        };
        let mut decisions = Decisions::open(&options.need()?.state.catalog())?;
        let now = Timestamp::now();
        match action {
            Action::Accept { references } => {
                for reference in references {
                    reference.decide(&catalog, &mut decisions, true, now)?;
                }
            }
            Action::Reject { references } => {
                for reference in references {
                    reference.decide(&catalog, &mut decisions, false, now)?;
                }
            }
            Action::Merge { track, into } => {
                merge(&catalog, &mut decisions, find_track(&catalog, &track)?, find_track(&catalog, &into)?, now)?;
            }
            Action::Split { track, id } => split(&catalog, &mut decisions, &track, &id, now)?,
        }
        Ok(Code::Good)
    }
}

fn split(catalog: &Catalog, decisions: &mut Decisions, track: &str, id: &str, now: Timestamp) -> anyhow::Result<()> {
    let number = find_track(catalog, track)?;
    let (service, external) = id.split_once(':').with_context(|| format!("`{id}` is not SERVICE:ID"))?;
    let id = Id { service: service.to_owned(), id: external.to_owned() };
    let Some(new) = decisions.split(number, &id, now)? else {
        bail!(
            "{service}:{external} is not an id of track {number}, or is its only id; `baton catalog show {number}` \
             lists its ids"
        );
    };
    output::note(&format!("{service}:{external} is now track {new}, separate from track {number}"));
    Ok(())
}
