//! The decisions as a table: a row for each candidate of a review, one row for each other track.

use baton_plugin_kit::csv_file::CsvWriter;
use baton_track_match::{Decision, Reason};

use super::{Candidate, Matches};
use crate::library::{Library, Track};
use crate::text::{number, or_empty};

const HEADER: [&str; 11] = [
    "decision",
    "track_id",
    "title",
    "artist",
    "duration_sec",
    "candidate_service",
    "candidate_id",
    "candidate_title",
    "candidate_artists",
    "score",
    "reasons",
];

/// The table, in the order of the tracks.
///
/// # Errors
/// Never: the file is written to memory.
pub fn table(library: &Library, candidates: &[Candidate], matches: &Matches) -> Result<Vec<u8>, String> {
    let mut table = CsvWriter::new(HEADER)?;
    for (track, decision) in library.tracks.iter().zip(&matches.decisions) {
        match decision {
            Decision::Auto(found) => {
                let candidate = candidates.get(found.candidate);
                row(&mut table, "auto", track, candidate, Some(found.score), &found.reasons)?;
            }
            Decision::Review { candidates: list } => {
                for found in list {
                    let candidate = candidates.get(found.candidate);
                    row(&mut table, "review", track, candidate, Some(found.score), &found.reasons)?;
                }
            }
            Decision::None { nearest, reasons } => {
                row(&mut table, "none", track, nearest.and_then(|place| candidates.get(place)), None, reasons)?;
            }
        }
    }
    table.into_bytes()
}

fn row(
    table: &mut CsvWriter,
    decision: &str,
    track: &Track,
    candidate: Option<&Candidate>,
    score: Option<u32>,
    reasons: &[Reason],
) -> Result<(), String> {
    let words: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    let artists = candidate.map(|candidate| candidate.names.artists.join(", ")).unwrap_or_default();
    table.row([
        decision,
        &track.id,
        &track.title,
        track.artist.as_deref().unwrap_or_default(),
        &or_empty(track.seconds, number),
        candidate.map(|candidate| candidate.service.as_str()).unwrap_or_default(),
        candidate.map(|candidate| candidate.id.as_str()).unwrap_or_default(),
        candidate.map(|candidate| candidate.names.title.as_str()).unwrap_or_default(),
        &artists,
        &or_empty(score, |score| score.to_string()),
        &words.join("; "),
    ])
}
