//! The records. Times are milliseconds since 1970 UTC; missing values are `None`.

use std::collections::BTreeMap;

use baton_plugin_kit::Key;
use serde::Serialize;

/// A library. The indexes of tracks and sessions in its records refer to the lists of this struct.
#[derive(Debug, Default)]
pub struct Library {
    /// Sorted by id.
    pub tracks: Vec<Track>,
    /// Sorted by start time.
    pub sessions: Vec<Session>,
    /// Sorted by time.
    pub plays: Vec<Play>,
    /// Sorted by name.
    pub playlists: Vec<Playlist>,
    /// The number of rows of each collection.
    pub rows: BTreeMap<String, usize>,
    /// The number of unreadable objects.
    pub unreadable: usize,
}

/// A track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// 32 hexadecimal digits: djay's `titleID`.
    pub id: String,
    /// Its title; empty while only its location is known.
    pub title: String,
    /// Its artist.
    pub artist: Option<String>,
    /// Its length in seconds.
    pub seconds: Option<f64>,
    /// Its ISRC.
    pub isrc: Option<String>,
    /// The tempo from djay's analysis.
    pub detected_bpm: Option<f64>,
    /// The tempo that the user set; 0 if the user removed it.
    pub manual_bpm: Option<f64>,
    /// The tempo that the user set, as stored in djay's record of the analysis.
    pub analysed_manual_bpm: Option<f64>,
    /// djay's number of the key.
    pub key_index: Option<i64>,
    /// Its locations, in djay's order.
    pub sources: Vec<Source>,
    /// djay's play count.
    pub play_count: Option<i64>,
    /// The cue points that the user set, by name (`cue_1`, `automix_start`, `automix_end`, `end`), in milliseconds.
    pub cues: BTreeMap<String, i64>,
}

impl Track {
    /// Its tempo: the tempo that the user set, else the tempo of the analysis. In both, 0 means that there is no tempo.
    #[must_use]
    pub fn bpm(&self) -> Option<f64> {
        let known = [self.manual_bpm, self.analysed_manual_bpm, self.detected_bpm];
        known.into_iter().flatten().find(|bpm| *bpm > 0.0)
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        Key::from_djay(self.key_index?)
    }

    /// Its length in milliseconds.
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

/// Converts seconds of a track to milliseconds; `None` for an invalid position.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it is below 1e12, and a length of a fraction of a millisecond more"
)]
pub(super) fn milliseconds(seconds: f64) -> Option<i64> {
    (0.0..1e9).contains(&seconds).then(|| (seconds * 1_000.0).round() as i64)
}

/// The location of a track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// `local` (a file), `apple` (a number in Apple's music library), `apple-music` (Apple's service), else djay's name of the
    /// service; `unknown` if the address names no service.
    pub service: String,
    /// The id of the item at the service; empty for a file. If the item is not a track, the id begins with its kind:
    /// `episode:77`.
    pub id: String,
    /// The address, as djay writes it.
    pub uri: String,
    /// The path of the file.
    pub path: Option<String>,
}

/// The streaming services of djay.
const STREAMING: [&str; 7] = ["apple-music", "beatport", "beatsource", "deezer", "soundcloud", "spotify", "tidal"];

impl Source {
    /// Whether the location is at a streaming service, and not a file, in Apple's own library, or at another address.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        STREAMING.contains(&self.service.as_str())
    }

    /// The id of a track at the service or in Apple's own library; `None` for other items (an album, an episode, a playlist) and
    /// for an address without a service.
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

/// True if a kind means a track: `spotify:track:…`, `soundcloud:tracks:…`.
pub(super) fn is_track(kind: &str) -> bool {
    ["track", "tracks"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// A session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// A UUID.
    pub id: String,
    /// The name of the device.
    pub device_name: Option<String>,
    /// The type of the device.
    pub device_type: Option<String>,
    /// Its start.
    pub started: Option<i64>,
    /// Its end.
    pub ended: Option<i64>,
}

/// A play of a track.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Play {
    /// A UUID.
    pub id: String,
    /// The id of its session.
    pub session_id: Option<String>,
    /// The index of its session.
    pub session: Option<usize>,
    /// The id of its track.
    pub track_id: Option<String>,
    /// The index of its track; `None` if the library does not have it.
    pub track: Option<usize>,
    /// The title in the play itself.
    pub title: Option<String>,
    /// The artist in the play itself.
    pub artist: Option<String>,
    /// The length in the play itself, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The deck.
    pub deck: Option<i64>,
    /// Its start.
    pub started: Option<i64>,
    /// Where it was played from: `explorer`, `spotify`.
    pub origin: Option<String>,
}

/// A playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playlist {
    /// The UUID of the playlist. If no playlist belongs to a group of the view, this is the name of the group.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its tracks, in order.
    pub items: Vec<Item>,
    /// True if all tracks of the playlist were read in the right order.
    pub whole: bool,
}

/// An item of a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The id of the track.
    pub track_id: String,
    /// The index of the track; `None` if the library does not have it.
    pub track: Option<usize>,
}
