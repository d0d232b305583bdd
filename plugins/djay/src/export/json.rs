//! The whole library as one JSON file. It also has djay's own numbers, such as `key_index`.

use baton_plugin_kit::time;
use serde::Serialize;

use super::played::PlayCounts;
use crate::library::{Library, Source};

#[derive(Serialize)]
struct LibraryJson<'a> {
    schema: u32,
    tracks: Vec<Track<'a>>,
    sessions: Vec<Session<'a>>,
    plays: Vec<Play<'a>>,
    playlists: Vec<Playlist<'a>>,
}

#[derive(Serialize)]
struct Track<'a> {
    id: &'a str,
    title: &'a str,
    artist: Option<&'a str>,
    duration_sec: Option<f64>,
    isrc: Option<&'a str>,
    bpm: Option<f64>,
    #[serde(rename = "heard_bpm")]
    detected_bpm: Option<f64>,
    manual_bpm: Option<f64>,
    key: Option<String>,
    key_camelot: Option<String>,
    key_index: Option<i64>,
    sources: &'a [Source],
    play_count: i64,
    last_played: Option<String>,
}

#[derive(Serialize)]
struct Session<'a> {
    id: &'a str,
    device_name: Option<&'a str>,
    device_type: Option<&'a str>,
    started: Option<String>,
    ended: Option<String>,
}

#[derive(Serialize)]
struct Play<'a> {
    id: &'a str,
    session: Option<&'a str>,
    track: Option<&'a str>,
    in_library: bool,
    title: Option<&'a str>,
    artist: Option<&'a str>,
    deck: Option<i64>,
    started: Option<String>,
    origin: Option<&'a str>,
}

#[derive(Serialize)]
struct Playlist<'a> {
    id: &'a str,
    name: &'a str,
    tracks: Vec<&'a str>,
}

fn when(millis: Option<i64>) -> Option<String> {
    millis.and_then(time::text)
}

pub(super) fn all(library: &Library, played: &PlayCounts) -> serde_json::Result<Vec<u8>> {
    let tracks = library.tracks.iter().enumerate().map(|(place, known)| {
        let (play_count, last) = played.at(place, known);
        let key = known.key();
        Track {
            id: &known.id,
            title: &known.title,
            artist: known.artist.as_deref(),
            duration_sec: known.seconds,
            isrc: known.isrc.as_deref(),
            bpm: known.bpm(),
            detected_bpm: known.detected_bpm,
            manual_bpm: known.manual_bpm.or(known.analysed_manual_bpm),
            key: key.map(|key| key.to_string()),
            key_camelot: key.map(baton_plugin_kit::Key::camelot),
            key_index: known.key_index,
            sources: &known.sources,
            play_count,
            last_played: when(last),
        }
    });
    let sessions = library.sessions.iter().map(|session| Session {
        id: &session.id,
        device_name: session.device_name.as_deref(),
        device_type: session.device_type.as_deref(),
        started: when(session.started),
        ended: when(session.ended),
    });
    let plays = library.plays.iter().map(|play| Play {
        id: &play.id,
        session: play.session_id.as_deref(),
        track: play.track_id.as_deref(),
        in_library: play.track.is_some(),
        title: play.title.as_deref(),
        artist: play.artist.as_deref(),
        deck: play.deck,
        started: when(play.started),
        origin: play.origin.as_deref(),
    });
    let playlists = library.playlists.iter().map(|playlist| Playlist {
        id: &playlist.id,
        name: &playlist.name,
        tracks: playlist.items.iter().map(|item| item.track_id.as_str()).collect(),
    });
    serde_json::to_vec(&LibraryJson {
        schema: 1,
        tracks: tracks.collect(),
        sessions: sessions.collect(),
        plays: plays.collect(),
        playlists: playlists.collect(),
    })
}
