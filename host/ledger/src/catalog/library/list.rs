//! What a source lists, held against what is known: new, changed, unchanged, gone.
//!
//! A file is unchanged when size, time of writing and inode are as they were.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::super::Catalog;
use super::column::{self, PathRead, number};
use super::{Library, State};
use crate::LedgerError;

/// An item as its source lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What the source calls it.
    pub key: OsString,
    /// Where its audio lies, or should.
    pub path: PathBuf,
    /// How the source names it.
    pub name: String,
    /// The source's own mark of a change.
    pub stamp: Option<i64>,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Its inode.
    pub inode: u64,
    /// Whether it lies on another volume than the source's folder.
    pub mounted: bool,
    /// Why there is no audio where the source says that there is; then size, time and inode are 0.
    pub absent: Option<String>,
}

/// An item as the catalog knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub id: i64,
    /// The number of its file.
    pub file: i64,
    /// Where its audio lay.
    pub path: PathBuf,
    /// How its source named it.
    pub name: String,
    /// The source's mark when it was listed.
    pub stamp: Option<i64>,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Its inode.
    pub inode: u64,
    /// What came of reading it.
    pub state: State,
    /// Whether it was not there at its source's last listing.
    pub missing: bool,
}

/// How an item that is listed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was not known.
    New,
    /// It is another file than the one that was read.
    Changed,
    /// It is known and was not read yet.
    Pending,
    /// It is read again, because that was asked for.
    Again,
    /// Nothing is to be done.
    Unchanged,
}

impl Standing {
    /// Whether it is going to be read.
    #[must_use]
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::Unchanged)
    }

    /// How `item` stands to what is known; `retry` reads again what has no fingerprint.
    #[must_use]
    pub fn of(item: &Listed, known: Option<&Known>, retry: bool) -> Self {
        let Some(known) = known else {
            return Self::New;
        };
        let same = (known.size, known.mtime_ns, known.inode) == (item.size, item.mtime_ns, item.inode);
        match known.state {
            _ if !same => Self::Changed,
            State::Pending => Self::Pending,
            State::Failed | State::Skipped if retry => Self::Again,
            State::Failed | State::Skipped | State::Fingerprinted => Self::Unchanged,
        }
    }
}

/// An item that a listing did not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// Its number.
    pub id: i64,
    /// Where its audio lay.
    pub path: PathBuf,
    /// Whether that was on another volume than the source's folder.
    pub mounted: bool,
}

impl Catalog {
    /// The item that a source calls `key`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn library_item(&self, source: i64, key: &OsStr) -> Result<Option<Known>, LedgerError> {
        Ok(known(&self.connection, source, key)?)
    }
}

