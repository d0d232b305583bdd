//! What can go wrong with a file or a folder: always which one, and what mends it.

use std::io;
use std::path::{Path, PathBuf};

/// An error of the intake.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Reading or writing failed.
    #[error("{path} could not be {action}: {source}{}", hint(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// `read`, `written`, `moved`, …
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// Too large to be a handoff; it was not read.
    #[error(
        "{path} has {bytes} bytes; a handoff has at most {limit} (put large content into a file of its own and name it)"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A directory, a link, a pipe, a device.
    #[error("{path} is not a regular file; only regular files are read")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A folder that is a link to another one: nothing is written through it.
    #[error("{path} is a link; only real folders are written to (make it a folder)")]
    LinkedFolder {
        /// The path.
        path: PathBuf,
    },
    /// The file is not there (any more).
    #[error("{path} is not there")]
    Gone {
        /// The path.
        path: PathBuf,
    },
    /// An inbox that another workspace serves.
    #[error(
        "{path} is served by the workspace {root} on {host}; stop serving it there, then `baton up --take-over` once (or remove {marker})"
    )]
    Owned {
        /// The inbox.
        path: PathBuf,
        /// The other workspace.
        root: String,
        /// Its machine.
        host: String,
        /// The file that says so.
        marker: PathBuf,
    },
    /// The system cannot watch.
    #[error(
        "the folders cannot be watched: {0}; files are still found every minute, at once when `sysctl \
         fs.inotify.max_user_instances` and `fs.inotify.max_user_watches` are raised: `baton doctor` says how far"
    )]
    Watch(String),
    /// One folder cannot be watched, for another reason than the system's limits.
    #[error("changes in {path} are not reported: {reason}; its files are still found every minute")]
    Unwatched {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A glob that is none.
    #[error("`{glob}` is not a file pattern: {reason}")]
    Glob {
        /// As written.
        glob: String,
        /// Why not.
        reason: String,
    },
}

impl IntakeError {
    /// Wraps the system's error; a missing file becomes [`IntakeError::Gone`].
    #[must_use]
    pub fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            return Self::Gone { path: path.to_owned() };
        }
        Self::Io { path: path.to_owned(), action, source }
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => " (give the user that runs baton access to it)",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => " (free some disk space)",
        io::ErrorKind::ReadOnlyFilesystem => " (mount it for writing)",
        _ => "",
    }
}
