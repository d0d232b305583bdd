//! Compares the listing of a source with the catalog: each item is new, changed, unchanged or missing.
//!
//! A file is unchanged when its size, modification time and inode are unchanged. If only the inode differs, the caller
//! decides at the end of the listing: FAT and some network folders give every file a new inode at each mount.
//!
//! A listing keeps the results of the last reading until the item is read again.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use baton_core::path_text;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::column::{self, StoredPath};
use super::model::{ComparedItem, KnownItem, ListedItem, ListedState};
use super::write_item::ItemWrite;
use super::{Library, unlisted_files};
use crate::{Catalog, CatalogError};

/// An item that a listing did not find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingItem {
    pub id: i64,
    /// The path of its audio at the last listing.
    pub path: PathBuf,
    /// The path is on another volume than the source's folder.
    pub mounted: bool,
}

impl Catalog {
    /// The item with the source's key `key`.
    pub fn library_item(&self, source: i64, key: &OsStr) -> Result<Option<KnownItem>, CatalogError> {
        Ok(known(&self.connection, source, key)?)
    }

    /// The present items that the listing `scan` did not find: an older listing wrote them, and `seen` does not contain their
    /// ids.
    pub fn library_not_found(
        &self,
        source: i64,
        scan: i64,
        seen: &dyn Fn(i64) -> bool,
    ) -> Result<Vec<MissingItem>, CatalogError> {
        let mut select = self.connection.prepare_cached(
            "SELECT id, path, mounted FROM library_items
             WHERE source = ?1 AND scan < ?2 AND missing_since IS NULL ORDER BY id",
        )?;
        let mut rows = select.query([source, scan])?;
        let mut not_found = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            if !seen(id) {
                let path = row.get::<_, StoredPath>(1)?.0.into();
                not_found.push(MissingItem { id, path, mounted: row.get(2)? });
            }
        }
        Ok(not_found)
    }
}

impl Library {
    /// Begins a listing of a source and returns its number.
    pub fn begin_listing(&self, source: i64) -> Result<i64, CatalogError> {
        let sql = "UPDATE library_sources SET scan = scan + 1 WHERE id = ?1 RETURNING scan";
        Ok(self.connection.query_row(sql, [source], |row| row.get(0))?)
    }

    /// Compares a part of a listing with the catalog and writes the changes, in one transaction.
    pub fn list(
        &mut self,
        source: i64,
        scan: i64,
        items: &[ListedItem],
        retry: bool,
        now: Timestamp,
    ) -> Result<Vec<ComparedItem>, CatalogError> {
        let transaction = self.begin()?;
        let (tx, at) = (&transaction, now.as_millisecond());
        let one = |item: &ListedItem| -> rusqlite::Result<_> {
            let known = match known(tx, source, &item.key)? {
                None if adopt_moved(tx, source, item)? || adopt_renamed(tx, item, at)? => known(tx, source, &item.key)?,
                known => known,
            };
            let state = ListedState::of(item, known.as_ref(), retry);
            ItemWrite { tx, source, scan, at, item }.put(known.as_ref(), state)?;
            Ok(ComparedItem { state, known: known.map(|known| known.id) })
        };
        let compared = items.iter().map(one).collect::<Result<_, _>>()?;
        transaction.commit()?;
        Ok(compared)
    }

    /// Decides about `items` of which only the inode differs ([`ListedState::OtherInode`]). With `same` they are unchanged
    /// files; otherwise they must be read.
    pub fn decide_inodes(&mut self, items: &[i64], same: bool) -> Result<(), CatalogError> {
        let set = if same {
            "inode = found_inode, state = CASE WHEN codec IS NULL THEN state ELSE 'fingerprinted' END,
             reason = CASE WHEN codec IS NULL THEN reason END, detail = CASE WHEN codec IS NULL THEN detail END"
        } else {
            "state = 'pending', reason = NULL, detail = NULL"
        };
        let update = format!("UPDATE library_items SET found_inode = NULL, {set} WHERE id = ?1");
        let transaction = self.begin()?;
        for id in items {
            if same {
                // A missing file with this inode is present again.
                transaction
                    .prepare_cached(
                        "UPDATE files SET missing = 0 WHERE id = (SELECT file FROM library_items WHERE id = ?1)",
                    )?
                    .execute([*id])?;
            }
            transaction.prepare_cached(&update)?.execute([*id])?;
        }
        Ok(transaction.commit()?)
    }

