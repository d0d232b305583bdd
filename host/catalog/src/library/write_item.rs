//! Writes a listed item to the tables.
//!
//! The results of the last reading stay, with the size, time and inode of that file, until another file is read at this path.
//! So an unmounted volume, a copy or a restored backup loses no results.

use baton_core::path_text;
use rusqlite::{Transaction, params};

use super::column::{self, number};
use super::model::{ItemState, KnownItem, ListedItem, ListedState};
use super::record::clear_file_facts;

/// The write of one item.
pub(super) struct ItemWrite<'a> {
    pub(super) tx: &'a Transaction<'a>,
    pub(super) source: i64,
    pub(super) scan: i64,
    pub(super) at: i64,
    pub(super) item: &'a ListedItem,
}

impl ItemWrite<'_> {
    pub(super) fn put(&self, known: Option<&KnownItem>, listed_state: ListedState) -> rusqlite::Result<()> {
        let Some(known) = known else {
            let file = self.file()?;
            return self.insert(file);
        };
        if self.is_written(known, listed_state) {
            return Ok(());
        }
        let file = if known.path == self.item.path { known.file } else { self.move_file(known)? };
        self.mark_present(known, file, listed_state)?;
        match listed_state {
            ListedState::Pending | ListedState::New => Ok(()),
            // The bytes of the file are the same, but its path now belongs to another row of `files`.
            _ if file != known.file => self.clear_reading(known, file),
            ListedState::Unchanged if known.has_fingerprint && known.state != ItemState::Fingerprinted => {
                self.restore(known)
            }
            ListedState::Unchanged | ListedState::OtherInode => Ok(()),
            ListedState::Again | ListedState::Changed if known.has_fingerprint => self.suspend(known),
            ListedState::Again | ListedState::Changed => self.clear_reading(known, file),
        }
    }

    /// True if the row already has all these values, as most rows of a repeated listing do.
    fn is_written(&self, known: &KnownItem, listed_state: ListedState) -> bool {
        let item = self.item;
        let as_listed = (&known.path, &known.name, known.stamp, known.mounted)
            == (&item.path, &item.name, item.stamp, item.mounted);
        let is_state_current = match listed_state {
            ListedState::Pending => true,
            ListedState::Unchanged => !known.has_fingerprint || known.state == ItemState::Fingerprinted,
            ListedState::Changed => known.has_fingerprint && known.state == ItemState::Pending && item.absent.is_none(),
            ListedState::New | ListedState::Again | ListedState::OtherInode => false,
        };
        known.is_decided && !known.missing && as_listed && is_state_current
    }

    /// Writes the file through the catalog's view and returns its number.
    fn file(&self) -> rusqlite::Result<i64> {
        let (item, path) = (self.item, path_text::to_text(&self.item.path));
        self.tx
            .prepare_cached(
                "INSERT INTO put_file (source, said_at, path, size, modified_at, missing)
                 VALUES ('library', ?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                self.at,
                path,
                number(item.size),
                item.mtime_ns / 1_000_000,
                i64::from(item.absent.is_some())
            ])?;
        self.tx.prepare_cached("SELECT id FROM files WHERE path = ?1")?.query_row([path], |row| row.get(0))
    }

    /// The item has a new path: its file gets that path, unless another file has it.
    fn move_file(&self, known: &KnownItem) -> rusqlite::Result<i64> {
        let path = path_text::to_text(&self.item.path);
        self.tx
            .prepare_cached("UPDATE OR IGNORE files SET path = ?2 WHERE id = ?1")?
            .execute(params![known.file, path])?;
        let file = self.file()?;
        if file != known.file {
            self.tx.prepare_cached("UPDATE files SET missing = 1 WHERE id = ?1")?.execute([known.file])?;
        }
        Ok(file)
    }

    fn insert(&self, file: i64) -> rusqlite::Result<()> {
        let item = self.item;
        let (state, reason) = self.first_state();
        self.tx
            .prepare_cached(
                "INSERT INTO library_items (source, key, file, path, name, stamp, size, mtime_ns, inode, mounted,
                     state, reason, detail, scan, seen_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            )?
            .execute(params![
                self.source,
                column::Path(&item.key),
                file,
                column::Path(item.path.as_os_str()),
                item.name,
                item.stamp,
                number(item.size),
                item.mtime_ns,
                item.inode.cast_signed(),
                item.mounted,
                state,
                reason,
                item.absent,
                self.scan,
                self.at
            ])?;
        Ok(())
    }

    /// The state of a new item. A missing file counts as failed without being read.
    fn first_state(&self) -> (ItemState, Option<&'static str>) {
        if self.item.absent.is_some() { (ItemState::Failed, Some("not_found")) } else { (ItemState::Pending, None) }
    }

    /// Records that the item is present, with the source's name and stamp.
    fn mark_present(&self, known: &KnownItem, file: i64, listed_state: ListedState) -> rusqlite::Result<()> {
        let item = self.item;
        let is_open = listed_state == ListedState::OtherInode && file == known.file;
        self.tx
            .prepare_cached(
                "UPDATE library_items SET scan = ?2, seen_at = ?3, missing_since = NULL, name = ?4, stamp = ?5,
                     mounted = ?6, path = ?7, file = ?8, found_inode = ?9 WHERE id = ?1",
            )?
            .execute(params![
                known.id,
                self.scan,
                self.at,
                item.name,
                item.stamp,
                item.mounted,
                column::Path(item.path.as_os_str()),
                file,
                is_open.then_some(item.inode.cast_signed())
            ])?;
        if known.missing { self.set_file_missing(file) } else { Ok(()) }
    }

    /// Marks the item as pending, or as failed if its file is missing. Older results stay until new ones replace them.
    fn suspend(&self, known: &KnownItem) -> rusqlite::Result<()> {
        let (state, reason) = self.first_state();
        self.tx
            .prepare_cached("UPDATE library_items SET state = ?2, reason = ?3, detail = ?4 WHERE id = ?1")?
            .execute(params![known.id, state, reason, self.item.absent])?;
        self.set_file_missing(known.file)
    }

    /// Records that the fingerprinted file is present again.
    fn restore(&self, known: &KnownItem) -> rusqlite::Result<()> {
        let sql = "UPDATE library_items SET state = 'fingerprinted', reason = NULL, detail = NULL WHERE id = ?1";
        self.tx.prepare_cached(sql)?.execute([known.id])?;
        self.set_file_missing(known.file)
    }

    fn set_file_missing(&self, file: i64) -> rusqlite::Result<()> {
        let missing = i64::from(self.item.absent.is_some());
        let sql = "UPDATE files SET missing = ?2, said_at = ?3 WHERE id = ?1";
        self.tx.prepare_cached(sql)?.execute([file, missing, self.at])?;
        Ok(())
    }

    /// Deletes the results of the last reading.
    fn clear_reading(&self, known: &KnownItem, file: i64) -> rusqlite::Result<()> {
        let (item, (state, reason)) = (self.item, self.first_state());
        self.tx
            .prepare_cached(
                "UPDATE library_items SET size = ?2, mtime_ns = ?3, inode = ?4, state = ?5, reason = ?6, detail = ?7,
                     audio_sha256 = NULL, file_sha256 = NULL, codec = NULL, container = NULL, rate_hz = NULL,
                     channels = NULL, bits = NULL, bitrate = NULL, duration_ms = NULL, core_only = NULL, title = NULL,
                     artist = NULL, album = NULL, isrc = NULL, damage = NULL, damage_checked = 0, read_at = NULL WHERE id = ?1",
            )?
            .execute(params![
                known.id,
                number(item.size),
                item.mtime_ns,
                item.inode.cast_signed(),
                state,
                reason,
                item.absent
            ])?;
        for file in [known.file, file] {
            clear_file_facts(self.tx, file)?;
        }
        self.tx
            .prepare_cached("UPDATE files SET size = ?2, modified_at = ?3, missing = ?4, said_at = ?5 WHERE id = ?1")?
            .execute(params![
                file,
                number(item.size),
                item.mtime_ns / 1_000_000,
                i64::from(item.absent.is_some()),
                self.at
            ])?;
        Ok(())
    }
}
