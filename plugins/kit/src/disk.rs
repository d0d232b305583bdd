//! Errors of disks. In the sandbox the standard library does not recognise several error numbers of WASI's C library, so this
//! module converts them.

use std::io::{self, ErrorKind};

/// The text of an error of a disk that accepts no change.
pub const TAKES_NOTHING: &str = "the disk accepts no change: it is full, read-only or failing";

/// `EDQUOT` of WASI's C library.
const QUOTA: i32 = 19;
/// `EIO` of WASI's C library.
const IO: i32 = 29;
/// `ENOSPC` of WASI's C library.
const NO_SPACE: i32 = 51;
/// `EPERM` of WASI's C library.
const NOT_PERMITTED: i32 = 63;
/// `EROFS` of WASI's C library.
const READ_ONLY: i32 = 69;

/// `EIO` of Linux and macOS.
const UNIX_IO: i32 = 5;

/// Converts the error of a disk that accepts no change to [`ErrorKind::StorageFull`] with the text [`TAKES_NOTHING`]. Returns
/// other errors unchanged. Use this function for errors of writing, creating and removing.
#[must_use]
pub fn to_storage_full(error: io::Error) -> io::Error {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::ReadOnlyFilesystem];
    if full.contains(&kind(&error, true)) { io::Error::new(ErrorKind::StorageFull, TAKES_NOTHING) } else { error }
}

/// The kind of an error. An I/O error (`EIO`) of a write means that the disk accepts no change; an I/O error of a read means
/// that the file is damaged.
#[must_use]
pub fn kind(error: &io::Error, writing: bool) -> ErrorKind {
    let number = error.raw_os_error().filter(|_| cfg!(target_family = "wasm"));
    number.and_then(|number| wasi_kind(number, writing)).unwrap_or_else(|| error.kind())
}

/// True if an error is an I/O error (`EIO`).
#[must_use]
pub fn is_io_error(error: &io::Error) -> bool {
    error.raw_os_error() == Some(if cfg!(target_family = "wasm") { IO } else { UNIX_IO })
}

/// True if an error means that the sandbox refused to open a file, for example one with several names (hard links).
#[must_use]
pub fn is_not_permitted(error: &io::Error) -> bool {
    cfg!(target_family = "wasm") && error.raw_os_error() == Some(NOT_PERMITTED)
}

const fn wasi_kind(number: i32, writing: bool) -> Option<ErrorKind> {
    match number {
        IO if writing => Some(ErrorKind::StorageFull),
        NO_SPACE => Some(ErrorKind::StorageFull),
        QUOTA => Some(ErrorKind::QuotaExceeded),
        READ_ONLY => Some(ErrorKind::ReadOnlyFilesystem),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_disk_that_accepts_no_change_is_converted_and_others_are_not() {
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::ReadOnlyFilesystem] {
            let converted = to_storage_full(kind.into());
            assert_eq!((converted.kind(), converted.to_string().as_str()), (ErrorKind::StorageFull, TAKES_NOTHING));
        }
        assert_eq!(to_storage_full(ErrorKind::AlreadyExists.into()).kind(), ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_a_full_disk() {
        assert_eq!((wasi_kind(IO, true), wasi_kind(IO, false)), (Some(ErrorKind::StorageFull), None));
        for writing in [true, false] {
            assert_eq!(wasi_kind(NO_SPACE, writing), Some(ErrorKind::StorageFull));
            assert_eq!(wasi_kind(20, writing), None, "20 is EEXIST");
        }
    }
}
