//! Shared by all actions: the Drive, the locks, the memory, the time, and the two kinds of errors.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use baton_plugin_sdk::{Error, sql};

use crate::drive::is_unwritable;
use crate::locks::DatabaseLocks;
use crate::memory::Memory;

/// The Drive with the services that a task uses.
#[derive(Debug)]
pub struct DriveContext<'a> {
    /// The Drive's folder.
    pub root: PathBuf,
    /// Its path as the operator knows it.
    pub shown: String,
    /// The locks.
    pub locks: DatabaseLocks<'a>,
    /// The plugin's own database.
    pub memory: Memory<'a>,
    /// When the task began, on the clock of its network.
    pub begin: Duration,
    /// The time of the task in milliseconds since 1970.
    pub now_ms: i64,
    /// The time of the task as text.
    pub now: String,
}

/// The reason why something was not done.
#[derive(Debug)]
pub enum SyncError {
    /// This database is skipped, and the task continues with the other databases. The fields are the kind and the text of the
    /// finding.
    Refused(&'static str, String),
    /// The task ends.
    Fatal(Error),
}

impl SyncError {
    /// An error that skips the database.
    #[must_use]
    pub fn refused(kind: &'static str, text: impl Into<String>) -> Self {
        Self::Refused(kind, text.into())
    }
}

impl From<Error> for SyncError {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

impl From<sql::Error> for SyncError {
    fn from(error: sql::Error) -> Self {
        Self::Fatal(error.into())
    }
}

/// A full or read-only disk ends the task, because every other database would fail too. Other errors affect only this
/// database.
impl From<io::Error> for SyncError {
    fn from(error: io::Error) -> Self {
        if is_of_the_disk(&error) {
            return Self::Fatal(Error::Retryable(format!(
                "cannot write to the Drive: {error}; each file there is complete, in its old or its new version; free some space or make the Drive writable, then run the task again"
            )));
        }
        let kind = if is_unwritable(&error) { "unwritable" } else { "unreadable" };
        Self::Refused(kind, error.to_string())
    }
}

fn is_of_the_disk(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem)
}
