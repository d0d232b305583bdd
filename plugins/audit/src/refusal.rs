//! Explains why the host did not open a file.

use std::io;

/// The error of the sandbox for a file with several names (`ErrorCode::NotPermitted` of WASI, `EPERM` of its C library).
#[cfg(target_family = "wasm")]
const NOT_PERMITTED: i32 = 63;

/// The reason and what to do.
#[cfg(target_family = "wasm")]
pub(crate) const SEVERAL_NAMES: &str = "the sandbox does not open it; it opens no file with several names (hard links), because the other names may be outside the granted folder: replace the file by a copy of it, or allow it in a workspace with `baton plugin grant audit hard-links`";

/// Why a file could not be read.
#[must_use]
pub(crate) fn reason(error: &io::Error) -> String {
    #[cfg(target_family = "wasm")]
    if error.raw_os_error() == Some(NOT_PERMITTED) {
        return SEVERAL_NAMES.to_owned();
    }
    error.to_string()
}
