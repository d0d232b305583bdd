//! A disk that takes no change, in words that say what to do.
//!
//! Inside the sandbox a full disk and one for reading only mostly say no more than that there was an I/O error, and for the
//! numbers that say more the standard library has no words.

use std::io::{self, ErrorKind};

/// What every such error says.
pub const TAKES_NOTHING: &str = "the disk takes no change: it is full, for reading only, or failing";

/// An error of writing, making, or removing something. Where the disk takes no change it is a [`ErrorKind::StorageFull`] that says
/// so; every other error stays what it is.
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
    fn a_disk_that_takes_no_change_says_so_and_other_errors_stay() {
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::ReadOnlyFilesystem] {
            let refused = refused(kind.into());
            assert_eq!((refused.kind(), refused.to_string().as_str()), (ErrorKind::StorageFull, TAKES_NOTHING));
        }
        assert_eq!(refused(ErrorKind::AlreadyExists.into()).kind(), ErrorKind::AlreadyExists);
        assert!([19, 29, 51, 69].into_iter().all(is_of_wasi) && !is_of_wasi(20), "20 is a name that is taken");
    }
}
