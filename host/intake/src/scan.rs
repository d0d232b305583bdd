//! Lists the entries of a folder, without names that Baton never reads. Links and special files are listed, but links are
//! not followed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use baton_core::file_name;
use baton_core::glob::Globs;
use walkdir::WalkDir;

use crate::{FileStamp, IntakeError};

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// The path of the entry.
    pub path: PathBuf,
    /// The kind of the entry.
    pub kind: FolderEntryKind,
    /// The size of the entry in bytes.
    pub size: u64,
    /// The modification time.
    pub modified: SystemTime,
    /// The metadata of the entry. It changes when the file changes.
    pub stamp: FileStamp,
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderEntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, a pipe, a socket or a device.
    Other,
}

/// The direct entries of `folder`, by name. An entry that disappears during the scan is skipped.
pub fn scan(folder: &Path) -> Result<Vec<FolderEntry>, IntakeError> {
    if folder.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(IntakeError::LinkedFolder { path: folder.to_owned() });
    }
    let entries = fs::read_dir(folder).map_err(|error| IntakeError::io(folder, "read", error))?;
    let mut found: Vec<FolderEntry> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_none_or(|name| !file_name::is_ignored(name)))
        .filter_map(|entry| Some(found(entry.path(), &entry.metadata().ok()?)))
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The regular files below `folder` whose relative path matches `globs`, ordered by path. Hidden folders are skipped.
#[must_use]
pub fn scan_tree(folder: &Path, globs: &Globs) -> Vec<FolderEntry> {
    let visible = |name: &std::ffi::OsStr| name.to_str().is_none_or(|name| !file_name::is_ignored(name));
    WalkDir::new(folder)
        .max_depth(32)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || visible(entry.file_name()))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| entry.path().strip_prefix(folder).is_ok_and(|relative| globs.matches_path(relative)))
        .filter_map(|entry| Some(found(entry.path().to_owned(), &entry.metadata().ok()?)))
        .collect()
}

fn found(path: PathBuf, metadata: &fs::Metadata) -> FolderEntry {
    let kind = if metadata.is_file() {
        FolderEntryKind::File
    } else if metadata.is_dir() {
        FolderEntryKind::Directory
    } else {
        FolderEntryKind::Other
    };
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    FolderEntry { path, kind, size: metadata.len(), modified, stamp: FileStamp::of(metadata) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_temporary_names_are_left_out_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.json", "a.json", ".hidden.json", "c.json.tmp", "d.json~", "e.reason.json"] {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        fs::create_dir(folder.path().join("x.json")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("l.json")).unwrap();
        let found = scan(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|f| (f.path.file_name().unwrap().to_str().unwrap(), f.kind)).collect();
        let expected = [
            ("a.json", FolderEntryKind::File),
            ("b.json", FolderEntryKind::File),
            ("l.json", FolderEntryKind::Other),
            ("x.json", FolderEntryKind::Directory),
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_tree_is_searched_by_pattern() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("sub/.git")).unwrap();
        for name in ["a.md", "sub/b.txt", "sub/c.py", "sub/.git/d.md"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let found = scan_tree(folder.path(), &Globs::new(&["**/*.{md,txt}"]).unwrap());
        let names: Vec<_> = found.iter().map(|f| f.path.strip_prefix(folder.path()).unwrap().to_owned()).collect();
        assert_eq!(names, [Path::new("a.md"), Path::new("sub/b.txt")]);
    }
}
