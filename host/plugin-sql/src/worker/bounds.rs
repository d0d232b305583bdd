//! The limits of a worker as a whole: temporary files and the write-ahead log. The system limits its memory (`baton worker`).
//!
//! SQLite deletes a temporary file as soon as it has opened it. So its size is read through the process's own descriptors.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use baton_sqlite::with_ending;

use crate::{Access, GuestError, limits};

/// The pause between two measurements of the space. A fast disk writes some ten MiB in this time.
const LOOK: Duration = Duration::from_millis(20);

/// The descriptors of this process, on Linux and macOS.
const DESCRIPTORS: &str = "/dev/fd";

/// Why a worker ends in the middle of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Its input was closed: the attempt or the daemon ended.
    Abandoned,
    /// Its temporary files are too large.
    TemporarySpace,
    /// The write-ahead log of its database is too large.
    LogSpace,
}

impl Exit {
    /// The exit status for it.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Abandoned => 70,
            Self::TemporarySpace => 71,
            Self::LogSpace => 72,
        }
    }

    /// The reason of an exit status.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        [Self::Abandoned, Self::TemporarySpace, Self::LogSpace].into_iter().find(|exit| exit.code() == code)
    }

    /// The error of the statement that was running.
    #[must_use]
    pub fn error(self) -> GuestError {
        match self {
            Self::Abandoned => GuestError::Timeout("the task is ending".to_owned()),
            Self::TemporarySpace => GuestError::TooLarge(format!(
                "the statement needs more than {} MiB of temporary space: let it sort or group fewer rows, or use an index",
                limits::TEMPORARY_BYTES >> 20
            )),
            Self::LogSpace => log_is_full(),
        }
    }
}

/// The error of a write when the write-ahead log is too large.
pub(crate) fn log_is_full() -> GuestError {
    GuestError::Full(
        "the write-ahead log of the database is too large: write less in one statement, and drop cursors before much is \
         written"
            .to_owned(),
    )
}

/// The size of a database's write-ahead log in bytes.
pub(crate) fn log_bytes(database: &Path) -> u64 {
    fs::metadata(with_ending(database, "-wal")).map_or(0, |log| log.len())
}

/// While the returned guard is kept, ends the process when it uses too much space on the disk.
#[must_use]
pub(super) fn watch_space(access: Access, end: fn(Exit)) -> Arc<()> {
    let guard = Arc::new(());
    let kept = Arc::downgrade(&guard);
    let measure = move || {
        loop {
            thread::sleep(LOOK);
            if kept.strong_count() == 0 {
                return;
            }
            if temporary_bytes() > limits::TEMPORARY_BYTES {
                return end(Exit::TemporarySpace);
            }
            // Twice the limit: it is checked before each statement, so this is what one statement adds.
            if access.writable && log_bytes(&access.path) > limits::log(access.database).saturating_mul(2) {
                return end(Exit::LogSpace);
            }
        }
    };
    // Without this thread, the time limit and the disk bound the statement.
    drop(thread::Builder::new().name("space".to_owned()).spawn(measure));
    guard
}

/// Bytes on the disk of the deleted files that this process has open.
fn temporary_bytes() -> u64 {
    let Ok(open) = fs::read_dir(DESCRIPTORS) else { return 0 };
    let files = open.flatten().filter_map(|entry| fs::metadata(entry.path()).ok());
    files.filter(|file| file.is_file() && file.nlink() == 0).map(|file| file.blocks().saturating_mul(512)).sum()
}
