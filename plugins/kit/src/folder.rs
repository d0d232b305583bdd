//! Lists a folder: the entries with UTF-8 names, and the number of other names.
//!
//! In the sandbox the host returns an error for a name that is not UTF-8, and the standard library ends the list at that error.
//! So in the sandbox this module calls the host directly and continues after the error.

use std::io;
use std::path::Path;

/// The kind of an entry. Links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A pipe, a socket, a device; never opened.
    Special,
}

impl From<std::fs::FileType> for EntryKind {
    fn from(kind: std::fs::FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }
}

#[cfg(target_family = "wasm")]
impl From<wasip2::filesystem::types::DescriptorType> for EntryKind {
    fn from(kind: wasip2::filesystem::types::DescriptorType) -> Self {
        use wasip2::filesystem::types::DescriptorType;

        match kind {
            DescriptorType::RegularFile => Self::File,
            DescriptorType::Directory => Self::Folder,
            DescriptorType::SymbolicLink => Self::Link,
            _ => Self::Special,
        }
    }
}

impl EntryKind {
    /// True if the entry is a regular file.
    #[must_use]
    pub fn is_file(self) -> bool {
        self == Self::File
    }

    /// True if the entry is a folder.
    #[must_use]
    pub fn is_dir(self) -> bool {
        self == Self::Folder
    }
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: EntryKind,
}

/// The contents of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The entries with UTF-8 names, in any order.
    pub entries: Vec<Entry>,
    /// The number of names that are not UTF-8. The sandbox cannot open them.
    pub unreadable: usize,
    /// True if the folder has more entries than `most`.
    pub more: bool,
}

/// Lists at most `most` names of a folder.
///
/// # Errors
/// When the folder or the kind of an entry cannot be read. A name that is not UTF-8 is not an error.
pub fn list(path: &Path, most: usize) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in system::read(path)? {
        if listing.entries.len() + listing.unreadable == most {
            listing.more = true;
            break;
        }
        match entry? {
            Some(entry) => listing.entries.push(entry),
            None => listing.unreadable += 1,
        }
    }
    Ok(listing)
}

/// Title and evidence of a finding about names that are not UTF-8; `shown` is the folder as the operator knows it.
#[must_use]
pub fn unreadable(shown: &str, count: usize) -> (String, String) {
    let title = if count == 1 {
        format!("1 name in {shown} is not UTF-8, and its contents were not read")
    } else {
        format!("{count} names in {shown} are not UTF-8, and their contents were not read")
    };
    let fix = "`ls FOLDER | grep -axv '.*'` shows such names. Rename them, then run the task again.";
    (title, fix.to_owned())
}

#[cfg(not(target_family = "wasm"))]
mod system {
    use std::fs::{self, DirEntry};
    use std::path::Path;

    use super::{Entry, io};

    fn entry(entry: &DirEntry) -> io::Result<Option<Entry>> {
        let Ok(name) = entry.file_name().into_string() else { return Ok(None) };
        Ok(Some(Entry { name, kind: entry.file_type()?.into() }))
    }

    /// The entries of a folder; `None` for a name that is not UTF-8.
    pub(super) fn read(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Option<Entry>>>> {
        Ok(fs::read_dir(path)?.map(|found| entry(&found?)))
    }
}

#[cfg(target_family = "wasm")]
mod system {
    use std::path::Path;

    use wasip2::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

    use super::{Entry, io};
    use crate::granted::{self, io_error};

    /// The entries of a folder; `None` for a name that is not UTF-8.
    pub(super) fn read(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Option<Entry>>>> {
        let entries = granted::within(path, |folder, rest| {
            // The standard library follows links too. The host refuses a link that leads out of the granted folder.
            let follow = PathFlags::SYMLINK_FOLLOW;
            folder.open_at(follow, rest, OpenFlags::DIRECTORY, DescriptorFlags::READ)?.read_directory()
        });
        let entries = entries.map_err(io_error)?;
        let next = move || match entries.read_directory_entry() {
            Ok(found) => found.map(|found| Ok(Some(Entry { name: found.name, kind: found.type_.into() }))),
            Err(ErrorCode::IllegalByteSequence) => Some(Ok(None)),
            Err(code) => Some(Err(io_error(code))),
        };
        // An entry that was deleted during the listing is skipped.
        let is_deleted = |found: &io::Result<_>| matches!(found, Err(error) if error.kind() == io::ErrorKind::NotFound);
        Ok(std::iter::from_fn(next).filter(move |found| !is_deleted(found)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn entries_are_listed_with_their_kinds() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("é"), "").unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        let mut entries = list(folder.path(), 10).unwrap().entries;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let found: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.kind)).collect();
        assert_eq!(found, [("b", EntryKind::Folder), ("é", EntryKind::File)]);
        assert!(list(folder.path(), 1).unwrap().more && !list(folder.path(), 2).unwrap().more);
        assert_eq!(list(&folder.path().join("none"), 1).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf_8_hides_no_other() {
        use std::os::unix::ffi::OsStrExt as _;

        let folder = tempfile::tempdir().unwrap();
        for name in [&b"a"[..], b"\xff", b"m\xe9.mp3", b"z"] {
            fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
        }
        let listing = list(folder.path(), 10).unwrap();
        assert_eq!((listing.entries.len(), listing.unreadable, listing.more), (2, 2, false));
        let (title, evidence) = unreadable("music/a", 2);
        assert_eq!(title, "2 names in music/a are not UTF-8, and their contents were not read");
        assert!(evidence.contains("grep -axv") && unreadable("m", 1).0.starts_with("1 name in m is not UTF-8"));
    }
}
