//! Reads all tracks of the catalog for `track-match`.

use baton_track_match::Track;
use rusqlite::Row;

use crate::{Catalog, CatalogError};

#[derive(Clone, Debug, PartialEq)]
pub struct KnownTrack {
    pub id: i64,
    pub names: Track,
}

impl Catalog {
    /// All tracks, ordered by number. Their ids at services are left out.
    pub fn tracks(&self) -> Result<Vec<KnownTrack>, CatalogError> {
        let sql = "SELECT id, title, artists, album, duration_ms, isrc FROM tracks ORDER BY id";
        let mut select = self.connection.prepare(sql)?;
        Ok(select.query_map([], track)?.collect::<Result<_, _>>()?)
    }
}

fn track(row: &Row<'_>) -> rusqlite::Result<KnownTrack> {
    let artists: Option<String> = row.get(2)?;
    let names = Track {
        title: row.get(1)?,
        artists: artists.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default(),
        album: row.get(3)?,
        duration_ms: row.get::<_, Option<i64>>(4)?.and_then(|ms| u64::try_from(ms).ok()),
        isrc: row.get(5)?,
        ..Track::default()
    };
    Ok(KnownTrack { id: row.get(0)?, names })
}
