//! Tables of the music catalog as databases. Their ids and property ids never change.
//!
//! The catalog is read, never written.

use baton_plugin_kit::host::Tables;
use baton_plugin_kit::time;
use baton_plugin_sdk::sql::Value;

use super::SourceDatabase;
use crate::context::SyncError;
use crate::drive::MOST_BYTES;
use crate::table::{Database, Kind, MOST_CELLS, Property, Record, format};

/// A table as a database.
#[derive(Debug)]
pub struct Table {
    /// Its name in the argument `catalog`.
    pub name: &'static str,
    /// The id of the database.
    pub id: &'static str,
    /// The title of the database.
    pub title: &'static str,
    /// (property id, name, type) in the order of the statement, after the key of the row.
    properties: &'static [(&'static str, &'static str, &'static str)],
    statement: &'static str,
}

/// All tables.
pub const TABLES: [Table; 6] = [
    Table {
        name: "tracks",
        id: "catalog-tracks",
        title: "Catalog Tracks",
        properties: &[
            ("title", "Title", "title"),
            ("artists", "Artists", "multi_select"),
            ("album", "Album", "rich_text"),
            ("album_artist", "Album Artist", "rich_text"),
            ("duration_ms", "Duration (ms)", "number"),
            ("isrc", "ISRC", "rich_text"),
            ("bpm", "BPM", "number"),
            ("musical_key", "Key", "rich_text"),
            ("genre", "Genre", "rich_text"),
            ("released", "Released", "rich_text"),
            ("label", "Label", "rich_text"),
            ("rating", "Rating", "number"),
            ("added_at", "Added", "date"),
        ],
        statement: "SELECT id, title, artists, album, album_artist, duration_ms, isrc, bpm, musical_key, genre, released, label, \
                    rating, added_at FROM tracks ORDER BY id",
    },
    Table {
        name: "playlists",
        id: "catalog-playlists",
        title: "Catalog Playlists",
        properties: &[
            ("title", "Name", "title"),
            ("owner", "Owner", "rich_text"),
            ("snapshot", "Snapshot", "rich_text"),
        ],
        statement: "SELECT id, name, owner, snapshot FROM playlists ORDER BY id",
    },
    Table {
        name: "playlist_items",
        id: "catalog-playlist-items",
        title: "Catalog Playlist Items",
        properties: &[
            ("playlist", "Playlist", "number"),
            ("position", "Position", "number"),
            ("track", "Track", "number"),
            ("added_at", "Added", "date"),
            ("added_by", "Added By", "rich_text"),
        ],
        statement: "SELECT playlist || '-' || position, playlist, position, track, added_at, added_by FROM playlist_items \
                    ORDER BY playlist, position",
    },
    Table {
        name: "sessions",
        id: "catalog-sessions",
        title: "Catalog Sessions",
        properties: &[
            ("device_name", "Device", "rich_text"),
            ("device_type", "Device Type", "rich_text"),
            ("started_at", "Started", "date"),
            ("ended_at", "Ended", "date"),
        ],
        statement: "SELECT id, device_name, device_type, started_at, ended_at FROM sessions ORDER BY id",
    },
    Table {
        name: "plays",
        id: "catalog-plays",
        title: "Catalog Plays",
        properties: &[
            ("session", "Session", "number"),
            ("track", "Track", "number"),
            ("started_at", "Started", "date"),
            ("deck", "Deck", "number"),
            ("origin", "Origin", "rich_text"),
            ("ms_played", "Played (ms)", "number"),
        ],
        statement: "SELECT id, session, track, started_at, deck, origin, ms_played FROM plays ORDER BY id",
    },
    Table {
        name: "files",
        id: "catalog-files",
        title: "Catalog Files",
        properties: &[
            ("path", "Path", "title"),
            ("track", "Track", "number"),
            ("size", "Size", "number"),
            ("modified_at", "Modified", "date"),
            ("sha256", "SHA-256", "rich_text"),
            ("format", "Format", "rich_text"),
            ("duration_ms", "Duration (ms)", "number"),
            ("missing", "Missing", "checkbox"),
        ],
        statement: "SELECT id, path, track, size, modified_at, sha256, format, duration_ms, missing FROM files ORDER BY id",
    },
];

/// The database without its rows.
#[must_use]
pub fn head(table: &Table) -> Database {
    let property = |(id, name, kind): &(&str, &str, &str)| Property {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        kind: (*kind).to_owned(),
    };
    Database {
        id: table.id.to_owned(),
        title: table.title.to_owned(),
        properties: table.properties.iter().map(property).collect(),
        complete: true,
        request_status: None,
        row_count: None,
    }
}

/// The whole table.
///
/// # Errors
/// If the table is larger than a CSV may be; also as `open` in `wit/sql.wit`.
pub fn load(table: &Table, catalog: &dyn Tables) -> Result<SourceDatabase, SyncError> {
    load_at_most(table, catalog, MOST_CELLS, MOST_BYTES)
}

