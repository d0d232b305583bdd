//! Handles the folders and files of a Drive (a local folder that Google Drive or Dropbox for desktop mounts, or the working copy
//! of an account): the folder of each database, merging of folders, complete writes, and backups.
//!
//! This module does not know the contents of a database. It acquires no locks. The caller holds the database's lock
//! (`crate::locks`), so that one lock protects a check and the change that follows.

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

use baton_plugin_kit::disk;

/// The hidden name of a file while it is written. One name for each folder is enough, because the writer holds the lock.
pub const PART: &str = ".drive-sync.part";

/// The folder of a database's backups.
pub const ARCHIVE: &str = ".archive";

/// Adds the path to an error.
#[must_use]
pub fn at(path: &Path, error: &io::Error) -> io::Error {
    of_kind(path, error, false)
}

/// As [`at`], but for an error of writing, creating, renaming or deleting. [`is_unwritable`] recognises the result.
#[must_use]
pub fn at_writing(path: &Path, error: &io::Error) -> io::Error {
    of_kind(path, error, true)
}

fn of_kind(path: &Path, error: &io::Error, writing: bool) -> io::Error {
    let kind = disk::kind(error, writing);
    let is_refused = error.kind() == io::ErrorKind::PermissionDenied || disk::is_not_permitted(error);
    if is_refused && one_file::has_several_names(path) {
        return io::Error::new(
            kind,
            format!(
                "{}: the file has several names (hard links) and is not opened; baton plugin grant drive-sync hard-links allows it",
                path.display()
            ),
        );
    }
    let text = format!("{}: {error}", path.display());
    if writing { io::Error::new(kind, WriteError(text)) } else { io::Error::new(kind, text) }
}

/// The error of a write. The existing file may still be valid.
#[derive(Debug)]
struct WriteError(String);

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WriteError {}

/// True if an error is an error of a write.
#[must_use]
pub fn is_unwritable(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<WriteError>())
}

/// True if a folder has a folder of backups. A link does not count.
#[must_use]
pub fn has_archive(folder: &Path) -> bool {
    is_folder(&folder.join(ARCHIVE))
}

/// True if the path is a folder. A link does not count.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
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
    fn a_write_error_is_not_reported_as_a_read_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a file"), "").unwrap();
        let below = folder.path().join("a file/x.csv");
        assert!(is_unwritable(&write_file(&below, b"1").unwrap_err()));
        assert!(!is_unwritable(&read(&below).unwrap_err()));
    }

    #[test]
    fn a_file_with_several_names_is_reported_with_the_grant_that_allows_it() {
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
