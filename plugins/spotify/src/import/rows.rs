//! The rows of the catalog's `put_…` views.

use baton_plugin_kit::Key;
use baton_plugin_sdk::sql::{Row, Value};
use serde_json::{Map, json};

use super::track_key::TrackKey;
use crate::model::{Entry, NUMBERS, Play, Playlist, SERVICE_NAMES, TRACKS};
use crate::uri::Uri;

pub(super) const PUT_TRACK: &str = "INSERT INTO put_track (source, said_at, service, id, url, title, artists, album, \
    album_artist, duration_ms, isrc, bpm, musical_key, genre, released, label, more) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";

pub(super) const PUT_PLAYLIST: &str = "INSERT INTO put_playlist (source, said_at, service, id, name, snapshot, items) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(super) const PUT_ITEM: &str = "INSERT INTO put_playlist_item (source, said_at, service, playlist, position, \
    track_service, track, added_at, added_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

pub(super) const PUT_PLAY: &str = "INSERT INTO put_play (source, said_at, service, id, track_service, track, started_at, \
    origin, ms_played) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// As [`PUT_PLAY`], for the short form of the history, which has only the minute of a play: an existing play keeps its
/// time.
pub(super) const PUT_SHORT_PLAY: &str = "INSERT INTO put_play (source, said_at, service, id, track_service, track, started_at, \
    origin, ms_played) SELECT ?1, ?2, ?3, ?4, ?5, ?6, \
    CASE WHEN EXISTS (SELECT 1 FROM external_ids WHERE kind = 'play' AND service = ?3 AND external_id = ?4) THEN NULL ELSE ?7 END, \
    ?8, ?9";

/// The service and time of an export.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExportTime<'a> {
    pub(super) service: &'a str,
    pub(super) at: Option<i64>,
}

impl ExportTime<'_> {
    fn source(self) -> String {
        source(self.service)
    }
}

/// The catalog source of a service: `spotify/csv` for `spotify-csv`. The host allows only the plugin's name as the first part.
pub(super) fn source(service: &str) -> String {
    service.replacen('-', "/", 1)
}

/// The row of a track.
pub(super) fn track(export: ExportTime<'_>, key: &TrackKey<'_>, entry: &Entry) -> Row {
    let uri = entry.uri.as_ref();
    let title = if entry.title.is_empty() { uri.map(Uri::text).unwrap_or_default() } else { entry.title.clone() };
    let export = if entry.by_name { ExportTime { service: SERVICE_NAMES, ..export } } else { export };
    let artists = (!entry.artists.is_empty()).then(|| json!(entry.artists).to_string());
    vec![
        export.source().into(),
        export.at.into(),
        key.service.into(),
        key.id.as_ref().into(),
        uri.and_then(Uri::address).into(),
        title.into(),
        artists.into(),
        entry.album.clone().into(),
        entry.album_artist.clone().into(),
        entry.duration_ms.into(),
        entry.isrc.clone().into(),
        entry.number("tempo").filter(|tempo| *tempo > 0.0).into(),
        musical_key(entry).map(|key| key.to_string()).into(),
        entry.genres.clone().into(),
        entry.released.clone().into(),
        entry.label.clone().into(),
        more(entry).into(),
    ]
}

/// The key of Spotify's pitch class (-1: unknown) and mode.
fn musical_key(entry: &Entry) -> Option<Key> {
    let (note, mode) = (entry.number("key")?, entry.number("mode")?);
    let note = (0..12_u8).find(|known| (f64::from(*known) - note).abs() < 0.5)?;
    Key::new(note, mode < 0.5)
}

/// Facts without a column in the catalog.
fn more(entry: &Entry) -> Option<String> {
    let mut more = Map::new();
    for ((_, field), value) in NUMBERS.iter().zip(&entry.numbers) {
        if let Some(value) = value.filter(|_| !matches!(*field, "key" | "mode" | "tempo")) {
            more.insert((*field).to_owned(), json!(value));
        }
    }
    if let Some(explicit) = entry.explicit {
        more.insert("explicit".to_owned(), json!(explicit));
    }
    (!more.is_empty()).then(|| serde_json::Value::Object(more).to_string())
}

/// The row of a playlist; `snapshot` is empty until all its entries are written.
pub(super) fn playlist(export: ExportTime<'_>, playlist: &Playlist, snapshot: &str) -> Row {
    // An incomplete export does not have the end of the playlist.
    let items = playlist.complete.then(|| i64::try_from(playlist.entries.len()).unwrap_or(i64::MAX));
    vec![
        export.source().into(),
        export.at.into(),
        playlist.service.as_str().into(),
        playlist.id.as_str().into(),
        playlist.name.as_str().into(),
        snapshot.into(),
        items.into(),
    ]
}

/// The row of an entry.
pub(super) fn item(export: ExportTime<'_>, playlist: &Playlist, position: usize, entry: &Entry) -> Row {
    let track = TrackKey::from_entry(entry);
    let (service, id) = track.as_ref().map_or((TRACKS, None), |key| (key.service, Some(key.id.as_ref())));
    vec![
        export.source().into(),
        export.at.into(),
        playlist.service.as_str().into(),
        playlist.id.as_str().into(),
        Value::Integer(i64::try_from(position).unwrap_or(i64::MAX)),
        service.into(),
        id.into(),
        entry.added_at.into(),
        entry.added_by.clone().into(),
    ]
}

pub(super) fn play(export: ExportTime<'_>, play: &Play, id: String, track: Option<&str>) -> Row {
    vec![
        export.source().into(),
        export.at.into(),
        export.service.into(),
        id.into(),
        TRACKS.into(),
        track.into(),
        play.ended_at.saturating_sub(play.ms_played).into(),
        "spotify".into(),
        play.ms_played.into(),
    ]
}
