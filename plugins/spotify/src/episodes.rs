//! Entries of playlists that are not music (episodes, chapters of audiobooks). The catalog keeps their places without a track; the plugin's
//! own tables keep their names, so that an export of the catalog has no blank rows.

use std::collections::HashMap;

use baton_plugin_kit::host::{Tables, Writable};
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use crate::model::{Entry, Playlist};
use crate::uri::Uri;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS episodes (service TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, \
    uri TEXT NOT NULL, title TEXT NOT NULL, artists TEXT NOT NULL, album TEXT, duration_ms INTEGER, \
    PRIMARY KEY (service, id, position)) STRICT, WITHOUT ROWID";

const PUT: &str = "INSERT OR REPLACE INTO episodes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// Stores the entries of a playlist that are not music, and deletes the entries that were stored for it before.
///
/// # Errors
/// When the own tables cannot be written.
pub fn put(own: &dyn Writable, playlist: &Playlist) -> Result<(), Error> {
    let spoken = |(position, entry): (usize, &Entry)| -> Option<Row> {
        let uri = entry.uri.as_ref().filter(|uri| !uri.is_music())?;
        Some(vec![
            playlist.service.as_str().into(),
            playlist.id.as_str().into(),
            i64::try_from(position).ok()?.into(),
            uri.text().into(),
            entry.title.as_str().into(),
            serde_json::json!(entry.artists).to_string().into(),
            entry.album.clone().into(),
            entry.duration_ms.into(),
        ])
    };
    let rows: Vec<Row> = playlist.entries.iter().enumerate().filter_map(spoken).collect();
    // Most libraries have no episodes and need no table.
    if rows.is_empty() && !is_there(own)? {
        return Ok(());
    }
    own.execute(TABLE, &[])?;
    // Entries after the end of an incomplete export stay.
    let end = if playlist.complete { i64::MAX } else { i64::try_from(playlist.entries.len()).unwrap_or(i64::MAX) };
    let whose = [playlist.service.as_str().into(), playlist.id.as_str().into(), end.into()];
    own.execute("DELETE FROM episodes WHERE service = ?1 AND id = ?2 AND position < ?3", &whose)?;
    if !rows.is_empty() {
        own.batch(PUT, &mut rows.into_iter())?;
    }
    Ok(())
}

/// Adds the stored entries to playlists of the catalog, at the places without a track.
///
/// # Errors
/// When the own tables cannot be read.
pub fn fill(own: &dyn Tables, playlists: &mut [Playlist]) -> Result<(), Error> {
    if !is_there(own)? {
        return Ok(());
    }
    let places: HashMap<(String, String), usize> =
        playlists.iter().enumerate().map(|(at, list)| ((list.service.clone(), list.id.clone()), at)).collect();
    for row in own.rows("SELECT service, id, position, uri, title, artists, album, duration_ms FROM episodes", &[])? {
        let row = row?;
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned();
        let number = |at: usize| row.get(at).and_then(Value::as_integer);
        let playlist = places.get(&(text(0), text(1))).and_then(|at| playlists.get_mut(*at));
        let position = number(2).and_then(|position| usize::try_from(position).ok());
        let entry = playlist.zip(position).and_then(|(playlist, position)| playlist.entries.get_mut(position));
        let Some(entry) = entry.filter(|entry| entry.known_as.is_none() && entry.uri.is_none()) else { continue };
        entry.uri = Uri::parse(&text(3));
        entry.title = text(4);
        entry.artists = serde_json::from_str(&text(5)).unwrap_or_default();
        entry.album = row.get(6).and_then(Value::as_text).map(str::to_owned);
        entry.duration_ms = number(7);
    }
    Ok(())
}

fn is_there(own: &dyn Tables) -> Result<bool, Error> {
    Ok(own.query("SELECT count(*) FROM sqlite_schema WHERE name = 'episodes'", &[])?.integer() != Some(0))
}
