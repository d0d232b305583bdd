//! The sources of the library, each with the result of its last listing.

use std::path::{Path, PathBuf};

use baton_core::names;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::{Library, Volume};
use crate::{Catalog, CatalogError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A folder with audio files below it.
    Folder,
    /// An `X.library` folder of Eagle.
    Eagle,
}

names!(SourceKind, "kind of source", Folder = "folder", Eagle = "eagle");

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub id: i64,
    /// The folder, with symbolic links resolved.
    pub path: PathBuf,
    pub kind: SourceKind,
    /// The number of the newest listing.
    pub scan: i64,
    /// The end of the last complete listing.
    pub listed_at: Option<Timestamp>,
    /// The volume of the folder at `listed_at`.
    pub volume: Option<Volume>,
    /// The time since when the source cannot be reached.
    pub failed_at: Option<Timestamp>,
    pub failure: Option<String>,
}

const COLUMNS: &str =
    "SELECT id, path, kind, scan, listed_at, failed_at, failure, device, fsid, uuid FROM library_sources";

impl Catalog {
    /// All sources, in the order in which they were added.
    pub fn library_sources(&self) -> Result<Vec<Source>, CatalogError> {
        all(&self.connection)
    }
}

impl Library {
    /// All sources, in the order in which they were added.
    pub fn sources(&self) -> Result<Vec<Source>, CatalogError> {
        all(&self.connection)
    }

    /// Adds a source if the catalog does not have it. If another source is a folder above the new source, the new source
    /// takes over the items below its own folder, with their results. So no file has two items.
    pub fn add_source(&mut self, path: &str, kind: SourceKind, now: Timestamp) -> Result<Source, CatalogError> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO library_sources (path, kind, added_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (path) DO UPDATE SET kind = excluded.kind",
            params![path, kind.as_str(), now.as_millisecond()],
        )?;
        let source = transaction.query_row(&format!("{COLUMNS} WHERE path = ?1"), [path], read)?;
        take_over(&transaction, &source, path, now)?;
        transaction.commit()?;
        Ok(source)
    }

    /// Removes a source and its items, and the fingerprints of its files, unless another source has the files too. Returns
    /// false if the source does not exist.
    pub fn forget_source(&mut self, path: &Path) -> Result<bool, CatalogError> {
        let transaction = self.begin()?;
        let sql = "SELECT id FROM library_sources WHERE path = ?1";
        let id: Option<i64> = transaction.query_row(sql, [path.to_str()], |row| row.get(0)).optional()?;
        let Some(id) = id else {
            return Ok(false);
        };
        transaction.execute_batch(&format!(
            "CREATE TEMP TABLE forgotten AS SELECT DISTINCT file FROM library_items WHERE source = {id};
             DELETE FROM library_items WHERE source = {id};
             DELETE FROM library_sources WHERE id = {id};
             DELETE FROM fingerprints WHERE file IN (SELECT file FROM forgotten)
                 AND NOT EXISTS (SELECT 1 FROM library_items WHERE file = fingerprints.file)
                 AND source = (SELECT id FROM sources WHERE name = 'library');
             DELETE FROM moves WHERE file IN (SELECT file FROM forgotten);
             DELETE FROM files WHERE id IN (SELECT file FROM forgotten)
                 AND (track IS NULL OR linked_by IN ('sound', 'tags'))
                 AND NOT EXISTS (SELECT 1 FROM fingerprints WHERE file = files.id)
                 AND NOT EXISTS (SELECT 1 FROM library_items WHERE file = files.id);
             DELETE FROM library_whole_prints WHERE NOT EXISTS (
                 SELECT 1 FROM library_items AS i WHERE i.audio_sha256 = library_whole_prints.audio_sha256);
             DELETE FROM sound_prints WHERE NOT EXISTS (
                 SELECT 1 FROM library_items AS i WHERE i.audio_sha256 = sound_prints.audio_sha256);
             DELETE FROM sound_pairs WHERE one NOT IN (SELECT audio_sha256 FROM sound_prints)
                 OR other NOT IN (SELECT audio_sha256 FROM sound_prints);
             DROP TABLE forgotten;"
        ))?;
        transaction.commit()?;
        Ok(true)
    }

    /// Records that a source cannot be reached. Its items stay as they are.
    pub fn record_unreachable(&self, source: i64, why: &str, now: Timestamp) -> Result<(), CatalogError> {
        self.connection.execute(
            "UPDATE library_sources SET failed_at = coalesce(failed_at, ?2), failure = ?3 WHERE id = ?1",
            params![source, now.as_millisecond(), why],
        )?;
        Ok(())
    }
}

/// Selects items of sources above `source` that are below its folder (`?2` ends with a slash). Paths are compared as
/// bytes, because some paths are not text.
const ABOVE: &str = "source IN (SELECT id FROM library_sources WHERE kind = 'folder' AND id <> ?1
         AND substr(?2, 1, length(rtrim(path, '/')) + 1) = rtrim(path, '/') || '/')
     AND substr(CAST(path AS BLOB), 1, length(CAST(?2 AS BLOB))) = CAST(?2 AS BLOB)";

/// Takes over the items of the sources above `source`. In a folder, the key of an item is its path below the folder, so
/// the items get new keys. The keys of an Eagle library are not paths, so the items are only marked as missing in the
/// source above.
fn take_over(tx: &Transaction<'_>, source: &Source, path: &str, now: Timestamp) -> rusqlite::Result<()> {
    let below = format!("{}/", path.trim_end_matches('/'));
    match source.kind {
        SourceKind::Folder => tx.execute(
            &format!(
                "UPDATE OR IGNORE library_items SET source = ?1, scan = 0, read_scan = 0, key = substr(path,
                     CASE typeof(path) WHEN 'blob' THEN length(CAST(?2 AS BLOB)) ELSE length(?2) END + 1)
                 WHERE {ABOVE}"
            ),
            params![source.id, below],
        )?,
        SourceKind::Eagle => tx.execute(
            &format!("UPDATE library_items SET missing_since = coalesce(missing_since, ?3) WHERE {ABOVE}"),
            params![source.id, below, now.as_millisecond()],
        )?,
    };
    Ok(())
}

fn all(connection: &rusqlite::Connection) -> Result<Vec<Source>, CatalogError> {
    let mut select = connection.prepare(&format!("{COLUMNS} ORDER BY id"))?;
    Ok(select.query_map([], read)?.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Source> {
    let time = |column: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.and_then(|at| Timestamp::from_millisecond(at).ok()))
    };
    let kind: String = row.get(2)?;
    Ok(Source {
        id: row.get(0)?,
        path: PathBuf::from(row.get::<_, String>(1)?),
        kind: if kind == "eagle" { SourceKind::Eagle } else { SourceKind::Folder },
        scan: row.get(3)?,
        listed_at: time(4)?,
        failed_at: time(5)?,
        failure: row.get(6)?,
        volume: Volume::read(row, 7)?,
    })
}
