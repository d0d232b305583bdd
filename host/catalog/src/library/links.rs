//! Links between files of the library and tracks: the data for finding links, and the table of links.

use rusqlite::{OptionalExtension as _, params};

use super::Library;
use crate::{Catalog, CatalogError};

/// The file of an item and the track it is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLink {
    pub file: i64,
    pub track: Option<i64>,
    /// `person`, `path`, `sound` or `tags`.
    pub by: Option<String>,
    pub reason: Option<String>,
}

/// A path that a program names, and the current path of that file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamePath {
    /// The path as programs name it.
    pub named: String,
    /// The path as the scan found it.
    pub seen: String,
}

/// The query for a stamp: a text that changes when files, tracks or links by a person or a path change. Links by sound or
/// tags do not change it.
const STAMP: &str = "SELECT
    (SELECT count(*) || ':' || coalesce(sum(refreshed), 0) || ':' || coalesce(max(id), 0) FROM tracks) || '/' ||
    (SELECT count(*) || ':' || coalesce(sum(track), 0) || ':' || coalesce(sum(missing), 0) FROM files
        WHERE linked_by IN ('person', 'path')) || '/' ||
    (SELECT count(*) || ':' || coalesce(max(read_at), 0) || ':' || count(missing_since) FROM library_items)";

impl Catalog {
    /// The stamp of the current files and tracks, if links must be found again.
    pub fn stale_links(&self) -> Result<Option<String>, CatalogError> {
        let stamp: String = self.connection.query_row(STAMP, [], |row| row.get(0))?;
        let found_from = self.connection.query_row("SELECT stamp FROM link_state", [], |row| row.get(0)).optional()?;
        Ok(Some(stamp).filter(|stamp| Some(stamp) != found_from.as_ref()))
    }

    /// The files of the present items, by the items' numbers.
    pub fn file_links(&self, mut take: impl FnMut(i64, FileLink)) -> Result<(), CatalogError> {
        let mut select = self.connection.prepare(
            "SELECT i.id, f.id, f.track, f.linked_by, f.link_reason
             FROM library_items AS i JOIN files AS f ON f.id = i.file WHERE i.missing_since IS NULL AND f.missing = 0",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let link = FileLink { file: row.get(1)?, track: row.get(2)?, by: row.get(3)?, reason: row.get(4)? };
            take(row.get(0)?, link);
        }
        Ok(())
    }

    /// The paths that programs name for a track and that no scan found. The list also has the paths of missing files for
    /// which a person recorded a decision.
    pub fn named_paths(&self) -> Result<Vec<String>, CatalogError> {
        let sql = "SELECT path FROM files WHERE path GLOB '/*' AND ((track IS NOT NULL AND size IS NULL)
                OR (missing = 1 AND path IN (SELECT path FROM decided_files))) ORDER BY path";
        let mut select = self.connection.prepare(sql)?;
        Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

impl Library {
    /// Records paths that name the same file.
    pub fn same_paths(&mut self, same: &[SamePath]) -> Result<(), CatalogError> {
        let transaction = self.begin()?;
        for SamePath { named, seen } in same {
            let sql = "INSERT INTO put_moved (source, path, new_path) VALUES ('library', ?1, ?2)";
            transaction.prepare_cached(sql)?.execute([named, seen])?;
        }
        Ok(transaction.commit()?)
    }

    /// Writes changed links by sound and tags, and the stamp of the files and tracks from which they were found. Links by a
    /// person or by a path stay.
    pub fn link(&mut self, links: &[FileLink], stamp: &str) -> Result<(), CatalogError> {
        let transaction = self.begin()?;
        for link in links {
            let sql = "UPDATE files SET track = ?2, linked_by = ?3, link_reason = ?4
                 WHERE id = ?1 AND coalesce(linked_by, 'tags') IN ('sound', 'tags')";
            let values = params![link.file, link.track, link.by, link.reason];
            transaction.prepare_cached(sql)?.execute(values)?;
        }
        transaction.execute("INSERT OR REPLACE INTO link_state (id, stamp) VALUES (1, ?1)", [stamp])?;
        Ok(transaction.commit()?)
    }
}
