//! The copy beside a file that will replace it. If it does not replace the file, it is deleted.
//!
//! Its name contains the inode of the file, so a killed program leaves at most one copy for each file, and the next sync
//! deletes it. The name starts with a dot, so no scan lists it. The writer locks it, and only the owner of the lock may
//! delete or rename it.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, Seek as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::stop::StopReason;

/// The beginning of the name of each copy.
const PREFIX: &str = ".baton-sync-";

/// A locked copy of a file.
pub(super) struct TemporaryCopy {
    path: PathBuf,
    pub(super) file: File,
}

impl TemporaryCopy {
    /// Creates an empty file beside `path`, with mode 0600.
    pub(super) fn beside(path: &Path, inode: u64) -> Result<Self, StopReason> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("tmp");
        let beside = path.with_file_name(format!("{PREFIX}{inode}.{ending}"));
        let failed = |error: io::Error| StopReason::io("creating a copy beside it", &error);
        clear(&beside).map_err(failed)?;
        let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&beside).map_err(failed)?;
        // Another sync may have deleted the new file as a leftover before it was locked.
        lock(&file).and_then(|()| check_identity(&file, &beside)).map_err(failed)?;
        Ok(Self { path: beside, file })
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the content of `from`.
    pub(super) fn fill(&mut self, from: &mut File) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        from.rewind()?;
        let length = io::copy(from, &mut self.file)?;
        self.file.rewind()?;
        if length == from.metadata()?.len() {
            Ok(())
        } else {
            Err(io::Error::other("it was replaced by another file while it was copied"))
        }
    }

    /// Renames the copy over `path`. After a power failure `path` is the complete old file or the complete copy. On an
    /// error `path` is unchanged.
    pub(super) fn replace(&self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        check_identity(&self.file, &self.path)?;
        fs::rename(&self.path, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The copy has already replaced the file, even if this sync of the folder fails.
        if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
            tracing::debug!("cannot sync the folder {}: {error}", folder.display());
        }
        Ok(())
    }
}

/// Older copies are leftovers of killed syncs, because writing a copy takes minutes at most.
const LEFTOVER_AGE: Duration = Duration::from_hours(1);

/// Deletes the copies in `folder` that killed syncs left and no process has locked. The next sync of a file deletes its
/// leftover in any case; this is for files that are not synced again.
pub fn remove_leftovers(folder: &Path, now: SystemTime) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        let written = entry.metadata().ok().filter(Metadata::is_file).and_then(|file| file.modified().ok());
        let age = written.and_then(|written| now.duration_since(written).ok()).unwrap_or_default();
        if age > LEFTOVER_AGE
            && entry.file_name().to_str().is_some_and(is_copy)
            && let Err(error) = clear(&path)
        {
            tracing::debug!("cannot delete {}: {error}", path.display());
        }
    }
}

/// True if `name` has the form of the names that [`TemporaryCopy::beside`] creates.
fn is_copy(name: &str) -> bool {
    let parts = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.'));
    parts.is_some_and(|(inode, ending)| {
        !inode.is_empty() && inode.bytes().all(|byte| byte.is_ascii_digit()) && !ending.is_empty()
    })
}

/// Deletes the leftover of a killed sync at `path`.
fn clear(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.is_file() {
        return fs::remove_file(path);
    }
    let left = match baton_files::open_with(path, File::options().read(true).write(true)) {
        // The copy has replaced the file or was deleted in the meantime.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        left => left?,
    };
    lock(&left)?;
    check_identity(&left, path)?;
    fs::remove_file(path)
}

/// Locks a copy while it is open.
fn lock(copy: &File) -> io::Result<()> {
    copy.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => locked_error(),
        TryLockError::Error(error) => error,
    })
}

/// Checks that `path` is still this copy.
fn check_identity(copy: &File, path: &Path) -> io::Result<()> {
    let of = |file: &Metadata| (file.dev(), file.ino());
    match fs::symlink_metadata(path) {
        Ok(there) if of(&there) == of(&copy.metadata()?) => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Err(locked_error()),
    }
}

fn locked_error() -> io::Error {
    io::Error::other("another `baton library sync` writes this file; sync again when it has ended")
}

impl Drop for TemporaryCopy {
    fn drop(&mut self) {
        // After `replace` the path does not exist or belongs to another file: delete only this copy.
        if check_identity(&self.file, &self.path).is_ok() {
            drop(fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_deleted_unless_it_replaced_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp3");
        fs::write(&path, "old").unwrap();
        let left = folder.path().join(".baton-sync-7.mp3");
        fs::write(&left, "left by a killed sync").unwrap();
        let mut copy = TemporaryCopy::beside(&path, 7).unwrap();
        copy.fill(&mut File::open(&path).unwrap()).unwrap();
        assert_eq!(fs::read(copy.path()).unwrap(), b"old");
        drop(copy);
        assert!(!left.exists());
        let copy = TemporaryCopy::beside(&path, 7).unwrap();
        fs::write(copy.path(), "new").unwrap();
        copy.replace(&path).unwrap();
        drop(copy);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn old_unlocked_copies_of_killed_syncs_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [".baton-sync-7.mp3", ".baton-sync-8.mp3", ".baton-sync-x.mp3", ".baton-sync-9", "a.mp3"] {
            fs::write(path(name), "x").unwrap();
        }
        let written = File::open(path(".baton-sync-8.mp3")).unwrap();
        written.lock().unwrap();
        remove_leftovers(folder.path(), SystemTime::now());
        assert!(path(".baton-sync-7.mp3").exists(), "the copy is too young to be a leftover");
        remove_leftovers(folder.path(), SystemTime::now() + LEFTOVER_AGE + Duration::from_mins(1));
        assert!(!path(".baton-sync-7.mp3").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    }

    #[test]
    fn a_locked_copy_is_kept_and_only_the_checked_copy_replaces_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp3");
        fs::write(&path, "old").unwrap();
        let mut copy = TemporaryCopy::beside(&path, 7).unwrap();
        copy.fill(&mut File::open(&path).unwrap()).unwrap();
        let Err(StopReason::Failed(error)) = TemporaryCopy::beside(&path, 7) else {
            panic!("a second copy was created")
        };
        assert!(error.contains("another `baton library sync` writes this file"), "{error}");
        assert_eq!(fs::read(copy.path()).unwrap(), b"old");
        // A program without locks may have replaced the file after the check.
        fs::remove_file(copy.path()).unwrap();
        fs::write(copy.path(), "unchecked").unwrap();
        assert!(copy.replace(&path).is_err());
        drop(copy);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read(folder.path().join(".baton-sync-7.mp3")).unwrap(), b"unchecked");
    }

    #[test]
    fn a_replacement_succeeds_even_if_the_folder_cannot_be_synced() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp3");
        fs::write(&path, "old").unwrap();
        let copy = TemporaryCopy::beside(&path, 7).unwrap();
        fs::write(copy.path(), "new").unwrap();
        // The folder can be written to but not opened; root can open it anyway.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o300)).unwrap();
        if File::open(folder.path()).is_ok() {
            let _ = baton_judges::skip("this user may open every folder");
        }
        let replaced = copy.replace(&path);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(replaced.is_ok(), "{replaced:?}");
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
