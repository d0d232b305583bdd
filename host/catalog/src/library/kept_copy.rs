//! Records which of two copies was kept and which one was removed. The kept copy has the link of the removed copy until the
//! removed copy is restored.

use std::path::Path;

use baton_core::{Digest, path_text};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::column::{self, number};
use super::{FileLink, FileStat, Library, Tags};
use crate::{Catalog, CatalogError};

/// Tags that were written into a file, or removed again, without changing its audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    /// SHA-256 of the file before the change.
    pub before_sha256: [u8; 32],
    /// SHA-256 of the file after the change.
    pub after_sha256: [u8; 32],
    pub after: FileStat,
    pub tags: Tags,
    /// True if the tags were written into the file, false if they were removed.
    pub has: bool,
}

/// A copy that was kept when another copy was removed.
#[derive(Clone, Copy, Debug)]
pub struct KeptCopy<'a> {
    pub path: &'a Path,
    /// The link of the kept copy before the other copy was removed.
    pub link: Option<&'a FileLink>,
}

impl Catalog {
    /// The link of the file at a path; `None` for a file that is not in the catalog.
    pub fn link_at(&self, path: &Path) -> Result<Option<FileLink>, CatalogError> {
        let sql = "SELECT id, track, linked_by, link_reason FROM files WHERE path = ?1";
        let link = self.connection.query_row(sql, [path_text::to_text(path)], |row| {
            Ok(FileLink { file: row.get(0)?, track: row.get(1)?, by: row.get(2)?, reason: row.get(3)? })
        });
        Ok(link.optional()?)
    }
}

impl Library {
    /// Records that the file `removed` was removed and that its copy `kept` remains. If a person or a program linked
    /// `removed` to a track, `kept` gets this link, unless a person or a program linked `kept` too. From now on, the path
    /// of `removed` refers to `kept`, unless `kept` is an item of Eagle. A repeated call changes nothing.
    pub fn record_kept_copy(&mut self, removed: &Path, kept: &Path, now: Timestamp) -> Result<(), CatalogError> {
        let (removed_text, kept_text) = (path_text::to_text(removed), path_text::to_text(kept));
        let at = now.as_millisecond();
        let transaction = self.begin()?;
        transaction.execute(
            "UPDATE library_items SET missing_since = coalesce(missing_since, ?2) WHERE path = ?1",
            params![column::Path(removed.as_os_str()), at],
        )?;
        transaction.execute("UPDATE files SET missing = 1, said_at = ?2 WHERE path = ?1", params![removed_text, at])?;
        transaction.execute(
            "UPDATE files SET track = g.track, linked_by = 'path',
                 link_reason = coalesce(g.link_reason, 'named') || ', as ' || g.path || ', of which this copy is kept'
             FROM files AS g WHERE files.path = ?2 AND g.path = ?1 AND g.track IS NOT NULL
                 AND g.linked_by IN ('person', 'path') AND coalesce(files.linked_by, 'tags') IN ('sound', 'tags')",
            params![removed_text, kept_text],
        )?;
        // Eagle's id identifies an item of Eagle. A recorded move to the item's path would remove that id.
        let is_eagles: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM library_items AS i JOIN library_sources AS s ON s.id = i.source
                 WHERE i.path = ?1 AND s.kind = 'eagle')",
            [column::Path(kept.as_os_str())],
            |row| row.get(0),
        )?;
        if !is_eagles {
            transaction.execute("INSERT INTO sources (name) VALUES ('library') ON CONFLICT (name) DO NOTHING", [])?;
            transaction.execute("DELETE FROM moves WHERE path = ?1", [&removed_text])?;
            transaction.execute(
                "INSERT INTO moves (path, new_path, file, source, said_at)
                 SELECT ?1, f.path, f.id, s.id, ?3 FROM files AS f, sources AS s WHERE f.path = ?2 AND s.name = 'library'",
                params![removed_text, kept_text, at],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// Records that the file `removed` exists again, and undoes [`Library::record_kept_copy`]: the kept copy gets its
    /// earlier link back. A repeated call changes nothing.
    pub fn undo_kept_copy(
        &mut self,
        removed: &Path,
        kept: Option<KeptCopy<'_>>,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        let removed_text = path_text::to_text(removed);
        let transaction = self.begin()?;
        if let Some(KeptCopy { path, link: was }) = kept {
            let kept_text = path_text::to_text(path);
            transaction.execute(
                "DELETE FROM moves WHERE path = ?1 AND file = (SELECT id FROM files WHERE path = ?2)",
                [&removed_text, &kept_text],
            )?;
            // The track may have been merged into another track in the meantime.
            let sql = "SELECT id FROM tracks WHERE id = coalesce((SELECT into_track FROM merges WHERE gone = ?1), ?1)";
            let track: Option<i64> = match was.and_then(|was| was.track) {
                Some(track) => transaction.query_row(sql, [track], |row| row.get(0)).optional()?,
                None => None,
            };
            let was = was.filter(|_| track.is_some());
            transaction.execute(
                "UPDATE files SET track = ?3, linked_by = ?4, link_reason = ?5
                 WHERE path = ?2 AND linked_by = 'path' AND instr(link_reason, ', as ' || ?1 || ', of which') > 0",
                params![
                    removed_text,
                    kept_text,
                    track,
                    was.and_then(|was| was.by.as_deref()),
                    was.and_then(|was| was.reason.as_deref())
                ],
            )?;
        }
        transaction.execute(
            "UPDATE library_items SET missing_since = NULL WHERE path = ?1",
            [column::Path(removed.as_os_str())],
        )?;
        transaction.execute(
            "UPDATE files SET missing = 0, said_at = ?2 WHERE path = ?1",
            params![removed_text, now.as_millisecond()],
        )?;
        Ok(transaction.commit()?)
    }

    /// Records that tags of a file were changed. If the catalog has another content of the file than the content before
    /// the change, does nothing. The next scan then reads the file.
    pub fn record_tag_change(&mut self, path: &Path, change: &TagChange, now: Timestamp) -> Result<(), CatalogError> {
        let TagChange { before_sha256, after_sha256, after, tags, has } = change;
        let transaction = self.begin()?;
        let written = transaction.execute(
            "UPDATE library_items SET size = ?3, mtime_ns = ?4, inode = ?5, file_sha256 = ?6,
                 title = iif(?7 IS NULL, title, iif(?11, ?7, NULL)), artist = iif(?8 IS NULL, artist, iif(?11, ?8, NULL)),
                 album = iif(?9 IS NULL, album, iif(?11, ?9, NULL)), isrc = iif(?10 IS NULL, isrc, iif(?11, ?10, NULL))
             WHERE path = ?1 AND file_sha256 = ?2",
            params![
                column::Path(path.as_os_str()),
                before_sha256,
                number(after.size),
                after.mtime_ns,
                after.inode.cast_signed(),
                after_sha256,
                tags.title,
                tags.artist,
                tags.album,
                tags.isrc,
                has
            ],
        )?;
        if written > 0 {
            transaction.execute(
                "UPDATE files SET size = ?2, modified_at = ?3, sha256 = ?4, said_at = ?5 WHERE path = ?1",
                params![
                    path_text::to_text(path),
                    number(after.size),
                    after.mtime_ns / 1_000_000,
                    Digest::from(*after_sha256).to_string(),
                    now.as_millisecond()
                ],
            )?;
        }
        Ok(transaction.commit()?)
    }
}
