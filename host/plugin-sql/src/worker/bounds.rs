//! Limits the temporary files and the write-ahead log of a worker. The operating system limits its memory (`baton worker`).
//!
//! SQLite deletes a temporary file as soon as it has opened it, so its size is read through the descriptors of the process.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use baton_sqlite::with_ending;

use crate::{Access, GuestError, limits};

/// The interval between two measurements. A fast disk writes some ten MiB in this time.
const INTERVAL: Duration = Duration::from_millis(20);

/// The descriptors of this process, on Linux and macOS.
const DESCRIPTORS: &str = "/dev/fd";

/// The reason why a worker ends during a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The worker's input was closed, because the attempt or the daemon ended.
    Abandoned,
    /// The worker's temporary files are too large.
    TemporarySpace,
    /// The write-ahead log of its database is too large.
    LogSpace,
}

impl Exit {
    /// The exit status of the worker for this reason.
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
                "the statement needs more than {} MiB of temporary space: sort or group fewer rows, or create an index",
                limits::TEMPORARY_BYTES >> 20
            )),
            Self::LogSpace => log_is_full(),
        }
    }
}

/// The error of a write when the write-ahead log is too large.
pub(crate) fn log_is_full() -> GuestError {
    GuestError::Full(
        "the write-ahead log of the database is too large: write less in one statement, and close cursors before large \
        writes"
            .to_owned(),
    )
}

/// The size of a database's write-ahead log in bytes.
pub(crate) fn log_bytes(database: &Path) -> u64 {
    fs::metadata(with_ending(database, "-wal")).map_or(0, |log| log.len())
}

/// Ends the process when it uses too much space on the disk, until the returned guard is dropped.
#[must_use]
pub(super) fn watch_space(access: Access, end: fn(Exit)) -> Arc<()> {
    let guard = Arc::new(());
    let kept = Arc::downgrade(&guard);
    let measure = move || {
        loop {
            thread::sleep(INTERVAL);
            if kept.strong_count() == 0 {
                return;
            }
            if temporary_bytes() > limits::TEMPORARY_BYTES {
                return end(Exit::TemporarySpace);
            }
            // The process ends only at twice the limit: the limit is checked before each statement, so one statement may
            // double the log.
            if access.writable && log_bytes(&access.path) > limits::log_quota(access.database).saturating_mul(2) {
                return end(Exit::LogSpace);
            }
        }
    };
    // If the thread cannot be started, only the time limit and the disk bound a statement.
    drop(thread::Builder::new().name("space".to_owned()).spawn(measure));
    guard
}

/// The size on the disk of the deleted files that this process has open.
fn temporary_bytes() -> u64 {
    let Ok(open) = fs::read_dir(DESCRIPTORS) else { return 0 };
    let files = open.flatten().filter_map(|entry| fs::metadata(entry.path()).ok());
    files.filter(|file| file.is_file() && file.nlink() == 0).map(|file| file.blocks().saturating_mul(512)).sum()
}
