//! Programs can name files below a source that no scan has listed. At the end of a listing, this module checks whether
//! these files exist.
//!
//! A listing skips hidden and ignored files and unknown types, so the disk is checked. Files in parts that the listing could
//! not read (`library_unread`) keep their state.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use baton_core::path_text;
use rusqlite::{Connection, Transaction, params};

use super::column;

/// A named file whose mark `missing` is wrong.
pub(super) struct NamedFile {
    file: i64,
    missing: bool,
}

/// The named files below a source whose mark `missing` is wrong, without videos.
pub(super) fn find_changed(
    connection: &Connection,
    source: i64,
    unread: &[PathBuf],
) -> rusqlite::Result<Vec<NamedFile>> {
    let mut select = connection.prepare_cached(
        "SELECT f.id, f.path, f.missing FROM files AS f
         WHERE f.size IS NULL AND lower(substr(f.path, -4)) NOT IN ('.mp4', '.m4v', '.mov', '.mkv', '.avi', 'webm')
             AND f.path NOT IN (SELECT path FROM moves)
             AND NOT EXISTS (SELECT 1 FROM library_items WHERE file = f.id)
             AND ?1 = (SELECT s.id FROM library_sources AS s
                 WHERE substr(f.path, 1, length(rtrim(s.path, '/')) + 1) = rtrim(s.path, '/') || '/'
                 ORDER BY length(s.path) DESC LIMIT 1)",
    )?;
    let mut rows = select.query([source])?;
    let mut changed = Vec::new();
    while let Some(row) = rows.next()? {
        let (file, path, missing): (i64, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let path = path_text::from_text(&path);
        if unread.iter().any(|part| path.starts_with(part)) {
            continue;
        }
        if let Some(is_missing) = is_missing(&path)
            && is_missing != missing
        {
            changed.push(NamedFile { file, missing: is_missing });
        }
    }
    Ok(changed)
}

/// Whether the file is missing; `None` if the system does not report it.
fn is_missing(path: &Path) -> Option<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Some(false),
        Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory).then_some(true),
    }
}

/// Writes the changes, and the parts of the source that could not be read.
pub(super) fn write(
    tx: &Transaction<'_>,
    source: i64,
    named: &[NamedFile],
    unread: &[PathBuf],
    at: i64,
) -> rusqlite::Result<()> {
    for one in named {
        tx.prepare_cached("UPDATE files SET missing = ?2, said_at = ?3 WHERE id = ?1 AND size IS NULL")?
            .execute(params![one.file, one.missing, at])?;
    }
    tx.execute("DELETE FROM library_unread WHERE source = ?1", [source])?;
    for path in unread {
        tx.prepare_cached("INSERT OR IGNORE INTO library_unread (source, path) VALUES (?1, ?2)")?
            .execute(params![source, column::Path(path.as_os_str())])?;
    }
    Ok(())
}
