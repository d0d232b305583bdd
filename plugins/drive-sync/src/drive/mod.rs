//! A Drive as a local folder, as Drive and Dropbox for desktop mount it: the folder of each database, merging of folders, complete
//! writes, and backups.
//!
//! Nothing here knows the contents of a database. Nothing here acquires locks: the caller holds the database's lock
//! (`crate::locks`), because a check and the change that follows belong under one lock.

pub mod archive;
mod ensure;
mod file;
mod listing;
mod merge;
mod names;
mod one_file;
mod ownership;
mod undo;

pub use ensure::{EnsureResult, ensure};
pub use file::{MOST_BYTES, Stamp, copy_file, digest, is_same, read, replace, stamp, write_file};
pub use listing::{Folder, Listing, children, children_and_unreadable, find};
pub use merge::merge_into;
pub use names::{ParsedName, base_name, id_key, id_of, is_id, is_one_id, is_uuid, sanitised, spellings};
pub use one_file::is_one;
pub use ownership::belongs;
pub use undo::{Change, Undo};

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The hidden name of a file while it is written. One for each folder is enough: its writer holds the lock.
pub const PART: &str = ".drive-sync.part";

/// The folder of a database's backups.
pub const ARCHIVE: &str = ".archive";

/// Adds the path to an error.
#[must_use]
pub fn at(path: &Path, error: &io::Error) -> io::Error {
    of_kind(path, error, false)
}

/// As [`at`], for an error of writing, creating, renaming or deleting.
#[must_use]
pub fn at_writing(path: &Path, error: &io::Error) -> io::Error {
    of_kind(path, error, true)
}

fn of_kind(path: &Path, error: &io::Error, writing: bool) -> io::Error {
    let number = error.raw_os_error().filter(|_| cfg!(target_family = "wasm"));
    let kind = number.and_then(|number| of_wasi(number, writing)).unwrap_or_else(|| error.kind());
    if one_file::has_several_names(path) && is_refused(error) {
        return io::Error::new(
            kind,
            format!(
                "{}: the file has several names (hard links) and is not opened; baton plugin grant drive-sync hard-links allows it",
                path.display()
            ),
        );
    }
    let text = format!("{}: {error}", path.display());
    if writing { io::Error::new(kind, Unwritable(text)) } else { io::Error::new(kind, text) }
}

/// `EPERM` of WASI, for which the standard library has no name.
fn is_refused(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
        || (cfg!(target_family = "wasm") && error.raw_os_error() == Some(63))
}

/// An error of a write. It says nothing about the existing file.
#[derive(Debug)]
struct Unwritable(String);

impl std::fmt::Display for Unwritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

/// Whether an error is one of a write.
#[must_use]
pub fn is_unwritable(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<Unwritable>())
}

/// WASI error numbers of a full disk, a quota and a read-only disk, which the standard library does not name. A failed write
/// reports all three as an I/O error. A failed read reports an I/O error for a damaged file; other databases can still be synced
/// then.
const fn of_wasi(number: i32, writing: bool) -> Option<io::ErrorKind> {
    match number {
        29 if writing => Some(io::ErrorKind::StorageFull),
        51 => Some(io::ErrorKind::StorageFull),
        19 => Some(io::ErrorKind::QuotaExceeded),
        69 => Some(io::ErrorKind::ReadOnlyFilesystem),
        _ => None,
    }
}

/// Whether a folder has a folder of backups. A link does not count.
#[must_use]
pub fn has_archive(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(ARCHIVE)).is_ok_and(|found| found.is_dir())
}

/// The folder of backups in a folder; created if it is missing.
///
/// # Errors
/// If another kind of file or a link has its name, or it cannot be created.
pub fn archive_of(folder: &Path) -> io::Result<PathBuf> {
    let archive = folder.join(ARCHIVE);
    match fs::symlink_metadata(&archive) {
        Ok(found) if found.is_dir() => Ok(archive),
        Ok(_) => Err(io::Error::other(format!("{}: it is not a folder; move it away", archive.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir(&archive).map_err(|error| at_writing(&archive, &error))?;
            Ok(archive)
        }
        Err(error) => Err(at(&archive, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_no_full_disk() {
        assert_eq!(of_wasi(29, true), Some(io::ErrorKind::StorageFull));
        assert_eq!(of_wasi(29, false), None);
        for writing in [true, false] {
            assert_eq!(of_wasi(51, writing), Some(io::ErrorKind::StorageFull));
        }
    }

    #[test]
    fn what_cannot_be_written_is_not_called_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a file"), "").unwrap();
        let below = folder.path().join("a file/x.csv");
        assert!(is_unwritable(&write_file(&below, b"1").unwrap_err()));
        assert!(!is_unwritable(&read(&below).unwrap_err()));
    }

    #[test]
    fn a_file_with_several_names_is_told_with_what_allows_it() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one.csv", "two.csv"].map(|name| folder.path().join(name));
        fs::write(&one, "1").unwrap();
        let refused = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(!at(&one, &refused).to_string().contains("hard-links"));
        fs::hard_link(&one, &two).unwrap();
        let text = at(&one, &refused).to_string();
        assert!(text.contains("one.csv: ") && text.contains("baton plugin grant drive-sync hard-links"), "{text}");
    }
}