impl Library {
    /// Begins a listing of a source and returns its number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn begin_listing(&self, source: i64) -> Result<i64, LedgerError> {
        let sql = "UPDATE library_sources SET scan = scan + 1 WHERE id = ?1 RETURNING scan";
        Ok(self.connection.query_row(sql, [source], |row| row.get(0))?)
    }

    /// Takes in a piece of a listing, in one transaction; says of each item how it stands.
    ///
    /// # Errors
    /// When the database fails; then nothing of the piece is written.
    pub fn list(
        &mut self,
        source: i64,
        scan: i64,
        items: &[Listed],
        retry: bool,
        now: Timestamp,
    ) -> Result<Vec<Standing>, LedgerError> {
        let transaction = self.begin()?;
        let (tx, at) = (&transaction, now.as_millisecond());
        let one = |item: &Listed| -> rusqlite::Result<Standing> {
            let known = known(tx, source, &item.key)?;
            let standing = Standing::of(item, known.as_ref(), retry);
            Put { tx, source, scan, at, item }.put(known.as_ref(), standing)?;
            Ok(standing)
        };
        let standings = items.iter().map(one).collect::<Result<_, _>>()?;
        transaction.commit()?;
        Ok(standings)
    }

    /// The items that were there and that listing `scan` did not see.
    ///
    /// # Errors
    /// When the database fails.
    pub fn vanished(&self, source: i64, scan: i64) -> Result<Vec<Vanished>, LedgerError> {
        let mut select = self.connection.prepare_cached(
            "SELECT id, path, mounted FROM library_items
             WHERE source = ?1 AND scan < ?2 AND missing_since IS NULL ORDER BY id",
        )?;
        let rows = select.query_map([source, scan], |row| {
            Ok(Vanished { id: row.get(0)?, path: row.get::<_, PathRead>(1)?.0.into(), mounted: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends a listing that saw the whole source: `gone` are missing from now on. A file that is another item too is not.
    ///
    /// # Errors
    /// When the database fails; then nothing is marked.
    pub fn end_listing(&mut self, source: i64, gone: &[i64], now: Timestamp) -> Result<(), LedgerError> {
        let transaction = self.begin()?;
        let at = now.as_millisecond();
        for id in gone {
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
        transaction.execute(
            "UPDATE library_sources SET listed_at = ?2, failed_at = NULL, failure = NULL WHERE id = ?1",
            [source, at],
        )?;
        Ok(transaction.commit()?)
    }
}

fn known(connection: &Connection, source: i64, key: &OsStr) -> rusqlite::Result<Option<Known>> {
    let mut select = connection.prepare_cached(
        "SELECT id, file, path, name, stamp, size, mtime_ns, inode, state, missing_since IS NOT NULL
         FROM library_items WHERE source = ?1 AND key = ?2",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Known {
            id: row.get(0)?,
            file: row.get(1)?,
            path: row.get::<_, PathRead>(2)?.0.into(),
            name: row.get(3)?,
            stamp: row.get(4)?,
            size: row.get::<_, i64>(5)?.cast_unsigned(),
            mtime_ns: row.get(6)?,
            inode: row.get::<_, i64>(7)?.cast_unsigned(),
            state: row.get(8)?,
            missing: row.get(9)?,
        })
    };
    select.query_row(params![source, column::Path(key)], read).optional()
}

/// One item on its way into the tables.
struct Put<'a> {
    tx: &'a Transaction<'a>,
    source: i64,
    scan: i64,
    at: i64,
    item: &'a Listed,
}

impl Put<'_> {
    fn put(&self, known: Option<&Known>, standing: Standing) -> rusqlite::Result<()> {
        let Some(known) = known else {
            let file = self.file()?;
            return self.insert(file);
        };
        let file = if known.path == self.item.path { known.file } else { self.moved(known)? };
        self.seen(known, file)?;
        match standing {
            // The bytes are the same; only where they lie is another file's place.
            Standing::Unchanged if file == known.file => Ok(()),
            Standing::Pending | Standing::New => Ok(()),
            Standing::Unchanged | Standing::Again | Standing::Changed => self.forget(known, file),
        }
    }

    /// Says what the file is and returns its number.
    fn file(&self) -> rusqlite::Result<i64> {
        let (item, path) = (self.item, column::text(&self.item.path));
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

    /// The same item under another path: its file takes that path, unless there is one already.
    fn moved(&self, known: &Known) -> rusqlite::Result<i64> {
        let path = column::text(&self.item.path);
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

    /// What is not there needs no reading to fail.
    fn first_state(&self) -> (State, Option<&'static str>) {
        if self.item.absent.is_some() { (State::Failed, Some("not_found")) } else { (State::Pending, None) }
    }

    /// It is there, and so are the source's name and mark of it.
    fn seen(&self, known: &Known, file: i64) -> rusqlite::Result<()> {
        let item = self.item;
        self.tx
            .prepare_cached(
                "UPDATE library_items SET scan = ?2, seen_at = ?3, missing_since = NULL, name = ?4, stamp = ?5,
                     mounted = ?6, path = ?7, file = ?8 WHERE id = ?1",
            )?
            .execute(params![
                known.id,
                self.scan,
                self.at,
                item.name,
                item.stamp,
                item.mounted,
                column::Path(item.path.as_os_str()),
                file
            ])?;
        if known.missing {
            let sql = "UPDATE files SET missing = 0, said_at = ?2 WHERE id = ?1";
            self.tx.prepare_cached(sql)?.execute([file, self.at])?;
        }
        Ok(())
    }

    /// What was found when it was read is not true any more.
    fn forget(&self, known: &Known, file: i64) -> rusqlite::Result<()> {
        let (item, (state, reason)) = (self.item, self.first_state());
        self.tx
            .prepare_cached(
                "UPDATE library_items SET size = ?2, mtime_ns = ?3, inode = ?4, state = ?5, reason = ?6, detail = ?7,
                     audio_sha256 = NULL, file_sha256 = NULL, codec = NULL, container = NULL, rate_hz = NULL,
                     channels = NULL, bits = NULL, bitrate = NULL, duration_ms = NULL, core_only = NULL, title = NULL,
                     artist = NULL, album = NULL, isrc = NULL, read_at = NULL WHERE id = ?1",
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
            forget_file(self.tx, file)?;
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

/// What the library said of how a file sounds is not true any more. What others said stays.
pub(super) fn forget_file(tx: &Transaction<'_>, file: i64) -> rusqlite::Result<()> {
    let ours = "source = (SELECT id FROM sources WHERE name = 'library')";
    tx.prepare_cached(&format!("DELETE FROM fingerprints WHERE file = ?1 AND {ours}"))?.execute([file])?;
    let sql = "UPDATE files SET sha256 = NULL, format = NULL, duration_ms = NULL WHERE id = ?1";
    tx.prepare_cached(sql)?.execute([file])?;
    Ok(())
}
