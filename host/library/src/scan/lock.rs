//! One scan at a time: two would read the same files. What else takes items away from under a scan waits for its end too.

use std::fs::{File, TryLockError};
use std::path::Path;

use baton_ledger::catalog::library::Library;

use crate::LibraryError;

/// Forgets the source at `folder` in the catalog at `catalog`, with its items and their fingerprints. False when there is no
/// such source.
///
/// # Errors
/// When a scan runs, or the catalog fails; then nothing was forgotten.
pub fn forget(catalog: &Path, folder: &Path) -> Result<bool, LibraryError> {
    let _lock = Lock::take(catalog)?;
    Ok(Library::open(catalog)?.forget_source(folder)?)
}

/// Held for as long as a scan runs; a process that dies lets go of it.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the catalog at `catalog`.
    ///
    /// # Errors
    /// [`LibraryError::Busy`] when somebody else has it.
    pub(super) fn take(catalog: &Path) -> Result<Self, LibraryError> {
        let path = catalog.with_extension("scan.lock");
        let failed = |source| LibraryError::Lock { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LibraryError::Busy),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
