//! One scan at a time, because two would read the same files. Commands that delete items wait for the end of a scan.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};

use baton_catalog::library::Library;

use super::in_progress::ItemsInProgress;
use crate::LibraryError;

/// Deletes the source at `folder` from the catalog at `catalog`, with its items and their fingerprints. Returns false if the
/// catalog does not have it.
///
/// # Errors
/// When a scan runs, or the catalog fails. Nothing was deleted then.
pub fn forget(catalog: &Path, folder: &Path) -> Result<bool, LibraryError> {
    let lock = Lock::take(catalog)?;
    let forgotten = Library::open(catalog)?.forget_source(folder)?;
    // Later items may get the ids of deleted items, so the records about the deleted items must not stay.
    lock.in_progress.clear().map_err(|source| LibraryError::Lock { path: file_of(catalog), source })?;
    Ok(forgotten)
}

/// The lock of a running scan. It ends with its process.
pub(super) struct Lock {
    /// The items that are being read; they are written to the locked file.
    pub(super) in_progress: ItemsInProgress,
}

fn file_of(catalog: &Path) -> PathBuf {
    catalog.with_extension("scan.lock")
}

impl Lock {
    /// Locks the catalog at `catalog`. [`LibraryError::Busy`] if another process holds the lock.
    pub(super) fn take(catalog: &Path) -> Result<Self, LibraryError> {
        let path = file_of(catalog);
        let failed = |source| LibraryError::Lock { path: path.clone(), source };
        let file = baton_files::open_or_create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { in_progress: ItemsInProgress::from_file(file) }),
            Err(TryLockError::WouldBlock) => Err(LibraryError::Busy),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
