//! The contents of exports, independent of their format: playlists with their entries, and plays.
//!
//! Plays have no field for network addresses, devices, countries or user names, so none of these can be stored (`read/history.rs`).

use baton_plugin_kit::playlist_names::playlist_id;
use baton_track_match::{Id, Track};

use crate::uri::Uri;

/// The service below which the catalog has Spotify's tracks.
pub const TRACKS: &str = "spotify";

/// The service of playlists in CSV exports.
pub(crate) const SERVICE_CSV: &str = "spotify-csv";

/// The service of playlists in the privacy export. It differs from [`SERVICE_CSV`], because the two exports are of different times and
/// each is a source of its own.
pub(crate) const SERVICE_PRIVACY: &str = "spotify-privacy";

/// The service of tracks that an export knows by name alone. It ranks below exports with ids.
pub(crate) const SERVICE_NAMES: &str = "spotify-names";

/// The service of plays.
pub(crate) const SERVICE_HISTORY: &str = "spotify-history";

/// The numbers of an export beside lengths and dates, with the names of the columns in today's dialect. `Key`, `Mode` and `Tempo`
/// become the catalog's key and tempo, the others further facts of the track.
pub const NUMBERS: [(&str, &str); 13] = [
    ("Popularity", "popularity"),
    ("Danceability", "danceability"),
    ("Energy", "energy"),
    ("Key", "key"),
    ("Loudness", "loudness"),
    ("Mode", "mode"),
    ("Speechiness", "speechiness"),
    ("Acousticness", "acousticness"),
    ("Instrumentalness", "instrumentalness"),
    ("Liveness", "liveness"),
    ("Valence", "valence"),
    ("Tempo", "tempo"),
    ("Time Signature", "time_signature"),
];

/// What stands at a place of a playlist. Without a URI it is what the service showed nothing of any more, or what could not be
/// read: its place is kept.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the catalog")]
pub struct Entry {
    pub uri: Option<Uri>,
    pub title: String,
    /// One name each; a whole credit in one where the export does not tell how it is parted.
    pub artists: Vec<String>,
    pub album: Option<String>,
    pub album_artist: Option<String>,
    pub duration_ms: Option<i64>,
    pub isrc: Option<String>,
    pub released: Option<String>,
    pub label: Option<String>,
    pub genres: Option<String>,
    pub explicit: Option<bool>,
    pub added_at: Option<i64>,
    pub added_by: Option<String>,
    /// In the order of [`NUMBERS`].
    pub numbers: [Option<f64>; NUMBERS.len()],
    /// Whether the export knows the track by title and artist alone: the catalog then does, too.
    pub by_name: bool,
    /// The catalog's number of the track, where that is what was read.
    pub known_as: Option<i64>,
    /// Its files on disk, as the catalog has them, the best first; none in what was read from an export.
    pub files: Vec<File>,
}

/// A file of a track, as the catalog has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the catalog")]
pub struct File {
    pub path: String,
    pub size: Option<u64>,
}

impl Entry {
    /// One of [`NUMBERS`], by its field.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<f64> {
        NUMBERS.iter().zip(&self.numbers).find(|((_, name), _)| *name == field).and_then(|(_, value)| *value)
    }

    /// Sets one of [`NUMBERS`], by its field.
    pub fn set_number(&mut self, field: &str, value: Option<f64>) {
        let places = NUMBERS.iter().zip(&mut self.numbers);
        places.filter(|((_, name), _)| *name == field).for_each(|(_, place)| *place = value);
    }

    /// Its artists as people write them.
    #[must_use]
    pub fn credit(&self) -> String {
        self.artists.join(", ")
    }

    /// `Artist - Title`, as far as both are known.
    #[must_use]
    pub fn named(&self) -> String {
        match (self.artists.is_empty(), self.title.is_empty()) {
            (_, true) => self.uri.as_ref().map_or_else(|| "(nothing)".to_owned(), Uri::text),
            (true, false) => self.title.clone(),
            (false, false) => format!("{} - {}", self.credit(), self.title),
        }
    }

    /// What makes it the same as another of an export: its URI, else its names.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.uri {
            Some(uri) => uri.text(),
            None => format!("{}\u{1f}{}", self.credit().to_lowercase(), self.title.to_lowercase()),
        }
    }

    /// As matching knows it.
    #[must_use]
    pub fn track(&self) -> Track {
        Track {
            ids: self.uri.iter().map(|uri| Id::new(TRACKS, uri.id())).collect(),
            isrc: self.isrc.clone(),
            title: self.title.clone(),
            artists: self.artists.clone(),
            album: self.album.clone(),
            duration_ms: self.duration_ms.and_then(|ms| u64::try_from(ms).ok()),
            recording: None,
        }
    }
}

/// A playlist, or the list of liked songs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playlist {
    /// The service below which the catalog has it: `spotify-csv`, `spotify-privacy`, or another when it comes from there.
    pub service: String,
    /// Its id there: the normalised name (`names.rs`).
    pub id: String,
    /// As people call it.
    pub name: String,
    /// What it says of itself, as text.
    pub description: Option<String>,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// Whether the export was read to its end: a playlist that was not does not lose its end in the catalog.
    pub complete: bool,
    /// The file that it was read from, as people call it; empty for what comes from the catalog.
    pub file: String,
    /// What it is called in a file that holds several playlists.
    pub section: Option<String>,
}

impl Playlist {
    /// Gives it its id in the catalog, by that of its file.
    pub fn identify(&mut self, file: &str) {
        self.id = match &self.section {
            Some(section) => format!("{file}:{}", playlist_id(section)),
            None => file.to_owned(),
        };
    }
}

/// A track that was played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the catalog")]
pub struct Play {
    /// When it ended, milliseconds since 1970 UTC.
    pub ended_at: i64,
    pub ms_played: i64,
    pub uri: Option<Uri>,
    pub title: String,
    pub artist: String,
    pub album: Option<String>,
}
