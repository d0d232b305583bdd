//! A Drive that is a local folder, as Drive and Dropbox for desktop mount it: which folder belongs to which database, one folder
//! made of several, files that are written whole or not at all, and backups with their retention.
//!
//! Nothing here knows what is in a database. Nothing here takes claims either: whoever changes something holds the database's claim
//! already (`crate::claim`), because a look and what follows from it belong under one claim.

pub mod archive;
mod ensure;
mod listing;
mod merge;
mod names;
mod undo;
mod whole;

pub use ensure::{Ensured, ensure};
pub use listing::{Folder, Listing, children, find};
pub use merge::merge_into;
pub use names::{Named, base_name, id_of, is_id, sanitised};
pub use undo::{Change, Undo};
pub use whole::{Stamp, copy_whole, digest, is_same, read, stamp, write_whole};

use std::io;
use std::path::Path;

/// The hidden name that a file has while it is written. One of a folder is enough: who writes there holds the claim.
pub const PART: &str = ".drive-sync.part";

/// The folder of a database's backups.
pub const ARCHIVE: &str = ".archive";

/// An error with the place where it happened.
#[must_use]
pub fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(kind(error), format!("{}: {error}", path.display()))
}

/// The kind of an error. The standard library has no names for some numbers of WASI: a full disk, a quota, a disk for reading only; a
/// stream that cannot write says of all three that it met an I/O error.
fn kind(error: &io::Error) -> io::ErrorKind {
    match error.raw_os_error().filter(|_| cfg!(target_family = "wasm")) {
        Some(29 | 51) => io::ErrorKind::StorageFull,
        Some(19) => io::ErrorKind::QuotaExceeded,
        Some(69) => io::ErrorKind::ReadOnlyFilesystem,
        _ => error.kind(),
    }
}
