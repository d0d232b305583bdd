//! Lists a folder: the entries with UTF-8 names, and the number of other names.
//!
//! In the sandbox the host returns an error for a name that is not UTF-8, and the standard library ends the list at that error. So
//! this module calls the host directly there and continues after the error.

use std::io;
use std::path::Path;

/// The kind of an entry. Links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A pipe, a device or another special file.
    Other,
}

impl Kind {
    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(self) -> bool {
        self == Self::File
    }

    /// Whether it is a folder.
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
    pub kind: Kind,
}

/// The contents of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The entries with UTF-8 names, in any order.
    pub entries: Vec<Entry>,
    /// The number of names that are not UTF-8. The sandbox cannot open them.
    pub unreadable: usize,
    /// Whether the folder has more entries than `most`.
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
    let fix = "`ls FOLDER | grep -axv '.*'` shows such names. Rename them, then run this again.";
    (title, fix.to_owned())
}

#[cfg(not(target_family = "wasm"))]
mod system {
    use std::fs::{self, DirEntry, FileType};
    use std::path::Path;

    use super::{Entry, Kind, io};

    fn kind(found: FileType) -> Kind {
        if found.is_file() {
            Kind::File
        } else if found.is_dir() {
            Kind::Folder
        } else if found.is_symlink() {
            Kind::Link
        } else {
            Kind::Other
        }
    }

    fn entry(entry: &DirEntry) -> io::Result<Option<Entry>> {
        let Ok(name) = entry.file_name().into_string() else { return Ok(None) };
        Ok(Some(Entry { name, kind: kind(entry.file_type()?) }))
    }

    /// The entries of a folder; `None` for a name that is not UTF-8.
    pub(super) fn read(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Option<Entry>>>> {
        Ok(fs::read_dir(path)?.map(|found| entry(&found?)))
    }
}

#[cfg(target_family = "wasm")]
mod system {
    use std::path::Path;

    use wasip2::filesystem::preopens::get_directories;
    use wasip2::filesystem::types::{
        Descriptor, DescriptorFlags, DescriptorType, DirectoryEntryStream, ErrorCode, OpenFlags, PathFlags,
    };

    use super::{Entry, Kind, io};

    thread_local! {
        /// The granted folders and their paths. Requested once, because each call makes new handles.
        static GRANTED: Vec<(Descriptor, String)> = get_directories();
    }

    fn failed(code: ErrorCode) -> io::Error {
        let kind = match code {
            ErrorCode::NoEntry => io::ErrorKind::NotFound,
            ErrorCode::NotDirectory => io::ErrorKind::NotADirectory,
            ErrorCode::Access | ErrorCode::NotPermitted => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, code.message())
    }

    fn kind(kind: DescriptorType) -> Kind {
        match kind {
            DescriptorType::RegularFile => Kind::File,
            DescriptorType::Directory => Kind::Folder,
            DescriptorType::SymbolicLink => Kind::Link,
            _ => Kind::Other,
        }
    }

    fn open(path: &Path) -> io::Result<DirectoryEntryStream> {
        GRANTED.with(|granted| {
            let below = granted.iter().filter_map(|(folder, base)| Some((folder, path.strip_prefix(base).ok()?)));
            let nearest = below.min_by_key(|(_, rest)| rest.as_os_str().len());
            let (folder, rest) = nearest.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            let rest = rest.to_str().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
            let rest = if rest.is_empty() { "." } else { rest };
            // As the standard library does. The host lets no link lead out of the granted folder.
            folder
                .open_at(PathFlags::SYMLINK_FOLLOW, rest, OpenFlags::DIRECTORY, DescriptorFlags::READ)
                .and_then(|opened| opened.read_directory())
                .map_err(failed)
        })
    }

    /// The entries of a folder; `None` for a name that is not UTF-8.
    pub(super) fn read(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Option<Entry>>>> {
        let entries = open(path)?;
        let next = move || match entries.read_directory_entry() {
            Ok(found) => found.map(|found| Ok(Some(Entry { name: found.name, kind: kind(found.type_) }))),
            Err(ErrorCode::IllegalByteSequence) => Some(Ok(None)),
            Err(code) => Some(Err(failed(code))),
        };
        // An entry that was deleted during the listing.
        let gone = |found: &io::Result<_>| matches!(found, Err(error) if error.kind() == io::ErrorKind::NotFound);
        Ok(std::iter::from_fn(next).filter(move |found| !gone(found)))
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
        assert_eq!(found, [("b", Kind::Folder), ("é", Kind::File)]);
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
