//! The calls to the file system, as few as possible.
//!
//! Inside a component every call to the host changes threads. The standard library asks twice for each file and once more
//! for each name of a folder, to compute inode numbers that are not needed here; so the host is called directly there.
//! Links are never followed, and nothing but regular files is opened.

use std::io;

/// What an entry of the tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link; never followed.
    Link,
    /// A pipe, a socket, a device; never opened.
    Special,
}

impl EntryKind {
    /// The kind of a directory entry, links not followed.
    #[must_use]
    pub fn of(kind: std::fs::FileType) -> Self {
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

/// The result of reading the metadata of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    /// What it is.
    pub(super) kind: EntryKind,
    pub(super) bytes: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub(super) changed_ns: Option<u64>,
}

pub(super) use system::{children, look, open};

#[cfg(not(target_family = "wasm"))]
mod system {
    use std::fs::{self, File};
    use std::path::Path;
    use std::time::UNIX_EPOCH;

    use super::{EntryKind, Meta, io};

    pub(in crate::index) type Reader = File;

    pub(in crate::index) fn look(path: &Path) -> io::Result<Meta> {
        let meta = fs::symlink_metadata(path)?;
        let since = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let changed_ns = since.and_then(|since| u64::try_from(since.as_nanos()).ok());
        Ok(Meta { kind: EntryKind::of(meta.file_type()), bytes: meta.len(), changed_ns })
    }

    /// Names and kinds in a folder, in any order, at most `most`. Names that are not UTF-8 are left out.
    pub(in crate::index) fn children(path: &Path, most: usize) -> io::Result<Vec<(String, EntryKind)>> {
        let child =
            |entry: fs::DirEntry| Some((entry.file_name().into_string().ok()?, EntryKind::of(entry.file_type().ok()?)));
        Ok(fs::read_dir(path)?.filter_map(Result::ok).take(most).filter_map(child).collect())
    }

    pub(in crate::index) fn open(path: &Path) -> io::Result<Reader> {
        if look(path)?.kind != EntryKind::File {
            return Err(io::Error::other("not a regular file"));
        }
        File::open(path)
    }
}

#[cfg(target_family = "wasm")]
mod system {
    use std::path::Path;

    use wasip2::filesystem::preopens::get_directories;
    use wasip2::filesystem::types::{
        Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags, PathFlags,
    };

    use super::{EntryKind, Meta, io};
    use crate::refusal::SEVERAL_NAMES;

    /// Bytes that one call asks for at most. The host may return fewer: wasmtime returns at most 64 KiB.
    const PIECE: u64 = 1 << 20;

    thread_local! {
        /// The granted folders and their paths; asked for once, because each answer makes new handles.
        static GRANTED: Vec<(Descriptor, String)> = get_directories();
    }

    pub(in crate::index) struct Reader {
        file: Descriptor,
        offset: u64,
        left: Vec<u8>,
        ended: bool,
    }

    impl io::Read for Reader {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.left.is_empty() && !self.ended && !buffer.is_empty() {
                let wanted = (buffer.len() as u64).clamp(4096, PIECE);
                let (bytes, ended) = self.file.read(wanted, self.offset).map_err(failed)?;
                self.offset += bytes.len() as u64;
                // Only the host says where the file ends: it may return fewer bytes than wanted anywhere before that.
                if bytes.is_empty() && !ended {
                    return Err(io::Error::other("the host returned no bytes before the end of the file"));
                }
                (self.ended, self.left) = (ended, bytes);
            }
            let taken = self.left.len().min(buffer.len());
            let rest = self.left.split_off(taken);
            if let Some(room) = buffer.get_mut(..taken) {
                room.copy_from_slice(&self.left);
            }
            self.left = rest;
            Ok(taken)
        }
    }

    fn failed(code: ErrorCode) -> io::Error {
        let kind = match code {
            ErrorCode::NoEntry => io::ErrorKind::NotFound,
            ErrorCode::Access | ErrorCode::NotPermitted => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::Other,
        };
        match code {
            ErrorCode::NotPermitted => io::Error::new(kind, SEVERAL_NAMES),
            code => io::Error::new(kind, code.message()),
        }
    }

    fn kind(kind: DescriptorType) -> EntryKind {
        match kind {
            DescriptorType::RegularFile => EntryKind::File,
            DescriptorType::Directory => EntryKind::Folder,
            DescriptorType::SymbolicLink => EntryKind::Link,
            _ => EntryKind::Special,
        }
    }

    /// Calls a function with the granted folder that contains a path, and the rest of the path.
    fn within<T>(path: &Path, act: impl FnOnce(&Descriptor, &str) -> Result<T, ErrorCode>) -> io::Result<T> {
        GRANTED.with(|granted| {
            let below = granted.iter().filter_map(|(folder, base)| Some((folder, path.strip_prefix(base).ok()?)));
            let nearest = below.min_by_key(|(_, rest)| rest.as_os_str().len());
            let (folder, rest) = nearest.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            let rest = rest.to_str().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
            act(folder, if rest.is_empty() { "." } else { rest }).map_err(failed)
        })
    }

    pub(in crate::index) fn look(path: &Path) -> io::Result<Meta> {
        let DescriptorStat { type_, size, data_modification_timestamp: changed, .. } =
            within(path, |folder, rest| folder.stat_at(PathFlags::empty(), rest))?;
        let changed_ns =
            changed.and_then(|at| at.seconds.checked_mul(1_000_000_000)?.checked_add(at.nanoseconds.into()));
        Ok(Meta { kind: kind(type_), bytes: size, changed_ns })
    }

    /// Names and kinds in a folder, in any order, at most `most`. Names that are not UTF-8 are left out.
    pub(in crate::index) fn children(path: &Path, most: usize) -> io::Result<Vec<(String, EntryKind)>> {
        let entries = within(path, |folder, rest| {
            let read = DescriptorFlags::READ;
            folder.open_at(PathFlags::empty(), rest, OpenFlags::DIRECTORY, read)?.read_directory()
        })?;
        let mut children = Vec::new();
        while children.len() < most {
            match entries.read_directory_entry() {
                Ok(Some(entry)) => children.push((entry.name, kind(entry.type_))),
                Ok(None) => break,
                Err(_) => {}
            }
        }
        Ok(children)
    }

    /// Opens a regular file; the host opens nothing else but folders.
    pub(in crate::index) fn open(path: &Path) -> io::Result<Reader> {
        let opened = within(path, |folder, rest| {
            folder.open_at(PathFlags::empty(), rest, OpenFlags::empty(), DescriptorFlags::READ)
        });
        Ok(Reader { file: opened?, offset: 0, left: Vec::new(), ended: false })
    }
}
