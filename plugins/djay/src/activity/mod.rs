//! Counts plays, sessions, first and last plays of each track, and the pairs of tracks that were played together.
//!
//! Two plays of one session count 1 for their pair of tracks, and 2 more if the plays are consecutive. Plays more than 500
//! positions apart are not counted, so the cost of a long session grows linearly with its length.

mod pairs;
mod report;

use std::collections::{BTreeMap, HashMap};

use crate::library::{Library, Play};

pub use pairs::{PairCounts, pair_counts};
pub use report::{csv_of_relations, csv_of_tracks, markdown};

/// The options of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Plays before this time are ignored.
    pub since: Option<i64>,
    /// Plays from this time on are ignored.
    pub until: Option<i64>,
    /// Pairs with a lower count are left out.
    pub threshold: u64,
    /// The number of lines in each list of the Markdown page.
    pub top: usize,
}

/// The activity.
#[derive(Debug, Default)]
pub struct Activity {
    /// Tracks, the most played first.
    pub tracks: Vec<TrackPlays>,
    /// Pairs, the highest count first.
    pub relations: Vec<Relation>,
    /// The number of plays with a track id.
    pub plays: usize,
    /// The number of sessions with such a play.
    pub sessions: usize,
    /// The number of sessions with plays that are too far apart for a pair.
    pub long_sessions: usize,
    /// How often a pair was not counted because the limit of pairs in memory was reached.
    pub left_out: u64,
}

/// The plays of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackPlays {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its artist.
    pub artist: String,
    /// The number of plays.
    pub plays: u64,
    /// The number of sessions.
    pub sessions: u64,
    /// The time of the first play.
    pub first: Option<i64>,
    /// The time of the last play.
    pub last: Option<i64>,
}

/// A pair of tracks that were played together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The index of one track in `tracks`.
    pub one: usize,
    /// The index of the other track.
    pub other: usize,
    /// The count.
    pub weight: u64,
}

/// Evaluates the history. If the library does not have a track or its title, title and artist come from one of its plays.
#[must_use]
pub fn activity(library: &Library, options: &Options) -> Activity {
    let inside = |play: &&Play| {
        let from = options.since.is_none_or(|since| play.started.is_some_and(|at| at >= since));
        from && options.until.is_none_or(|until| play.started.is_some_and(|at| at < until))
    };
    let all: Vec<&Play> = library.plays.iter().filter(inside).collect();
    let plays: Vec<&Play> = all.iter().copied().filter(|play| play.track_id.is_some()).collect();
    let (tracks, places) = tracks(library, &plays);
    let sessions = sessions(&all, &places);
    let pairs = pair_counts(&sessions);
    let mut tracks = tracks;
    for session in &sessions {
        let mut seen: Vec<usize> = session.iter().copied().flatten().collect();
        seen.sort_unstable();
        seen.dedup();
        for place in seen {
            if let Some(track) = tracks.get_mut(place) {
                track.sessions += 1;
            }
        }
    }
    let mut relations: Vec<_> = pairs
        .weights
        .into_iter()
        .filter(|(_, weight)| *weight >= options.threshold)
        .map(|((one, other), weight)| Relation { one, other, weight })
        .collect();
    relations.sort_by_key(|relation| (std::cmp::Reverse(relation.weight), relation.one, relation.other));
    Activity {
        tracks,
        relations,
        plays: plays.len(),
        sessions: sessions.len(),
        long_sessions: pairs.long_sessions,
        left_out: pairs.left_out,
    }
}

/// The played tracks, the most played first, and the index of each id.
fn tracks<'a>(library: &Library, plays: &[&'a Play]) -> (Vec<TrackPlays>, HashMap<&'a str, usize>) {
    let mut by_id: HashMap<&str, TrackPlays> = HashMap::new();
    for play in plays {
        let Some(id) = play.track_id.as_deref() else { continue };
        let track = by_id.entry(id).or_insert_with(|| unplayed(library, id, play));
        track.plays += 1;
        track.first = [track.first, play.started].into_iter().flatten().min();
        track.last = track.last.max(play.started);
    }
    let mut list: Vec<_> = by_id.into_iter().collect();
    list.sort_by(|(a, one), (b, other)| other.plays.cmp(&one.plays).then(other.last.cmp(&one.last)).then(a.cmp(b)));
    let places = list.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    (list.into_iter().map(|(_, track)| track).collect(), places)
}

/// A new entry for a track, with title and artist and without counted plays.
fn unplayed(library: &Library, id: &str, play: &Play) -> TrackPlays {
    let known = play.track.and_then(|track| library.tracks.get(track));
    let titled = known.filter(|track| !track.title.is_empty());
    let title = titled.map(|track| track.title.clone()).or_else(|| play.title.clone()).unwrap_or_default();
    let artist = match titled {
        Some(track) => track.artist.clone(),
        None => play.artist.clone().or_else(|| known.and_then(|track| track.artist.clone())),
    };
    let artist = artist.unwrap_or_default();
    TrackPlays { id: id.to_owned(), title, artist, plays: 0, sessions: 0, first: None, last: None }
}

/// The tracks of each session in the order of the plays. A play without a track id keeps its position, so the plays before and
/// after it are not neighbours. Plays without a session and sessions without tracks are left out.
fn sessions(plays: &[&Play], places: &HashMap<&str, usize>) -> Vec<Vec<Option<usize>>> {
    let mut sessions: BTreeMap<&str, Vec<Option<usize>>> = BTreeMap::new();
    for play in plays {
        if let Some(session) = play.session_id.as_deref() {
            let place = play.track_id.as_deref().and_then(|id| places.get(id)).copied();
            sessions.entry(session).or_default().push(place);
        }
    }
    sessions.into_values().filter(|session| session.iter().any(Option::is_some)).collect()
}
