//! What lies in a folder: every name that is text, and how many are none.
//!
//! Inside the sandbox a name that is not UTF-8 comes as an error in its place, and the standard library takes an error for the
//! end: what comes behind the name would be lost, in an order that nobody knows. So there the host is asked directly; an error
//! is one name's, and the others follow.

use std::io;
use std::path::Path;

/// What something in a folder is; a link is a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, wherever it leads.
    Link,
    /// A pipe, a device, or what else there is.
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

/// One thing in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What lies in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Everything whose name is text, in any order.
    pub entries: Vec<Entry>,
    /// How many names are not UTF-8: nothing in the sandbox can open what they name.
    pub unreadable: usize,
    /// Whether there is more than was asked for.
    pub more: bool,
}

/// Lists a folder, of which at most `most` names are kept.
///
/// # Errors
/// When it cannot be read, or it cannot be told what lies in it. A name that is no text is no error.
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

/// The title and the evidence of a finding about names that are no text, in a folder that people call `shown`.
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

    /// The entries of a folder; nothing for a name that is no text.
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
        /// The granted folders and their paths; asked for once, because each answer makes new handles.
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
            // As the standard library does: a path may end in a link, which leads nowhere outside of what is granted.
            folder
                .open_at(PathFlags::SYMLINK_FOLLOW, rest, OpenFlags::DIRECTORY, DescriptorFlags::READ)
                .and_then(|opened| opened.read_directory())
                .map_err(failed)
        })
    }

    /// The entries of a folder; nothing for a name that is no text.
    pub(super) fn read(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Option<Entry>>>> {
        let entries = open(path)?;
        let next = move || match entries.read_directory_entry() {
            Ok(found) => found.map(|found| Ok(Some(Entry { name: found.name, kind: kind(found.type_) }))),
            Err(ErrorCode::IllegalByteSequence) => Some(Ok(None)),
            Err(code) => Some(Err(failed(code))),
        };
        // What went while the host looked is not there.
        let gone = |found: &io::Result<_>| matches!(found, Err(error) if error.kind() == io::ErrorKind::NotFound);
        Ok(std::iter::from_fn(next).filter(move |found| !gone(found)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn everything_is_listed_with_what_it_is() {
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
    fn a_name_that_is_no_text_hides_no_other() {
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
