//! What is done with files: each operation by itself, so that tests can stop between any two of them.
//!
//! Nothing here replaces a file but [`Disk::rename`], whose target is always an empty one that was made for it a moment ago. A disk
//! that takes no change ends the task and asks a person, instead of trying every other file too; the sandbox has one word for that
//! and for a rename to another disk, so of a rename it is not taken for it.

use std::fs::{self, File, FileTimes, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use baton_plugin_kit::disk::refused;
use sha2::{Digest as _, Sha256};

use super::walk::{modified_ns, moment_of};

/// What is read at once.
const PIECE: usize = 256 << 10;

/// What a copy may owe the disk: else a slow one is waited for at the end, when nobody looks at the time.
const UNSAVED: usize = 64 << 20;

/// `EIO` of WASI's C library.
pub(crate) const IO: i32 = 29;

/// `EIO` of Linux and macOS.
const UNIX_IO: i32 = 5;

/// What lies at a path; a link is a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathMetadata {
    /// A regular file.
    pub file: bool,
    /// A folder.
    pub folder: bool,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub modified_ns: i64,
}

impl PathMetadata {
    fn of(found: &Metadata) -> Self {
        Self { file: found.is_file(), folder: found.is_dir(), size: found.len(), modified_ns: modified_ns(found) }
    }
}

/// File operations.
pub trait Disk {
    /// What lies there; nothing where nothing does.
    fn look(&self, path: &Path) -> io::Result<Option<PathMetadata>>;

    /// Takes a name by making an empty file.
    fn take(&self, path: &Path) -> io::Result<()>;

    /// Gives a file another name, in the place of an empty one.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes a new file with the bytes of another, and waits until they are on the disk.
    ///
    /// # Errors
    /// Among others when the disk is full; `TimedOut` when it may not go on.
    fn copy(&self, from: &Path, to: &Path, go_on: &dyn Fn() -> bool) -> io::Result<()>;

    /// SHA-256 of the bytes of a file, in hexadecimal.
    ///
    /// # Errors
    /// When it cannot be read; `TimedOut` when it may not go on.
    fn digest(&self, path: &Path, go_on: &dyn Fn() -> bool) -> io::Result<String>;

    /// Says when a file was written to.
    fn date(&self, path: &Path, modified_ns: i64) -> io::Result<()>;

    /// When it is not there, or may not go.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// When anything is there already.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// When it is not.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Waits until the names in a folder are on the disk, where the system can.
    fn settle(&self, folder: &Path) -> io::Result<()>;
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn look(&self, path: &Path) -> io::Result<Option<PathMetadata>> {
        match path.symlink_metadata() {
            Ok(found) => Ok(Some(PathMetadata::of(&found))),
            // Below a file, nothing lies.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn take(&self, path: &Path) -> io::Result<()> {
        File::create_new(path).map(drop).map_err(refused)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn copy(&self, from: &Path, to: &Path, go_on: &dyn Fn() -> bool) -> io::Result<()> {
        let (mut source, mut target) = (File::open(from)?, File::create_new(to).map_err(refused)?);
        let mut waiting = 0;
        read(&mut source, go_on, &mut |piece| {
            waiting += piece.len();
            target.write_all(piece).map_err(refused)?;
            if waiting < UNSAVED {
                return Ok(());
            }
            waiting = 0;
            target.sync_data().map_err(refused)
        })?;
        target.sync_all().map_err(refused)
    }

    fn digest(&self, path: &Path, go_on: &dyn Fn() -> bool) -> io::Result<String> {
        let mut hasher = Sha256::new();
        read(&mut File::open(path)?, go_on, &mut |piece| {
            hasher.update(piece);
            Ok(())
        })?;
        Ok(baton_core::Digest::from(<[u8; 32]>::from(hasher.finalize())).to_string())
    }

    fn date(&self, path: &Path, modified_ns: i64) -> io::Result<()> {
        // 0 is a time that nobody could tell.
        let Some(moment) = moment_of(modified_ns).filter(|_| modified_ns != 0) else { return Ok(()) };
        File::options().write(true).open(path)?.set_times(FileTimes::new().set_modified(moment))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path).map_err(refused)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path).map_err(refused)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn settle(&self, folder: &Path) -> io::Result<()> {
        // Not every system lets a folder be opened, or waited for, and where it does not, there is nothing to wait for.
        let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) else { return Ok(()) };
        let fails = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            || error.raw_os_error() == Some(if cfg!(target_family = "wasm") { IO } else { UNIX_IO });
        if fails { Err(error) } else { Ok(()) }
    }
}

fn read(file: &mut File, go_on: &dyn Fn() -> bool, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        if !go_on() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the time of this task is used up"));
        }
        match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => take(piece.get(..count).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
