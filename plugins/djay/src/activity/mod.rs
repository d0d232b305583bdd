//! What was played: how often, in how many sessions, first and last; and what was played together.
//!
//! Two plays of one session count 1 for their pair of tracks, neighbours 2 more. In a session of more than 500 plays only those at
//! most 500 apart are pairs, so that a session of thousands costs what its length says and not its square.

mod report;
mod together;

use std::collections::{BTreeMap, HashMap};

use crate::library::{Library, Play};

pub use report::{csv_of_relations, csv_of_tracks, markdown};
pub use together::{Together, together};

/// What is looked at and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Plays from this moment on.
    pub since: Option<i64>,
    /// Plays before this moment.
    pub until: Option<i64>,
    /// Pairs that count less are not told.
    pub threshold: u64,
    /// So many lines each list of the page has.
    pub top: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Activity {
    /// Tracks that were played: the most played first.
    pub tracks: Vec<Played>,
    /// Pairs that count enough: those that count most first.
    pub relations: Vec<Relation>,
    /// Plays that were looked at.
    pub plays: usize,
    /// Sessions that had any of them.
    pub sessions: usize,
    /// Sessions whose plays were not all paired.
    pub long_sessions: usize,
    /// Pairs for which there was no room.
    pub left_out: u64,
}

/// A track that was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its artist.
    pub artist: String,
    /// How often.
    pub plays: u64,
    /// In how many sessions.
    pub sessions: u64,
    /// When first.
    pub first: Option<i64>,
    /// When last.
    pub last: Option<i64>,
}

/// Two tracks that were played together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The place of the one among the played tracks.
    pub one: usize,
    /// The place of the other.
    pub other: usize,
    /// How much they count.
    pub weight: u64,
}

/// Looks at the history. A track that the library does not have counts by what its plays name.
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
    let together = together(&sessions);
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
    let mut relations: Vec<_> = together
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
        long_sessions: together.long_sessions,
        left_out: together.left_out,
    }
}

/// The played tracks, the most played first, and the place of each by its id.
fn tracks<'a>(library: &Library, plays: &[&'a Play]) -> (Vec<Played>, HashMap<&'a str, usize>) {
    let mut by_id: HashMap<&str, Played> = HashMap::new();
    for play in plays {
        let Some(id) = play.track_id.as_deref() else { continue };
        let track = by_id.entry(id).or_insert_with(|| named(library, id, play));
        track.plays += 1;
        track.first = [track.first, play.started].into_iter().flatten().min();
        track.last = track.last.max(play.started);
    }
    let mut list: Vec<_> = by_id.into_iter().collect();
    list.sort_by(|(a, one), (b, other)| other.plays.cmp(&one.plays).then(other.last.cmp(&one.last)).then(a.cmp(b)));
    let places = list.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    (list.into_iter().map(|(_, track)| track).collect(), places)
}

fn named(library: &Library, id: &str, play: &Play) -> Played {
    let known = play.track.and_then(|track| library.tracks.get(track));
    let titled = known.filter(|track| !track.title.is_empty());
    let title = titled.map(|track| track.title.clone()).or_else(|| play.title.clone()).unwrap_or_default();
    let artist = match titled {
        Some(track) => track.artist.clone(),
        None => play.artist.clone().or_else(|| known.and_then(|track| track.artist.clone())),
    };
    let artist = artist.unwrap_or_default();
    Played { id: id.to_owned(), title, artist, plays: 0, sessions: 0, first: None, last: None }
}

/// The tracks of each session in the order of playing; a play of a track that has no id keeps its place, so that its neighbours are
/// not each other's. Plays without a session belong to none.
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
