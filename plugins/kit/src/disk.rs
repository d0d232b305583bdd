//! The error of a disk that accepts no change. In the sandbox the standard library reports a full or read-only disk as an unknown
//! I/O error; this module recognises it.

use std::io::{self, ErrorKind};

/// The text of the error.
pub const TAKES_NOTHING: &str = "the disk accepts no change: it is full, read-only or failing";

/// Makes the error of a disk that accepts no change an [`ErrorKind::StorageFull`] with [`TAKES_NOTHING`]. Other errors stay as they
/// are. Use it for errors of writing, creating and removing.
#[must_use]
pub fn refused(error: io::Error) -> io::Error {
    let kind =
        matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem);
    let numbered = cfg!(target_family = "wasm") && error.raw_os_error().is_some_and(is_of_wasi);
    if kind || numbered { io::Error::new(ErrorKind::StorageFull, TAKES_NOTHING) } else { error }
}

/// `EDQUOT`, `EIO`, `ENOSPC` and `EROFS` of WASI's C library.
const fn is_of_wasi(number: i32) -> bool {
    matches!(number, 19 | 29 | 51 | 69)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_accepts_no_change_is_named_and_other_errors_stay() {
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::ReadOnlyFilesystem] {
            let refused = refused(kind.into());
            assert_eq!((refused.kind(), refused.to_string().as_str()), (ErrorKind::StorageFull, TAKES_NOTHING));
        }
        assert_eq!(refused(ErrorKind::AlreadyExists.into()).kind(), ErrorKind::AlreadyExists);
        assert!([19, 29, 51, 69].into_iter().all(is_of_wasi) && !is_of_wasi(20), "20 is a name that is taken");
    }
}
