//! Descriptions of playlists, in the plugin's own tables, because the catalog has no column for them.

use std::collections::HashMap;

use baton_plugin_kit::host::{Tables, Writable};
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Value;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS playlist_notes (service TEXT NOT NULL, id TEXT NOT NULL, \
    description TEXT NOT NULL, PRIMARY KEY (service, id)) STRICT";

/// Stores a description; `None` deletes the old one.
///
/// # Errors
/// When the own tables cannot be written.
pub fn put(own: &dyn Writable, service: &str, id: &str, description: Option<&str>) -> Result<(), Error> {
    own.execute(TABLE, &[])?;
    let Some(description) = description else {
        own.execute("DELETE FROM playlist_notes WHERE service = ?1 AND id = ?2", &[service.into(), id.into()])?;
        return Ok(());
    };
    let row: [Value; 3] = [service.into(), id.into(), description.into()];
    own.execute("INSERT OR REPLACE INTO playlist_notes VALUES (?1, ?2, ?3)", &row)?;
    Ok(())
}

/// All descriptions, by service and id.
///
/// # Errors
/// When the own tables cannot be read.
pub fn all(own: &dyn Tables) -> Result<HashMap<(String, String), String>, Error> {
    let there = own.query("SELECT count(*) FROM sqlite_schema WHERE name = 'playlist_notes'", &[])?;
    let mut notes = HashMap::new();
    if there.integer() == Some(0) {
        return Ok(notes);
    }
    for row in own.rows("SELECT service, id, description FROM playlist_notes", &[])? {
        let row = row?;
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned();
        notes.insert((text(0), text(1)), text(2));
    }
    Ok(notes)
}
