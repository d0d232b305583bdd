//! One scan at a time: two would read the same files.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::LibraryError;

/// Held for as long as a scan runs; a process that dies lets go of it.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the catalog at `catalog`.
    ///
    /// # Errors
    /// [`LibraryError::Busy`] when another process has it.
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
