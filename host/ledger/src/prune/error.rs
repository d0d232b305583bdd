//! Why a prune failed.

use std::path::PathBuf;

use crate::LedgerError;

/// Why nothing, or not all, was pruned.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The chain is not sound: to prune it would hide that.
    #[error("the chain breaks at event {seq}, so nothing was pruned; `baton ledger verify` says more")]
    Broken {
        /// The first event that is wrong.
        seq: i64,
    },
    /// Something with the archive's name is there.
    #[error("{path} exists already; an archive overwrites nothing: name a new file")]
    Exists { path: PathBuf },
    /// The archive cannot be written.
    #[error(
        "the archive {path} cannot be written: {source}; nothing was pruned; check that its folder exists and has room"
    )]
    Write { path: PathBuf, source: std::io::Error },
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
