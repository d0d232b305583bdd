//! The records. Times are milliseconds since 1970 UTC; missing values are `None`.

use std::collections::BTreeMap;

use baton_plugin_kit::Key;
use serde::Serialize;

/// All of a library. Places of tracks and sessions are those in its lists.
#[derive(Debug, Default)]
pub struct Library {
    /// By id.
    pub tracks: Vec<Track>,
    /// By their beginning.
    pub sessions: Vec<Session>,
    /// By their time.
    pub plays: Vec<Play>,
    /// By name.
    pub playlists: Vec<Playlist>,
    /// How many rows each collection has.
    pub rows: BTreeMap<String, usize>,
    /// How many blobs could not be read.
    pub unreadable: usize,
}

/// A track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// 32 hexadecimal digits: djay's `titleID`.
    pub id: String,
    /// Its title; empty when only its place is known yet.
    pub title: String,
    /// Its artist.
    pub artist: Option<String>,
    /// Its length in seconds.
    pub seconds: Option<f64>,
    /// Its ISRC.
    pub isrc: Option<String>,
    /// Its tempo as djay heard it.
    pub heard_bpm: Option<f64>,
    /// Its tempo as the user set it; 0 when the user took it back.
    pub manual_bpm: Option<f64>,
    /// The same, where the analysis has it.
    pub analysed_manual_bpm: Option<f64>,
    /// djay's number of its key.
    pub key_index: Option<i64>,
    /// Where it is, in djay's order.
    pub sources: Vec<Source>,
    /// How often djay counts it as played.
    pub play_count: Option<i64>,
    /// Its cue points that the user set, by name (`cue_1`, `automix_start`, `automix_end`, `end`), in milliseconds.
    pub cues: BTreeMap<String, i64>,
}

impl Track {
    /// Its tempo: the user's, else the one that djay heard. One of 0 is none.
    #[must_use]
    pub fn bpm(&self) -> Option<f64> {
        let known = [self.manual_bpm, self.analysed_manual_bpm, self.heard_bpm];
        known.into_iter().flatten().find(|bpm| *bpm > 0.0)
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        Key::of_djay(self.key_index?)
    }

    /// Its length in whole milliseconds.
    #[must_use]
    pub fn duration_ms(&self) -> Option<i64> {
        self.seconds.and_then(milliseconds)
    }

    /// The path of its file.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.sources.iter().find_map(|source| source.path.as_deref())
    }
}

/// Seconds of a track in whole milliseconds; none for what is no place in one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it is below 1e12, and a length of a fraction of a millisecond more"
)]
pub(super) fn milliseconds(seconds: f64) -> Option<i64> {
    (0.0..1e9).contains(&seconds).then(|| (seconds * 1_000.0).round() as i64)
}

/// Where a track is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// `local` (a file), `apple` (a number in Apple's music library), `apple-music` (Apple's service), else the service as djay writes
    /// it; `unknown` when the address names none.
    pub service: String,
    /// What it is called there; empty for a file. What is no track has its kind before it: `episode:77`.
    pub id: String,
    /// The address as djay writes it.
    pub uri: String,
    /// The file's path.
    pub path: Option<String>,
}

/// The services that djay plays from.
const STREAMING: [&str; 7] = ["apple-music", "beatport", "beatsource", "deezer", "soundcloud", "spotify", "tidal"];

impl Source {
    /// Whether it is at a service that is known, and neither a file, nor in Apple's own library, nor at any other address.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        STREAMING.contains(&self.service.as_str())
    }

    /// The id by which the service, or Apple's own library, names a track; none for what is another thing there (an album, an
    /// episode, a playlist), and where the address names no service.
    #[must_use]
    pub fn track_id(&self) -> Option<&str> {
        let is_named = if self.service == "apple" {
            self.id.bytes().all(|byte| byte.is_ascii_digit())
        } else {
            self.is_streamed() && self.uri.split(':').nth(1).is_some_and(is_track)
        };
        Some(self.id.as_str()).filter(|id| is_named && !id.is_empty())
    }
}

/// True for the kinds that services use for tracks: `spotify:track:…`, `soundcloud:tracks:…`.
pub(super) fn is_track(kind: &str) -> bool {
    ["track", "tracks"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// A session at the decks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// A UUID.
    pub id: String,
    /// The device.
    pub device_name: Option<String>,
    /// Its kind.
    pub device_type: Option<String>,
    /// When it began.
    pub started: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
}

/// A track that was played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Play {
    /// A UUID.
    pub id: String,
    /// The id of its session.
    pub session_id: Option<String>,
    /// The place of its session.
    pub session: Option<usize>,
    /// The id of its track.
    pub track_id: Option<String>,
    /// The place of its track; none when the library does not have it.
    pub track: Option<usize>,
    /// What the play itself says of the track.
    pub title: Option<String>,
    /// What the play itself says of the track.
    pub artist: Option<String>,
    /// What the play itself says of the track, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The deck.
    pub deck: Option<i64>,
    /// When it began.
    pub started: Option<i64>,
    /// Where it was played from: `explorer`, `spotify`.
    pub origin: Option<String>,
}

/// A playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playlist {
    /// A UUID; the group of the view when nothing else is known of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its tracks in order.
    pub items: Vec<Item>,
    /// Whether these are all of them, each in its place.
    pub whole: bool,
}

/// What stands at a place of a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The id of the track.
    pub track_id: String,
    /// Its place; none when the library does not have it.
    pub track: Option<usize>,
}
