//! The rows of the database, before they are joined to records.

use std::collections::{BTreeMap, HashMap};

use super::model::{Play, Playlist, Session, Track};
use super::unreadable::UnreadCounts;

/// Maximum size of an object. A session of 20,000 plays has 800 kB; the host returns no value above 1 MiB.
pub(super) const MOST_BYTES: i64 = 1_000_000;

/// The object of a row. Indexes and views refer to rows by number.
#[derive(Clone, Debug)]
pub(super) enum RowSubject {
    /// A track, by its index.
    Track(usize),
    /// The analysis of a track.
    Analysis(usize),
    /// The user's changes to a track.
    UserData(usize),
    /// A playlist item: the id of its track.
    Item(String),
}

/// The rows of a library.
#[derive(Debug, Default)]
pub(super) struct RawLibrary {
    pub(super) tracks: Vec<Track>,
    /// The collections of each track that were read, one bit each.
    pub(super) collections: Vec<u8>,
    pub(super) places: HashMap<String, usize>,
    /// The object of each row, by the number of the row.
    pub(super) subjects: HashMap<i64, RowSubject>,
    pub(super) sessions: Vec<Session>,
    pub(super) plays: Vec<Play>,
    pub(super) playlists: Vec<Playlist>,
    pub(super) rows: BTreeMap<String, usize>,
    pub(super) unreadable: usize,
    pub(super) causes: UnreadCounts,
    /// The total size of the texts in bytes.
    pub(super) text: usize,
}