    /// Ends a listing of the whole source and marks the items `missing` as missing. A file that also belongs to another item
    /// is not marked. The items `kept` were not found either, but are not marked: Baton reads them only after a later
    /// listing has found them. A file that no listing contains, but that a program names, is marked as missing if it is not
    /// on the disk. This does not apply below the folders `unread`.
    pub fn end_listing(
        &mut self,
        source: i64,
        missing: &[i64],
        kept: &[i64],
        unread: &[PathBuf],
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        let named = unlisted_files::find_changed(&self.connection, source, unread)?;
        let transaction = self.begin()?;
        let at = now.as_millisecond();
        for id in kept {
            let sql = "UPDATE library_items SET scan = 0 WHERE id = ?1 AND scan > 0";
            transaction.prepare_cached(sql)?.execute([*id])?;
        }
        for id in missing {
            transaction
                .prepare_cached("UPDATE library_items SET missing_since = ?2 WHERE id = ?1")?
                .execute([*id, at])?;
            transaction
                .prepare_cached(
                    "UPDATE files SET missing = 1, said_at = ?2
                     WHERE id = (SELECT file FROM library_items WHERE id = ?1) AND NOT EXISTS (
                         SELECT 1 FROM library_items WHERE file = files.id AND missing_since IS NULL)",
                )?
                .execute([*id, at])?;
        }
        unlisted_files::write(&transaction, source, &named, unread, at)?;
        transaction.execute(
            "UPDATE library_sources SET listed_at = ?2, failed_at = NULL, failure = NULL WHERE id = ?1",
            [source, at],
        )?;
        Ok(transaction.commit()?)
    }
}

/// Adopts an item that a program moved here from another source (`moves_made` in `0005.sql`), with the results of its last
/// reading. Returns whether `item` is such an item.
fn adopt_moved(tx: &Connection, source: i64, item: &ListedItem) -> rusqlite::Result<bool> {
    let (key, path) = (column::Path(&item.key), column::Path(item.path.as_os_str()));
    let sql = "UPDATE OR IGNORE library_items SET source = ?1, key = ?2, scan = 0, read_scan = 0
         WHERE file = (SELECT id FROM files WHERE path = ?4) AND key = ?3 AND missing_since IS NOT NULL";
    let moved = tx.prepare_cached(sql)?.execute(params![source, key, path, path_text::to_text(&item.path)])?;
    Ok(moved > 0)
}

/// The maximum number of files, on all volumes, with the same size, time and inode. If there are more, no item is
/// adopted. The statement reads one more file to detect that.
const MAX_SAME_INODE: usize = 8;

/// Adopts an item that was renamed by hand: exactly one known item on this volume has the size, time and inode of `item`.
/// That item is missing at its old path, and its source is reachable. Returns whether there is such an item.
fn adopt_renamed(tx: &Connection, item: &ListedItem, at: i64) -> rusqlite::Result<bool> {
    let Some(path) = item.path.to_str().filter(|_| item.absent.is_none() && item.inode > 0) else {
        return Ok(false);
    };
    let mut select = tx.prepare_cached(
        "SELECT f.path, s.path, i.mounted FROM library_items AS i JOIN files AS f ON f.id = i.file
             JOIN library_sources AS s ON s.id = i.source AND s.kind = 'folder'
         WHERE i.inode = ?1 AND i.size = ?2 AND i.mtime_ns = ?3 AND i.codec IS NOT NULL LIMIT 9",
    )?;
    let rows = select
        .query_map(params![item.inode.cast_signed(), column::number(item.size), item.mtime_ns], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let mut known: Vec<(String, String, bool)> = rows.collect::<Result<_, _>>()?;
    if known.len() > MAX_SAME_INODE {
        return Ok(false);
    }
    // Two volumes may use the same inodes, for instance a disk and its copy.
    known.retain(|(before, source, mounted)| volume_of(before, source, *mounted) == Some(item.volume));
    let [(before, source, _)] = known.as_slice() else {
        return Ok(false);
    };
    let is_missing =
        |path: &str| std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    if before == path || !before.starts_with('/') || is_missing(source) || !is_missing(before) {
        return Ok(false);
    }
    let sql = "INSERT INTO put_moved (source, said_at, path, new_path) VALUES ('library', ?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute(params![at, before, path])?;
    Ok(true)
}

/// The number of the volume on which a missing file was: the volume of the nearest existing folder above it. `None` if the
/// file was on a separate volume within its source, and that volume is not mounted.
fn volume_of(path: &str, source: &str, mounted: bool) -> Option<u64> {
    let device = |folder: &Path| std::fs::metadata(folder).ok().map(|found| found.dev());
    let found = Path::new(path).ancestors().skip(1).find_map(device)?;
    (!mounted || device(Path::new(source)) != Some(found)).then_some(found)
}

fn known(connection: &Connection, source: i64, key: &OsStr) -> rusqlite::Result<Option<KnownItem>> {
    let mut select = connection.prepare_cached(
        "SELECT id, file, path, name, stamp, size, mtime_ns, inode, state, missing_since IS NOT NULL,
             codec IS NOT NULL, mounted, scan > 0 AND found_inode IS NULL
         FROM library_items WHERE source = ?1 AND key = ?2",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(KnownItem {
            id: row.get(0)?,
            file: row.get(1)?,
            path: row.get::<_, StoredPath>(2)?.0.into(),
            name: row.get(3)?,
            stamp: row.get(4)?,
            size: row.get::<_, i64>(5)?.cast_unsigned(),
            mtime_ns: row.get(6)?,
            inode: row.get::<_, i64>(7)?.cast_unsigned(),
            state: row.get(8)?,
            missing: row.get(9)?,
            has_fingerprint: row.get(10)?,
            mounted: row.get(11)?,
            is_decided: row.get(12)?,
        })
    };
    select.query_row(params![source, column::Path(key)], read).optional()
}
