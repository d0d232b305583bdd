//! Replaces a file in one step: Baton writes the new content under a hidden name, flushes it, and then renames it. After a
//! crash the path has the complete old content or the complete new content. A link at either name is replaced, never
//! followed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::regular::check;

/// The mode of a file that only the user may read.
pub const PRIVATE: u32 = 0o600;

/// The mode of a file that others may read, as far as the umask allows.
pub const SHARED: u32 = 0o666;

/// A file that is complete on the disk under a hidden name. It is deleted unless it is published under its real name.
#[derive(Debug)]
pub struct StagedFile {
    hidden: PathBuf,
    path: PathBuf,
}

impl StagedFile {
    /// Writes `bytes` to the file `hidden` in the folder of `path`. No other running process may use the name `hidden`
    /// there.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn write(path: &Path, hidden: &str, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let staged = Self { hidden: folder_of(path).join(hidden), path: path.to_owned() };
        // A killed process may have left a file with the hidden name. `create_new` does not follow links.
        drop(fs::remove_file(&staged.hidden));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&staged.hidden)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(staged)
    }

    /// Renames the file to its real name. Replaces an existing file.
    ///
    /// # Errors
    /// When the folder cannot be written to, or a folder has the real name.
    pub fn publish(self) -> io::Result<()> {
        fs::rename(&self.hidden, &self.path)?;
        sync_folder(folder_of(&self.path))
    }

    /// As `publish`, but keeps an existing file and deletes the new one.
    fn publish_first(self) -> io::Result<()> {
        match publish(&self.hidden, &self.path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => sync_folder(folder_of(&self.path)),
        }
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        // After `publish` no file has the hidden name, so this call does nothing.
        drop(fs::remove_file(&self.hidden));
    }
}

/// Replaces the file at the path in one step. The hidden name consists of the file's name, the process id and `.tmp`.
///
/// # Errors
/// When the folder cannot be written to, or a folder has the name of the file.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    StagedFile::write(path, &hidden_name(path), bytes, mode)?.publish()
}

/// Creates the file at the path, or replaces an existing file. If several processes create a missing file at the same time,
/// the file of the first process stays, and the other processes delete their own files.
///
/// # Errors
/// When the folder cannot be written to, or the path exists and is not a regular file.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let staged = StagedFile::write(path, &hidden_name(path), bytes, mode)?;
    match check(path) {
        Ok(()) => staged.publish(),
        Err(error) if error.kind() == ErrorKind::NotFound => staged.publish_first(),
        Err(error) => Err(error),
    }
}

/// The hidden name of a file while this process writes it.
fn hidden_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".{}.{}.tmp", name.trim_start_matches('.'), std::process::id())
}

/// Gives a complete file the name `to`. Fails with `AlreadyExists` if this name is in use.
///
/// # Errors
/// When the folder cannot be written to.
pub fn publish(hidden: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(hidden, to) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => reserve_and_rename(hidden, to),
        linked => linked,
    }
}

/// Publishes a file on a file system without hard links (a memory stick): creates an empty file with the name `to` first,
/// and then replaces this empty file.
fn reserve_and_rename(hidden: &Path, to: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(to)?;
    fs::rename(hidden, to).inspect_err(|_| drop(fs::remove_file(to)))
}

/// The folder that contains a file.
#[must_use]
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Flushes the entries of a folder to the disk.
///
/// # Errors
/// When the folder cannot be opened or flushed.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn paths<const N: usize>(names: [&str; N]) -> (tempfile::TempDir, [PathBuf; N]) {
        let folder = tempfile::tempdir().unwrap();
        let paths = names.map(|name| folder.path().join(name));
        (folder, paths)
    }

    #[test]
    fn a_link_at_either_name_is_replaced_and_its_target_stays() {
        let (folder, [path, target, hidden]) = paths(["id", "target", ".h.tmp"]);
        fs::write(&target, "theirs").unwrap();
        for link in [&path, &hidden] {
            std::os::unix::fs::symlink(&target, link).unwrap();
        }
        StagedFile::write(&path, ".h.tmp", b"ours", PRIVATE).unwrap().publish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(&path).unwrap(), "ours");
        let found = path.symlink_metadata().unwrap();
        assert_eq!((found.is_file(), found.permissions().mode() & 0o777), (true, 0o600));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the hidden file was renamed");
    }

    #[test]
    fn the_first_of_two_files_stays() {
        let (folder, [path]) = paths(["id"]);
        for (hidden, text) in [(".1.tmp", "first"), (".2.tmp", "second")] {
            StagedFile::write(&path, hidden, text.as_bytes(), PRIVATE).unwrap().publish_first().unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_replaced_and_a_link_is_an_error() {
        let (folder, [path]) = paths(["id"]);
        for text in ["first", "second"] {
            create(&path, text.as_bytes(), PRIVATE).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert!(create(&path, b"ours", PRIVATE).unwrap_err().to_string().contains("a symbolic link"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_unpublished_file_leaves_nothing() {
        let (folder, [path]) = paths(["id"]);
        drop(StagedFile::write(&path, ".h.tmp", b"ours", SHARED).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_was_created_in_the_meantime_is_not_replaced_by_either_method() {
        let (_folder, [hidden, to, free]) = paths(["hidden", "to", "free"]);
        fs::write(&hidden, "copy").unwrap();
        fs::write(&to, "theirs").unwrap();
        assert!(publish(&hidden, &to).is_err_and(|error| error.kind() == ErrorKind::AlreadyExists));
        assert!(reserve_and_rename(&hidden, &to).is_err_and(|error| error.kind() == ErrorKind::AlreadyExists));
        assert_eq!(fs::read_to_string(&to).unwrap(), "theirs");
        reserve_and_rename(&hidden, &free).unwrap();
        assert_eq!(fs::read_to_string(&free).unwrap(), "copy");
    }
}
