//! Files by path, each with its track and the reason of the link.

use rusqlite::{OptionalExtension as _, Row, params};

use crate::{Catalog, CatalogError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedFile {
    pub path: String,
    pub track: Option<i64>,
    pub title: Option<String>,
    pub artist: Option<String>,
    /// `person`, `path`, `sound` or `tags`.
    pub linked_by: Option<String>,
    pub link_reason: Option<String>,
    /// The last scan did not find the file.
    pub missing: bool,
}

const COLUMNS: &str = "SELECT f.path, f.track, t.title, t.artist, f.linked_by, f.link_reason, f.missing
    FROM files AS f LEFT JOIN tracks AS t ON t.id = f.track";

impl Catalog {
    /// The file at a path. If the file was moved from this path to another path, returns the moved file.
    pub fn file_at(&self, path: &str) -> Result<Option<LocatedFile>, CatalogError> {
        let sql = format!(
            "{COLUMNS} WHERE f.id = coalesce((SELECT file FROM moves WHERE path = ?1),
                 (SELECT id FROM files WHERE path = ?1))"
        );
        Ok(self.connection.query_row(&sql, [path], located).optional()?)
    }

    /// The files with `part` in their current path, sorted by path, at most `most`. Ignores the case of ASCII letters.
    pub fn files_with(&self, part: &str, most: u32) -> Result<Vec<LocatedFile>, CatalogError> {
        let sql = format!(
            "{COLUMNS} WHERE instr(lower(f.path), lower(?1)) > 0 AND f.path NOT IN (SELECT path FROM moves)
             ORDER BY f.missing, f.path LIMIT ?2"
        );
        let mut select = self.connection.prepare(&sql)?;
        Ok(select.query_map(params![part, most], located)?.collect::<Result<_, _>>()?)
    }
}

fn located(row: &Row<'_>) -> rusqlite::Result<LocatedFile> {
    Ok(LocatedFile {
        path: row.get(0)?,
        track: row.get(1)?,
        title: row.get(2)?,
        artist: row.get(3)?,
        linked_by: row.get(4)?,
        link_reason: row.get(5)?,
        missing: row.get(6)?,
    })
}
