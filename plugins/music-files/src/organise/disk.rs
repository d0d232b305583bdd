//! The file operations. Each operation is a separate function, so that tests can stop between any two operations.
//!
//! Only [`Disk::rename`] replaces a file, and only the empty file that reserved the new name. If a disk cannot be written to,
//! the task ends and asks a person, because every other file would fail too. An error of a rename does not end the task: the
//! sandbox reports the same error if the target is on another disk.

use std::fs::{self, File, FileTimes, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use baton_plugin_kit::disk::{is_io_error, to_storage_full};
use sha2::{Digest as _, Sha256};

use super::walk::{modified_ns, system_time};

/// Number of bytes per read.
const PIECE: usize = 256 << 10;

/// Number of bytes of a copy between two flushes. A single flush at the end could take longer than the time limit on a
/// slow disk.
const UNSAVED: usize = 64 << 20;

/// The metadata of a path, without following a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathMetadata {
    /// True for a regular file.
    pub file: bool,
    /// True for a folder.
    pub folder: bool,
    /// The size in bytes.
    pub size: u64,
    /// Modification time in nanoseconds since 1970.
    pub modified_ns: i64,
}

impl PathMetadata {
    fn from_metadata(found: &Metadata) -> Self {
        Self { file: found.is_file(), folder: found.is_dir(), size: found.len(), modified_ns: modified_ns(found) }
    }
}

/// File operations.
pub trait Disk {
    /// The metadata of a path; `None` if it does not exist.
    fn metadata(&self, path: &Path) -> io::Result<Option<PathMetadata>>;

    /// Reserves a name by creating an empty file.
    fn reserve(&self, path: &Path) -> io::Result<()>;

    /// Renames a file and replaces the empty file at `to`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Copies a file to a new file, and flushes the new file to the disk.
    ///
    /// # Errors
    /// As the file system, for example when the disk is full; `TimedOut` when `has_time` returns false.
    fn copy(&self, from: &Path, to: &Path, has_time: &dyn Fn() -> bool) -> io::Result<()>;

    /// SHA-256 of the bytes of a file, in hexadecimal.
    ///
    /// # Errors
    /// When the file cannot be read; `TimedOut` when `has_time` returns false.
    fn digest(&self, path: &Path, has_time: &dyn Fn() -> bool) -> io::Result<String>;

    /// Sets the modification time.
    fn set_modified(&self, path: &Path, modified_ns: i64) -> io::Result<()>;

    /// Deletes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Creates a folder.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// Deletes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Flushes the names in a folder to the disk, if the system supports that.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn metadata(&self, path: &Path) -> io::Result<Option<PathMetadata>> {
        match path.symlink_metadata() {
            Ok(found) => Ok(Some(PathMetadata::from_metadata(&found))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn reserve(&self, path: &Path) -> io::Result<()> {
        File::create_new(path).map(drop).map_err(to_storage_full)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn copy(&self, from: &Path, to: &Path, has_time: &dyn Fn() -> bool) -> io::Result<()> {
        let (mut source, mut target) = (File::open(from)?, File::create_new(to).map_err(to_storage_full)?);
        let mut waiting = 0;
        read(&mut source, has_time, &mut |piece| {
            waiting += piece.len();
            target.write_all(piece).map_err(to_storage_full)?;
            if waiting < UNSAVED {
                return Ok(());
            }
            waiting = 0;
            target.sync_data().map_err(to_storage_full)
        })?;
        target.sync_all().map_err(to_storage_full)
    }

    fn digest(&self, path: &Path, has_time: &dyn Fn() -> bool) -> io::Result<String> {
        let mut hasher = Sha256::new();
        read(&mut File::open(path)?, has_time, &mut |piece| {
            hasher.update(piece);
            Ok(())
        })?;
        Ok(baton_core::Digest::from(<[u8; 32]>::from(hasher.finalize())).to_string())
    }

    fn set_modified(&self, path: &Path, modified_ns: i64) -> io::Result<()> {
        // If the time is 0, it is unknown and not set.
        let Some(moment) = system_time(modified_ns).filter(|_| modified_ns != 0) else { return Ok(()) };
        File::options().write(true).open(path)?.set_times(FileTimes::new().set_modified(moment))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path).map_err(to_storage_full)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path).map_err(to_storage_full)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Some systems cannot open or flush a folder; their errors are ignored.
        let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) else { return Ok(()) };
        let fails =
            matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) || is_io_error(&error);
        if fails { Err(error) } else { Ok(()) }
    }
}

fn read(file: &mut File, has_time: &dyn Fn() -> bool, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        if !has_time() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the time limit of the task is reached"));
        }
        match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => take(piece.get(..count).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
