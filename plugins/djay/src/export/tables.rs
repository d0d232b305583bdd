//! The five tables. Existing scripts read these names and columns.

use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::time;

use super::played::PlayCounts;
use crate::library::Library;
use crate::text::{number, or_empty};

const TRACKS: [&str; 15] = [
    "track_id",
    "title",
    "artist",
    "album",
    "genre",
    "duration_sec",
    "bpm",
    "key",
    "key_camelot",
    "source_type",
    "source_id",
    "file_path",
    "added_date",
    "last_played",
    "play_count",
];
const STREAMING: [&str; 8] =
    ["track_id", "source_type", "source_track_id", "source_url", "artist", "title", "duration_sec", "is_available"];
const SESSIONS: [&str; 7] =
    ["session_id", "device_name", "device_type", "start_time", "end_time", "duration_min", "track_count"];
const PLAYS: [&str; 8] = ["play_id", "session_id", "track_id", "deck_number", "play_start", "title", "artist", "bpm"];
const PLAYLISTS: [&str; 5] = ["playlist_id", "playlist_name", "track_id", "position", "added_date"];

/// A table: its name without the extension, and its bytes.
pub(super) type Table = (&'static str, Vec<u8>);

pub(super) fn all(library: &Library, played: &PlayCounts) -> Result<[Table; 5], String> {
    Ok([
        ("djay_library_tracks", tracks(library, played)?),
        ("djay_library_streaming", streaming(library)?),
        ("djay_session_history", sessions(library)?),
        ("djay_session_tracks", plays(library)?),
        ("djay_playlists", playlists(library)?),
    ])
}

fn when(millis: Option<i64>) -> String {
    millis.and_then(time::text).unwrap_or_default()
}

fn tracks(library: &Library, played: &PlayCounts) -> Result<Vec<u8>, String> {
    let mut table = CsvWriter::new(TRACKS)?;
    for (place, track) in library.tracks.iter().enumerate() {
        let (count, last) = played.at(place, track);
        let source = track.sources.first();
        let key = track.key();
        table.row([
            track.id.as_str(),
            &track.title,
            track.artist.as_deref().unwrap_or_default(),
            "",
            "",
            &or_empty(track.seconds, number),
            &or_empty(track.bpm(), number),
            &or_empty(key, |key| key.to_string()),
            &or_empty(key, baton_plugin_kit::Key::camelot),
            source.map(|source| source.service.as_str()).unwrap_or_default(),
            source.map(|source| source.id.as_str()).unwrap_or_default(),
            track.path().unwrap_or_default(),
            "",
            &when(last),
            &count.to_string(),
        ])?;
    }
    table.into_bytes()
}

fn streaming(library: &Library) -> Result<Vec<u8>, String> {
    let mut table = CsvWriter::new(STREAMING)?;
    for track in &library.tracks {
        for source in track.sources.iter().filter(|source| source.is_streamed()) {
            table.row([
                track.id.as_str(),
                &source.service,
                &source.id,
                &source.uri,
                track.artist.as_deref().unwrap_or_default(),
                &track.title,
                &or_empty(track.seconds, number),
                "",
            ])?;
        }
    }
    table.into_bytes()
}

#[expect(clippy::cast_precision_loss, reason = "minutes of a session")]
fn sessions(library: &Library) -> Result<Vec<u8>, String> {
    let mut counts = vec![0_u64; library.sessions.len()];
    for play in &library.plays {
        if let Some(count) = play.session.and_then(|session| counts.get_mut(session)) {
            *count += 1;
        }
    }
    let mut table = CsvWriter::new(SESSIONS)?;
    for (session, count) in library.sessions.iter().zip(counts) {
        let minutes = session.started.zip(session.ended).map(|(from, to)| (to - from) as f64 / 60_000.0);
        table.row([
            session.id.as_str(),
            session.device_name.as_deref().unwrap_or_default(),
            session.device_type.as_deref().unwrap_or_default(),
            &when(session.started),
            &when(session.ended),
            &or_empty(minutes, number),
            &count.to_string(),
        ])?;
    }
    table.into_bytes()
}

fn plays(library: &Library) -> Result<Vec<u8>, String> {
    let mut table = CsvWriter::new(PLAYS)?;
    for play in &library.plays {
        let track = play.track.and_then(|track| library.tracks.get(track));
        // The play has the title that the track had when it was played. The track may have another title in the library now.
        let title = play.title.as_deref().or_else(|| track.map(|track| track.title.as_str()));
        let artist = play.artist.as_deref().or_else(|| track.and_then(|track| track.artist.as_deref()));
        table.row([
            play.id.as_str(),
            play.session_id.as_deref().unwrap_or_default(),
            play.track_id.as_deref().unwrap_or_default(),
            &or_empty(play.deck, |deck| deck.to_string()),
            &when(play.started),
            title.unwrap_or_default(),
            artist.unwrap_or_default(),
            &or_empty(track.and_then(crate::library::Track::bpm), number),
        ])?;
    }
    table.into_bytes()
}

fn playlists(library: &Library) -> Result<Vec<u8>, String> {
    let mut table = CsvWriter::new(PLAYLISTS)?;
    for playlist in &library.playlists {
        for (position, item) in (1_u64..).zip(&playlist.items) {
            table.row([&playlist.id, &playlist.name, &item.track_id, &position.to_string(), ""])?;
        }
    }
    table.into_bytes()
}