fn load_at_most(table: &Table, catalog: &dyn Tables, cells: usize, bytes: u64) -> Result<SourceDatabase, SyncError> {
    let mut rows: Vec<Record> = Vec::new();
    let mut read = 0_u64;
    for row in catalog.rows(table.statement, &[])? {
        let mut values = row?.into_iter();
        let page_id = values.next().map(|value| cell("number", value)).unwrap_or_default();
        let found: Vec<_> =
            table.properties.iter().zip(values).map(|((_, _, kind), value)| cell(kind, value)).collect();
        read = read.saturating_add(found.iter().map(|text| text.len() as u64).sum());
        rows.push(Record { page_id, synced: String::new(), cells: found });
        if rows.len().saturating_mul(table.properties.len() + 2) > cells || read > bytes {
            let text = format!(
                "the table `{}` of the catalog is larger than a CSV may be: {cells} cells, {bytes} bytes",
                table.name
            );
            return Err(SyncError::refused("too-large", text));
        }
    }
    Ok(SourceDatabase { database: head(table), rows })
}

fn cell(kind: &str, value: Value) -> String {
    match (kind, value) {
        ("date", Value::Integer(millis)) => time::text(millis).unwrap_or_default(),
        ("checkbox", Value::Integer(number)) => (number != 0).to_string(),
        ("multi_select", Value::Text(text)) => match serde_json::from_str::<Vec<String>>(&text) {
            Ok(items) if !items.is_empty() => format(&crate::table::Value::List(items)),
            Ok(_) => String::new(),
            Err(_) => text,
        },
        (_, Value::Integer(number)) => number.to_string(),
        (_, Value::Real(number)) if number.is_finite() => number.to_string(),
        (kind, Value::Text(text)) => crate::table::canonical(Kind::from_name(kind), &text),
        (_, Value::Null | Value::Real(_) | Value::Blob(_)) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use baton_plugin_kit::host::Writable as _;
    use baton_tests::host_services::HostDatabase;

    use super::*;
    use crate::drive::is_id;

    #[test]
    fn a_table_too_large_for_a_csv_is_not_read_completely() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = HostDatabase::catalog(folder.path());
        for id in ["a", "b"] {
            let put = "INSERT INTO put_track (source, service, id, title) VALUES ('djay', 'djay', ?1, 'One')";
            catalog.execute(put, &[id.into()]).unwrap();
        }
        for (cells, bytes, good) in [(30, 1_000, true), (29, 1_000, false), (30, 4, false)] {
            let loaded = load_at_most(&TABLES[0], &catalog, cells, bytes);
            assert_eq!(loaded.is_ok(), good, "{cells} cells, {bytes} bytes");
            assert!(good || matches!(loaded, Err(SyncError::Refused("too-large", _))));
        }
    }

    #[test]
    fn every_table_has_the_columns_of_its_properties() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = HostDatabase::catalog(folder.path());
        for statement in [
            "INSERT INTO put_track (source, service, id, title, artists, bpm, added_at) \
             VALUES ('djay', 'djay', 'a', 'One', '[\"Earth, Wind & Fire\", \"Chic\"]', 119.5, 1768731300000)",
            "INSERT INTO put_playlist (source, service, id, name) VALUES ('djay', 'djay', 'p', 'Mine')",
            "INSERT INTO put_playlist_item (source, service, playlist, position, track_service, track) \
             VALUES ('djay', 'djay', 'p', 0, 'djay', 'a')",
            "INSERT INTO put_session (source, service, id, started_at) VALUES ('djay', 'djay', 's', 1768731300000)",
            "INSERT INTO put_play (source, service, id, session, track_service, track) \
             VALUES ('djay', 'djay', 'x', 's', 'djay', 'a')",
            "INSERT INTO put_file (source, path, track_service, track) VALUES ('djay', '/a.flac', 'djay', 'a')",
        ] {
            catalog.execute(statement, &[]).unwrap();
        }
        for table in &TABLES {
            let loaded = load(table, &catalog).unwrap().checked().unwrap();
            assert_eq!(loaded.rows.len(), 1, "{}", table.name);
            assert_eq!(loaded.rows[0].cells.len(), table.properties.len());
            assert!(is_id(table.id));
        }
        let track = &load(&TABLES[0], &catalog).unwrap().rows[0];
        assert_eq!(track.cells[..2], ["One", r#"["Earth, Wind & Fire","Chic"]"#]);
        assert_eq!((track.cells[6].as_str(), track.cells[12].as_str()), ("119.5", "2026-01-18T10:15:00Z"));
        assert_eq!(load(&TABLES[2], &catalog).unwrap().rows[0].page_id, "1-0");
        assert_eq!(load(&TABLES[5], &catalog).unwrap().rows[0].cells[7], "false");
    }
}
