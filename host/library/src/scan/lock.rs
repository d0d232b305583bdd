//! One scan at a time: two would read the same files. Commands that delete items also wait for the end of a scan.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use baton_catalog::library::Library;

use super::in_progress::ItemsInProgress;
use crate::LibraryError;

/// Forgets the source at `folder` in the catalog at `catalog`, with its items and their fingerprints. False when there is no
/// such source.
///
/// # Errors
/// When a scan runs, or the catalog fails; then nothing was forgotten.
pub fn forget(catalog: &Path, folder: &Path) -> Result<bool, LibraryError> {
    let lock = Lock::take(catalog)?;
    let forgotten = Library::open(catalog)?.forget_source(folder)?;
    // The numbers of its items may be given to others.
    lock.begun.clear().map_err(|source| LibraryError::Lock { path: file_of(catalog), source })?;
    Ok(forgotten)
}

/// Held for as long as a scan runs; a process that dies lets go of it.
pub(super) struct Lock {
    /// The items that are being read; they are written to the locked file.
    pub(super) begun: ItemsInProgress,
}

fn file_of(catalog: &Path) -> PathBuf {
    catalog.with_extension("scan.lock")
}

impl Lock {
    /// Takes the lock of the catalog at `catalog`.
    ///
    /// # Errors
    /// [`LibraryError::Busy`] when somebody else has it.
    pub(super) fn take(catalog: &Path) -> Result<Self, LibraryError> {
        let path = file_of(catalog);
        let failed = |source| LibraryError::Lock { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { begun: ItemsInProgress::of(file) }),
            Err(TryLockError::WouldBlock) => Err(LibraryError::Busy),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
