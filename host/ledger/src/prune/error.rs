//! Why a prune failed.

use std::path::PathBuf;

use crate::LedgerError;

/// Why a prune deleted nothing, or only a part of the planned events.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The chain is broken, and a prune would hide the break.
    #[error("the chain breaks at event {seq}, so nothing was pruned; `baton ledger verify` shows details")]
    Broken {
        /// The first event with a fault.
        seq: i64,
    },
    /// A file with the archive's name exists.
    #[error("{path} exists already, and an archive does not overwrite files: choose another name")]
    Exists { path: PathBuf },
    /// The archive cannot be written.
    #[error(
        "the archive {path} cannot be written: {source}; nothing was pruned; check that its folder exists and has free space"
    )]
    Write { path: PathBuf, source: std::io::Error },
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
