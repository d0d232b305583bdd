//! The contents of exports, independent of their format: playlists with their entries, and plays.
//!
//! Plays have no field for network addresses, devices, countries or user names, so none of these can be stored (`read/history.rs`).

use baton_plugin_kit::playlist_names::{LIKED, playlist_id};
use baton_track_match::{Id, Track};

use crate::uri::Uri;

/// The service name of Spotify's tracks in the catalog.
pub const TRACKS: &str = "spotify";

/// The catalog's service name for playlists of CSV exports.
pub(crate) const SERVICE_CSV: &str = "spotify-csv";

/// The catalog's service name for playlists of the privacy export. It differs from [`SERVICE_CSV`], because a CSV export and
/// a privacy export are made at different times and are separate sources.
pub(crate) const SERVICE_PRIVACY: &str = "spotify-privacy";

/// The catalog's service name for playlists of an account. Such a playlist has the id that Spotify gave it.
pub(crate) const SERVICE_ACCOUNT: &str = "spotify-account";

/// The suffix of a playlist's state in the catalog if only a part of the playlist was read.
pub(crate) const PART: &str = ":part";

/// The catalog's service name for tracks without an id. It has a lower rank than the services of exports with ids.
pub(crate) const SERVICE_NAMES: &str = "spotify-names";

/// The catalog's service name for plays.
pub(crate) const SERVICE_HISTORY: &str = "spotify-history";

/// The numeric columns of an export, except lengths and dates. Each has the column name of today's Exportify and the field.
/// `Key`, `Mode` and `Tempo` become the catalog's key and tempo; the others become further facts of the track.
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

/// One place of a playlist. If an entry has neither a URI nor names, the service does not have the track any more, or the
/// row could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the catalog")]
pub struct Entry {
    pub uri: Option<Uri>,
    pub title: String,
    /// One name for each artist. If the export does not show how to split the credit, the whole credit is the only name.
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
    /// The values in the order of [`NUMBERS`].
    pub numbers: [Option<f64>; NUMBERS.len()],
    /// True if the export has title and artist but no id.
    pub by_name: bool,
    /// The catalog's number of the track, if the entry is from the catalog.
    pub known_as: Option<i64>,
    /// Its files in the catalog, the best first; none for an entry of an export.
    pub files: Vec<File>,
}

/// A file of a track in the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the catalog")]
pub struct File {
    pub path: String,
    pub size: Option<u64>,
}

impl Entry {
    /// True for a file on disk, false for the address of a stream.
    #[must_use]
    pub fn is_on_disk(&self) -> bool {
        self.files.iter().any(|file| !baton_plugin_kit::library::is_stream(&file.path))
    }

    /// The value of one of [`NUMBERS`], by its field.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<f64> {
        NUMBERS.iter().zip(&self.numbers).find(|((_, name), _)| *name == field).and_then(|(_, value)| *value)
    }

    /// Sets the value of one of [`NUMBERS`], by its field.
    pub fn set_number(&mut self, field: &str, value: Option<f64>) {
        let places = NUMBERS.iter().zip(&mut self.numbers);
        places.filter(|((_, name), _)| *name == field).for_each(|(_, place)| *place = value);
    }

    /// Its URI; empty if it has none.
    #[must_use]
    pub fn uri_text(&self) -> String {
        self.uri.as_ref().map(Uri::text).unwrap_or_default()
    }

    /// Its artists in one text.
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

    /// The key by which entries are compared: the URI, or else the names.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.uri {
            Some(uri) => uri.text(),
            None => format!("{}\u{1f}{}", self.credit().to_lowercase(), self.title.to_lowercase()),
        }
    }

    /// The track for matching.
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
    /// Its service in the catalog: `spotify-csv`, `spotify-privacy`, or another one for a playlist of the catalog.
    pub service: String,
    /// Its id in the catalog: the normalised name (`playlist_id`).
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its description, as text.
    pub description: Option<String>,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// False if the export is incomplete. An import of an incomplete export does not delete the last entries of the playlist
    /// in the catalog.
    pub complete: bool,
    /// The path of the file of this playlist, as shown to people; empty for a playlist of the catalog.
    pub file: String,
    /// The name of the playlist in its file, if the file has several playlists.
    pub section: Option<String>,
}

impl Playlist {
    /// Sets its id from the id of its file.
    pub fn identify(&mut self, file: &str) {
        self.id = match &self.section {
            Some(section) => format!("{file}:{}", playlist_id(section)),
            None => file.to_owned(),
        };
    }
}

/// A playlist that the account will have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedPlaylist {
    /// Its id. Without an id, the playlist is found by its name or created.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its items: URIs, and empty texts for items without one.
    pub items: Vec<String>,
    /// The account's items from which `items` was made; absent if `items` does not depend on them.
    pub before: Option<Vec<String>>,
    /// True if the export is incomplete. An existing playlist would lose the items that are missing from the export.
    pub is_incomplete: bool,
}

impl WantedPlaylist {
    /// Converts a playlist of an export or of the catalog.
    #[must_use]
    pub fn like(playlist: &Playlist) -> Self {
        Self { is_incomplete: !playlist.complete, ..Self::new(&playlist.name, &playlist.entries) }
    }

    /// Converts all playlists except Liked Songs, which is not a playlist of the account. Liked Songs is included if `names`
    /// has its name, or if there is no other playlist.
    #[must_use]
    pub fn from_playlists(playlists: &[Playlist], names: &[String]) -> Vec<Self> {
        let has_others = names.is_empty() && playlists.len() > 1;
        let is_wanted = |one: &&Playlist| !has_others || playlist_id(&one.name) != LIKED;
        playlists.iter().filter(is_wanted).map(Self::like).collect()
    }

    /// A playlist with these entries.
    #[must_use]
    pub fn new(name: &str, entries: &[Entry]) -> Self {
        let items = entries.iter().map(Entry::uri_text).collect();
        Self { name: name.to_owned(), items, ..Self::default() }
    }
}

/// A track that was played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the catalog")]
pub struct Play {
    /// The time at which the play ended, in milliseconds since 1970 UTC.
    pub ended_at: i64,
    pub ms_played: i64,
    pub uri: Option<Uri>,
    pub title: String,
    pub artist: String,
    pub album: Option<String>,
}
