//! What bounds a worker as a whole: temporary files and the write-ahead log. Its memory is limited by the system, before it
//! begins (`baton worker`).
//!
//! SQLite deletes a temporary file as soon as it has opened it. So its size is read where the process still has it: among its
//! own descriptors.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::super::{Access, GuestError, limits};

/// How often the space is measured. A fast disk writes some ten MiB in this time.
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
    /// The exit status that tells this to whoever started the worker.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Abandoned => 70,
            Self::TemporarySpace => 71,
            Self::LogSpace => 72,
        }
    }

    /// What an exit status means.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        [Self::Abandoned, Self::TemporarySpace, Self::LogSpace].into_iter().find(|exit| exit.code() == code)
    }

    /// What it means for the statement that ran.
    #[must_use]
    pub fn error(self) -> GuestError {
        match self {
            Self::Abandoned => GuestError::Timeout("the task is being ended".to_owned()),
            Self::TemporarySpace => GuestError::TooLarge(format!(
                "the statement needs more than {} MiB of temporary space: let it sort or group fewer rows, or use an index",
                limits::TEMPORARY_BYTES >> 20
            )),
            Self::LogSpace => log_is_full(),
        }
    }
}

/// No room in the write-ahead log.
pub(crate) fn log_is_full() -> GuestError {
    GuestError::Full(
        "the write-ahead log of the database is too large: write less in one statement, and drop cursors before much is \
         written"
            .to_owned(),
    )
}

/// The write-ahead log beside a database.
fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// How many bytes the write-ahead log of a database has.
pub(crate) fn log_bytes(database: &Path) -> u64 {
    fs::metadata(log_of(database)).map_or(0, |log| log.len())
}

/// Ends the process when it uses too much space on the disk, for as long as the returned guard is kept.
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
            // Twice: what a statement meets at its beginning is an error, this is what it adds.
            if access.writable && log_bytes(&access.path) > limits::log(access.database).saturating_mul(2) {
                return end(Exit::LogSpace);
            }
        }
    };
    // Without it the statement's time and the disk are the limits.
    drop(thread::Builder::new().name("space".to_owned()).spawn(measure));
    guard
}

/// Bytes on the disk of the files that this process has open and that have no name any more.
fn temporary_bytes() -> u64 {
    let Ok(open) = fs::read_dir(DESCRIPTORS) else { return 0 };
    let files = open.flatten().filter_map(|entry| fs::metadata(entry.path()).ok());
    files.filter(|file| file.is_file() && file.nlink() == 0).map(|file| file.blocks().saturating_mul(512)).sum()
}
