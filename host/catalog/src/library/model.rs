//! An item of a source: as it is listed, as the catalog knows it, and its state.

use std::ffi::OsString;
use std::path::PathBuf;

use baton_core::names;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// The progress of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemState {
    /// It waits to be read.
    Pending,
    /// It has a fingerprint.
    Fingerprinted,
    /// Reading it failed.
    Failed,
    /// It cannot have a fingerprint: no supported audio, protected, too short.
    Skipped,
}

names!(
    ItemState,
    "state of an item",
    Pending = "pending",
    Fingerprinted = "fingerprinted",
    Failed = "failed",
    Skipped = "skipped",
);

impl ToSql for ItemState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for ItemState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|_| FromSqlError::InvalidType)
    }
}

/// An item as its source lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedItem {
    pub key: OsString,
    /// The path of its audio; the file may be missing.
    pub path: PathBuf,
    /// The name for people.
    pub name: String,
    /// A number from the source that changes when the item changes.
    pub stamp: Option<i64>,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime_ns: i64,
    pub inode: u64,
    /// The device number.
    pub volume: u64,
    /// The item is on another volume than the source's folder.
    pub mounted: bool,
    /// The reason why the audio that the source names does not exist. In this case size, time and inode are 0.
    pub absent: Option<String>,
}

/// An item as the catalog knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct KnownItem {
    pub id: i64,
    pub file: i64,
    /// The path of its audio at the last listing.
    pub path: PathBuf,
    /// The name for people.
    pub name: String,
    /// [`ListedItem::stamp`] at the last listing.
    pub stamp: Option<i64>,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime_ns: i64,
    pub inode: u64,
    /// The state after the last reading.
    pub state: ItemState,
    /// It has a fingerprint of the file with this size, time and inode.
    pub has_fingerprint: bool,
    /// The last listing of its source did not find it.
    pub missing: bool,
    /// It was on another volume than its source's folder.
    pub mounted: bool,
    /// The last listing of its source found it and decided whether it is the same file.
    pub is_decided: bool,
}

/// A listed item after it was compared with the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparedItem {
    pub state: ListedState,
    /// Its id, if the catalog had it before.
    pub known: Option<i64>,
}

/// The comparison of a listed item with the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedState {
    /// The catalog does not have the item.
    New,
    /// The file differs from the one that was read.
    Changed,
    /// The catalog has the item, but it was not read yet.
    Pending,
    /// The item has no fingerprint, and is read again on request.
    Again,
    /// Only the inode is different: [`Library::decide_inodes`](super::Library::decide_inodes) decides about the item.
    OtherInode,
    /// Nothing has changed.
    Unchanged,
}

impl ListedState {
    /// True if the item has to be read.
    #[must_use]
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::Unchanged | Self::OtherInode)
    }

    /// Compares `item` with the known item. With `retry`, an item without a fingerprint must be read again.
    #[must_use]
    pub fn of(item: &ListedItem, known: Option<&KnownItem>, retry: bool) -> Self {
        let Some(known) = known else {
            return Self::New;
        };
        let same = (known.size, known.mtime_ns) == (item.size, item.mtime_ns);
        match known.state {
            _ if !same => Self::Changed,
            // Another file was at this path for some time and was never read. Now the fingerprinted file is there again.
            ItemState::Pending if known.has_fingerprint && known.inode == item.inode => Self::Unchanged,
            ItemState::Pending if known.has_fingerprint => Self::Changed,
            ItemState::Pending => Self::Pending,
            ItemState::Failed | ItemState::Skipped if retry => Self::Again,
            _ if known.inode != item.inode => Self::OtherInode,
            ItemState::Failed | ItemState::Skipped | ItemState::Fingerprinted => Self::Unchanged,
        }
    }
}
