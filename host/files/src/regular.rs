//! Checks whether a path is a regular file. Baton opens only regular files: a pipe would block its reader forever, and the
//! content of a device may have no end.

use std::fs::{self, FileType};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// Checks the kind of the file at the path without opening it. A symbolic link is an error.
///
/// # Errors
/// `InvalidInput` when it is not a regular file: the message has the kind of the file and the fix. `NotFound` when it is
/// missing.
pub fn check(path: &Path) -> io::Result<()> {
    need_regular(fs::symlink_metadata(path)?.file_type())
}

/// As [`check`], for the target of a symbolic link.
///
/// # Errors
/// As [`check`].
pub fn check_target(path: &Path) -> io::Result<()> {
    need_regular(fs::metadata(path)?.file_type())
}

pub(crate) fn need_regular(kind: FileType) -> io::Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    Err(not_regular(if kind.is_dir() {
        "a folder"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_fifo() {
        "a pipe (FIFO)"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }))
}

pub(crate) fn not_regular(found: &str) -> io::Error {
    let text =
        format!("it is {found}, not a regular file; move it away and put the file back, from a backup if there is one");
    io::Error::new(ErrorKind::InvalidInput, text)
}
