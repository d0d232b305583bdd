//! The copy beside a file that is to take its place. It goes when it did not.
//!
//! Its name is made of the file's inode, so that of a program that was killed at most one copy a file remains, and the next
//! try takes it away. It begins with a dot: no scan lists it.

use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::stop::Stop;

/// A copy of a file.
pub(super) struct Temporary {
    path: PathBuf,
    pub(super) file: File,
}

impl Temporary {
    /// An empty file beside `path`, which nobody else may read yet.
    ///
    /// # Errors
    /// When none can be made there.
    pub(super) fn beside(path: &Path, inode: u64) -> Result<Self, Stop> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("tmp");
        let beside = path.with_file_name(format!(".baton-sync-{inode}.{ending}"));
        let failed = |error: io::Error| Stop::io("making a copy beside it", &error);
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&beside).map_err(failed)?;
        Ok(Self { path: beside, file })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it hold what `from` holds.
    ///
    /// # Errors
    /// When that cannot be read or written in full.
    pub(super) fn fill(&mut self, from: &mut File) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        from.rewind()?;
        let length = io::copy(from, &mut self.file)?;
        self.file.rewind()?;
        if length == from.metadata()?.len() {
            Ok(())
        } else {
            Err(io::Error::other("it became another file meanwhile"))
        }
    }

    /// Puts it in the place of `path`, for good: after a power failure there is one of the two, whole.
    ///
    /// # Errors
    /// When it cannot be put there; then `path` is as it was.
    pub(super) fn replace(&self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After `replace` the name is gone, or somebody else's: only what is still this very file goes.
        let own = self.file.metadata().map(|own| (own.dev(), own.ino())).ok();
        let there = fs::symlink_metadata(&self.path).map(|there| (there.dev(), there.ino())).ok();
        if own.is_some() && own == there {
            drop(fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_unless_it_took_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp3");
        fs::write(&path, "old").unwrap();
        let left = folder.path().join(".baton-sync-7.mp3");
        fs::write(&left, "of one that was killed").unwrap();
        let mut copy = Temporary::beside(&path, 7).unwrap();
        copy.fill(&mut File::open(&path).unwrap()).unwrap();
        assert_eq!(fs::read(copy.path()).unwrap(), b"old");
        drop(copy);
        assert!(!left.exists());
        let copy = Temporary::beside(&path, 7).unwrap();
        fs::write(copy.path(), "new").unwrap();
        copy.replace(&path).unwrap();
        drop(copy);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
