//! Errors of the library. Problems of one file or one source are not errors: reports list them.

use std::path::PathBuf;

use baton_catalog::CatalogError;

/// An error of the library.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The given path cannot be a source.
    #[error("{path} cannot be a source: {why}")]
    NoSource {
        /// The given path.
        path: PathBuf,
        /// Why not, and what to do.
        why: String,
    },
    /// Another process scans.
    #[error(
        "another `baton library scan` runs in this workspace, or `baton up` reads new audio; wait for it or stop it"
    )]
    Busy,
    /// The lock file of the scan cannot be locked.
    #[error("cannot lock {path}: {source}")]
    Lock {
        /// Its file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The threads of the scan cannot be started.
    #[error("cannot start the jobs: {0}; start fewer with --jobs")]
    Jobs(String),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}
