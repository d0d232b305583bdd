//! Errors of files and folders. Each error has the path, and the fix if there is one.

use std::io;
use std::path::{Path, PathBuf};

/// An error of a file or folder.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Reading or writing failed.
    #[error("{path} could not be {action}: {source}{}", hint(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The action as a participle: `read`, `written`, `moved`, …
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The file exceeds the size limit for handoffs. It was not read.
    #[error(
        "{path} has {bytes} bytes; a handoff has at most {limit} (put large content into a separate file and name it)"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The size of the file in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The path is a folder, a link, a pipe or a device.
    #[error("{path} is not a regular file; only regular files are read")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The folder is a symbolic link. Baton does not write through a link.
    #[error("{path} is a link; Baton writes only to real folders (replace it by a folder)")]
    LinkedFolder {
        /// The path.
        path: PathBuf,
    },
    /// The file or folder does not exist.
    #[error("{path} does not exist")]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// Another workspace serves the inbox.
    #[error(
        "{path} is served by the workspace {root} on {host}; stop serving it there, then `baton up --take-over` once (or remove {marker})"
    )]
    Owned {
        /// The inbox.
        path: PathBuf,
        /// The other workspace.
        root: String,
        /// The machine of the other workspace.
        host: String,
        /// The ownership marker.
        marker: PathBuf,
    },
    /// A limit of the system prevents that Baton watches a folder.
    #[error(
        "the folders cannot be watched: {0}; a scan each minute still finds files. To find them at once, raise `sysctl \
         fs.inotify.max_user_instances` and `fs.inotify.max_user_watches`; `baton doctor` shows the values"
    )]
    Watch(String),
    /// One folder cannot be watched, for a reason other than a limit of the system.
    #[error("changes in {path} are not reported: {reason}; a scan each minute still finds its files")]
    Unwatched {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
}

impl IntakeError {
    /// Makes an error from the system's error. A missing file becomes [`IntakeError::NotFound`].
    #[must_use]
    pub fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            return Self::NotFound { path: path.to_owned() };
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
