//! File system calls, as few as possible.
//!
//! Every host call of a component switches threads. The standard library calls the host twice per file, and once per name in a
//! folder to compute inode numbers, which are not needed here. So this module calls the host directly. Links are never followed,
//! and only regular files are opened.

use std::io;

use baton_plugin_kit::folder::EntryKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) kind: EntryKind,
    pub(super) bytes: u64,
    /// Modification time in nanoseconds since 1970.
    pub(super) changed_ns: Option<u64>,
}

pub(super) use system::{children, metadata, open};

#[cfg(not(target_family = "wasm"))]
mod system {
    use std::fs::{self, File};
    use std::path::Path;
    use std::time::UNIX_EPOCH;

    use super::{EntryKind, Meta, io};

    pub(in crate::index) type Reader = File;

    pub(in crate::index) fn metadata(path: &Path) -> io::Result<Meta> {
        let meta = fs::symlink_metadata(path)?;
        let since = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let changed_ns = since.and_then(|since| u64::try_from(since.as_nanos()).ok());
        Ok(Meta { kind: meta.file_type().into(), bytes: meta.len(), changed_ns })
    }

    /// At most `most` names and kinds in a folder, in any order. Names that are not UTF-8 are left out.
    pub(in crate::index) fn children(path: &Path, most: usize) -> io::Result<Vec<(String, EntryKind)>> {
        let child = |entry: fs::DirEntry| Some((entry.file_name().into_string().ok()?, entry.file_type().ok()?.into()));
        Ok(fs::read_dir(path)?.filter_map(Result::ok).take(most).filter_map(child).collect())
    }

    pub(in crate::index) fn open(path: &Path) -> io::Result<Reader> {
        if metadata(path)?.kind != EntryKind::File {
            return Err(io::Error::other("not a regular file"));
        }
        File::open(path)
    }
}

#[cfg(target_family = "wasm")]
mod system {
    use std::path::Path;

    use baton_plugin_kit::granted::{io_error, within};
    use wasip2::filesystem::types::{Descriptor, DescriptorFlags, DescriptorStat, ErrorCode, OpenFlags, PathFlags};

    use super::{EntryKind, Meta, io};
    use crate::refusal::SEVERAL_NAMES;

    /// Maximum number of bytes per call. The host may return fewer: wasmtime returns at most 64 KiB.
    const PIECE: u64 = 1 << 20;

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
                // Only the host's end-of-stream marks the end: each call may return fewer bytes than requested.
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
        match code {
            ErrorCode::NotPermitted => io::Error::new(io::ErrorKind::PermissionDenied, SEVERAL_NAMES),
            code => io_error(code),
        }
    }

    pub(in crate::index) fn metadata(path: &Path) -> io::Result<Meta> {
        let DescriptorStat { type_, size, data_modification_timestamp: changed, .. } =
            within(path, |folder, rest| folder.stat_at(PathFlags::empty(), rest)).map_err(failed)?;
        let changed_ns =
            changed.and_then(|at| at.seconds.checked_mul(1_000_000_000)?.checked_add(at.nanoseconds.into()));
        Ok(Meta { kind: type_.into(), bytes: size, changed_ns })
    }

    /// At most `most` names and kinds in a folder, in any order. Names that are not UTF-8 are left out.
    pub(in crate::index) fn children(path: &Path, most: usize) -> io::Result<Vec<(String, EntryKind)>> {
        let entries = within(path, |folder, rest| {
            let read = DescriptorFlags::READ;
            folder.open_at(PathFlags::empty(), rest, OpenFlags::DIRECTORY, read)?.read_directory()
        });
        let entries = entries.map_err(failed)?;
        let mut children = Vec::new();
        while children.len() < most {
            match entries.read_directory_entry() {
                Ok(Some(entry)) => children.push((entry.name, entry.type_.into())),
                Ok(None) => break,
                Err(_) => {}
            }
        }
        Ok(children)
    }

    /// Opens a regular file; the host opens only regular files and folders.
    pub(in crate::index) fn open(path: &Path) -> io::Result<Reader> {
        let opened = within(path, |folder, rest| {
            folder.open_at(PathFlags::empty(), rest, OpenFlags::empty(), DescriptorFlags::READ)
        });
        Ok(Reader { file: opened.map_err(failed)?, offset: 0, left: Vec::new(), ended: false })
    }
}
