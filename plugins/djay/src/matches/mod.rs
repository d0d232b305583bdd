//! Matches the tracks of djay with tracks of the catalog from other services.
//!
//! `baton_track_match` has the rules: ids come first, an ISRC needs a second signal, otherwise title, artists and length decide
//! together. Certain matches are written with `put_same`. The report also lists the matches that a person has to review, and
//! the tracks without a match, each with a reason.

mod candidates;
mod report;

use std::collections::HashSet;

use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Row;
use baton_track_match::{Decision, Id, MatchCandidate, Matcher, Track as Names, normalise};

use crate::library::{Library, Track};

pub use candidates::{Candidate, MOST, candidates};
pub use report::table;

const SAME: &str =
    "INSERT INTO put_same (source, service, id, other_service, other_id) VALUES ('djay', 'djay', ?1, ?2, ?3)";

/// The decisions about all tracks of the library, and their counts.
#[derive(Debug)]
pub struct Matches {
    /// One decision for each track, in the order of the library.
    pub decisions: Vec<Decision>,
    /// Tracks of djay.
    pub tracks: usize,
    /// Tracks that can match: a match was found, or the catalog has an equal title.
    pub matchable: usize,
    /// Certain matches.
    pub auto: usize,
    /// Certain matches that the catalog already had before this task.
    pub known: usize,
    /// Matches for a person to decide.
    pub review: usize,
}

/// Matches every track of the library.
#[must_use]
pub fn find(library: &Library, candidates: &[Candidate]) -> Matches {
    let names = || candidates.iter().map(|candidate| &candidate.names);
    let titles: HashSet<String> =
        names().map(|names| normalise(&names.title)).filter(|title| !title.is_empty()).collect();
    let matcher = Matcher::new(names());
    let mut matches =
        Matches { decisions: Vec::new(), tracks: library.tracks.len(), matchable: 0, auto: 0, known: 0, review: 0 };
    for track in &library.tracks {
        let decision = matcher.find(&track_names(track));
        let found = match &decision {
            Decision::Auto(found) => {
                matches.auto += 1;
                matches.known += usize::from(is_known(track, candidates, found));
                true
            }
            Decision::Review { .. } => {
                matches.review += 1;
                true
            }
            Decision::None { .. } => false,
        };
        matches.matchable += usize::from(found || titles.contains(&normalise(&track.title)));
        matches.decisions.push(decision);
    }
    matches
}

/// Writes the certain matches to the catalog.
///
/// # Errors
/// As `wit/sql.wit`. Rows before the error stay; writing them again changes nothing.
pub fn write(
    library: &Library,
    candidates: &[Candidate],
    matches: &Matches,
    catalog: &dyn Writable,
) -> Result<(), Error> {
    let row = |(track, decision): (&Track, &Decision)| -> Option<Row> {
        let candidate = candidates.get(decision.accepted()?)?;
        Some(vec![track.id.as_str().into(), candidate.service.as_str().into(), candidate.id.as_str().into()])
    };
    catalog.batch(SAME, &mut library.tracks.iter().zip(&matches.decisions).filter_map(row))?;
    Ok(())
}

/// The data of a track for the matcher. A number in Apple's own library is not an id of a service.
fn track_names(track: &Track) -> Names {
    let streamed = track.sources.iter().filter(|source| source.is_streamed());
    let known = streamed.filter_map(|source| Some(Id::new(&source.service, source.track_id()?)));
    let ids = std::iter::once(Id::new("djay", &track.id)).chain(known);
    Names {
        ids: ids.collect(),
        isrc: track.isrc.clone(),
        title: track.title.clone(),
        artists: track.artist.iter().cloned().collect(),
        duration_ms: track.duration_ms().and_then(|length| u64::try_from(length).ok()),
        ..Names::default()
    }
}

fn is_known(track: &Track, candidates: &[Candidate], found: &MatchCandidate) -> bool {
    let own = Id::new("djay", &track.id);
    candidates.get(found.candidate).is_some_and(|candidate| candidate.names.ids.contains(&own))
}
