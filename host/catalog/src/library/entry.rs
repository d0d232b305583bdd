//! An item with all its facts, for reports.

use std::path::PathBuf;

use rusqlite::Row;

use super::ItemState;
use super::column::StoredPath;
use crate::{Catalog, CatalogError};

/// A present item. The names are those of the columns of `library_items` (`migrations/0002.sql`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub source: i64,
    pub path: PathBuf,
    pub name: String,
    pub size: u64,
    pub state: ItemState,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub audio_sha256: Option<[u8; 32]>,
    pub file_sha256: Option<[u8; 32]>,
    pub codec: Option<String>,
    pub container: Option<String>,
    pub rate_hz: Option<u32>,
    pub bits: Option<u16>,
    pub bitrate: Option<u32>,
    pub duration_ms: Option<u64>,
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub isrc: Option<String>,
    pub damage: Option<String>,
    /// True if the last reading looked for damage.
    pub damage_checked: bool,
}

const COLUMNS: &str = "SELECT id, source, path, name, size, state, reason, detail, audio_sha256, file_sha256, codec,
    rate_hz, bits, bitrate, duration_ms, title, artist, album, isrc, container, damage,
    damage_checked FROM library_items WHERE missing_since IS NULL";

impl Catalog {
    /// Calls `take` with every present item, ordered by number.
    pub fn library_entries(&self, mut take: impl FnMut(Entry)) -> Result<(), CatalogError> {
        let mut select = self.connection.prepare(&format!("{COLUMNS} ORDER BY id"))?;
        let rows = select.query_map([], read)?;
        for row in rows {
            take(row?);
        }
        Ok(())
    }

    /// Like [`Catalog::library_entries`], but only the items of one source.
    pub fn library_entries_of(&self, source: i64, mut take: impl FnMut(Entry)) -> Result<(), CatalogError> {
        let mut select = self.connection.prepare(&format!("{COLUMNS} AND source = ?1 ORDER BY id"))?;
        let rows = select.query_map([source], read)?;
        for row in rows {
            take(row?);
        }
        Ok(())
    }

    /// The present items without a fingerprint, at most `most`, ordered by path.
    pub fn library_items_without_fingerprint(&self, most: u32) -> Result<Vec<Entry>, CatalogError> {
        let sql = format!("{COLUMNS} AND state <> 'fingerprinted' ORDER BY state, reason, path LIMIT ?1");
        let mut select = self.connection.prepare(&sql)?;
        Ok(select.query_map([most], read)?.collect::<Result<_, _>>()?)
    }

    /// Calls `take` with the number and the fingerprint of every present item, ordered by number. A fingerprint that a
    /// plugin wrote does not count: Baton did not compute it.
    pub fn library_fingerprints(&self, algorithm: &str, mut take: impl FnMut(i64, &[u8])) -> Result<(), CatalogError> {
        let mut select = self.connection.prepare(
            "SELECT i.id, p.data FROM library_items AS i JOIN fingerprints AS p ON p.file = i.file
                 JOIN sources AS s ON s.id = p.source AND s.name = 'library'
             WHERE i.missing_since IS NULL AND i.state = 'fingerprinted' AND p.algorithm = ?1 ORDER BY i.id",
        )?;
        let mut rows = select.query([algorithm])?;
        while let Some(row) = rows.next()? {
            let data = row.get_ref(1)?;
            take(row.get(0)?, data.as_blob().unwrap_or_default());
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let entry = Entry {
        id: row.get(0)?,
        source: row.get(1)?,
        path: row.get::<_, StoredPath>(2)?.0.into(),
        name: row.get(3)?,
        size: row.get::<_, i64>(4)?.unsigned_abs(),
        state: row.get(5)?,
        reason: row.get(6)?,
        detail: row.get(7)?,
        audio_sha256: row.get(8)?,
        file_sha256: row.get(9)?,
        codec: row.get(10)?,
        rate_hz: row.get(11)?,
        bits: row.get(12)?,
        bitrate: row.get(13)?,
        duration_ms: row.get::<_, Option<i64>>(14)?.map(i64::unsigned_abs),
        title: row.get(15)?,
        artist: row.get(16)?,
        album: row.get(17)?,
        isrc: row.get(18)?,
        container: row.get(19)?,
        damage: row.get(20)?,
        damage_checked: row.get(21)?,
    };
    Ok(match (entry.state, entry.reason.as_deref()) {
        (ItemState::Fingerprinted, _) => entry,
        // The values in the other columns describe an earlier file.
        (ItemState::Pending, _) | (_, Some("not_found")) => {
            Entry { title: None, artist: None, album: None, isrc: None, ..entry.without_audio_facts() }
        }
        (ItemState::Failed | ItemState::Skipped, _) => entry.without_audio_facts(),
    })
}

impl Entry {
    /// Removes all values except the tags: the item has no fingerprint, and the other values describe an earlier file.
    fn without_audio_facts(self) -> Self {
        let Self { id, source, path, name, size, state, reason, detail, title, artist, album, isrc, .. } = self;
        Self {
            id,
            source,
            path,
            name,
            size,
            state,
            reason,
            detail,
            audio_sha256: None,
            file_sha256: None,
            codec: None,
            container: None,
            rate_hz: None,
            bits: None,
            bitrate: None,
            duration_ms: None,
            title,
            artist,
            album,
            isrc,
            damage: None,
            damage_checked: false,
        }
    }
}
