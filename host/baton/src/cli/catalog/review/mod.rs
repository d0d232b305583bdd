//! `baton catalog review`: what the matching is unsure of, and what a person decides about it.

mod list;
mod reference;

use anyhow::{Context as _, bail};
use baton_ledger::catalog::{Catalog, Decisions, FoundTracks, TrackId};
use jiff::Timestamp;

use super::WorkspaceOptions;
use crate::exit::Code;
use crate::output;
use reference::Reference;

/// List what may be one track and needs your decision; accept, reject, merge or split
///
/// Tracks of different services that may be one, and files that may be a track, the likeliest first. A decision is kept and counts
/// whatever any import or match says later; only another decision changes it. Exit 1: the catalog is empty.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: list::ListOptions,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// They are one: 12=40 (two tracks), f7=12 (a file and a track)
    Accept {
        /// As `baton catalog review` shows them
        #[arg(required = true, value_name = "REF")]
        references: Vec<Reference>,
    },
    /// They are not one, and are not asked about again
    Reject {
        /// As `baton catalog review` shows them
        #[arg(required = true, value_name = "REF")]
        references: Vec<Reference>,
    },
    /// Two tracks are one: the first becomes part of the second
    Merge {
        /// Its number, SERVICE:ID, an id of any service, or an ISRC
        track: String,
        /// The track that stays
        into: String,
    },
    /// An id of a track is another track
    Split {
        /// Its number, or an id of it that stays
        track: String,
        /// The id that becomes a track, as `baton catalog show` lists it
        #[arg(value_name = "SERVICE:ID")]
        id: String,
    },
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        let Some(catalog) = super::open(place)? else {
            return Ok(self.list.nothing());
        };
        let Some(action) = self.action else {
            return self.list.run(&catalog);
        };
        let mut decisions = Decisions::open(&place.need()?.state.catalog())?;
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
                merge(&catalog, &mut decisions, meant(&catalog, &track)?, meant(&catalog, &into)?, now)?;
            }
            Action::Split { track, id } => split(&catalog, &mut decisions, &track, &id, now)?,
        }
        Ok(Code::Good)
    }
}

fn merge(catalog: &Catalog, decisions: &mut Decisions, gone: i64, into: i64, now: Timestamp) -> anyhow::Result<()> {
    if gone == into {
        bail!("track {gone} and track {into} are one already");
    }
    let (first, second) = (list::named(catalog, gone)?, list::named(catalog, into)?);
    decisions.merge(gone, into, now)?;
    output::note(&format!("track {gone} ({first}) is part of track {into} ({second}) now"));
    Ok(())
}

fn split(catalog: &Catalog, decisions: &mut Decisions, track: &str, id: &str, now: Timestamp) -> anyhow::Result<()> {
    let number = meant(catalog, track)?;
    let (service, external) = id.split_once(':').with_context(|| format!("`{id}` is not SERVICE:ID"))?;
    let id = TrackId { service: service.to_owned(), id: external.to_owned() };
    let Some(new) = decisions.split(number, &id, now)? else {
        bail!(
            "{service}:{external} is not one of several ids of track {number}; `baton catalog show {number}` lists its ids"
        );
    };
    output::note(&format!("{service}:{external} is track {new} now, and stays apart from track {number}"));
    Ok(())
}

fn meant(catalog: &Catalog, reference: &str) -> anyhow::Result<i64> {
    match catalog.find(reference)? {
        FoundTracks::One(id) => Ok(id),
        FoundTracks::Nothing => bail!("there is no track `{reference}`; `baton catalog search WORD` finds one"),
        FoundTracks::Several(ids) => {
            let ids: Vec<_> = ids.iter().take(10).map(i64::to_string).collect();
            bail!("`{reference}` means several tracks; give the number of one: {}", ids.join(", "))
        }
    }
}
