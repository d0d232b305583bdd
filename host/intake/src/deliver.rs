//! Writes a file into a folder so that no reader sees a partial file and nothing is overwritten: a hidden temporary file,
//! fsync, rename without replacing, fsync of the folder.
//!
//! The steps are separate, so that the caller can record each step in the ledger. The name of the temporary file depends on
//! the caller's token, so that a repeated delivery finds the file. [`stage`] and [`publish`] sync the folder each time. For
//! many files, use [`StagedFile::write`] and [`StagedFile::rename`] with one [`sync_folder`].

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fail::fail_point;

use crate::IntakeError;
use crate::rename::rename_free;

/// A complete temporary file before its rename.
#[derive(Clone, Debug)]
pub struct StagedFile {
    folder: PathBuf,
    temporary: PathBuf,
}

impl StagedFile {
    /// The temporary file for `token` in `folder`. It may not exist.
    #[must_use]
    pub fn of(folder: &Path, token: &str) -> Self {
        Self { folder: folder.to_owned(), temporary: folder.join(format!(".baton-{token}.tmp")) }
    }

    /// Writes `bytes` to the temporary file for `token` in `folder` and syncs the file, but not the folder. Makes the folder
    /// if it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or the file cannot be written.
    pub fn write(folder: &Path, token: &str, bytes: &[u8]) -> Result<Self, IntakeError> {
        make_real(folder)?;
        let staged = Self::of(folder, token);
        clear(&staged.temporary)?;
        let written = || -> io::Result<()> {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&staged.temporary)?;
            fail_point!("deliver.created");
            file.write_all(bytes)?;
            fail_point!("deliver.written");
            file.sync_all()
        };
        written().map_err(|error| IntakeError::io(&staged.temporary, "written", error))?;
        Ok(staged)
    }

    /// Renames the temporary file to `name`, or to `name-2`, `name-3`, … if `name` exists, and returns the new name. Does
    /// not sync the folder.
    ///
    /// # Errors
    /// When the rename fails for a reason other than a used name.
    pub fn rename(&self, name: &str) -> Result<String, IntakeError> {
        rename_free(&self.temporary, &self.folder, name)
    }

    /// True if the temporary file exists.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.temporary.symlink_metadata().is_ok()
    }
}

/// Writes `bytes` to the temporary file for `token` in `folder`, and syncs the file and the folder. Makes the folder if it
/// is missing.
///
/// # Errors
/// When the folder cannot be made or the file cannot be written.
pub fn stage(folder: &Path, token: &str, bytes: &[u8]) -> Result<StagedFile, IntakeError> {
    let staged = StagedFile::write(folder, token, bytes)?;
    // Sync the folder before the ledger records `staged`. A temporary file that is missing later must mean that the file was
    // renamed.
    sync_folder(folder)?;
    Ok(staged)
}

/// Renames the temporary file to `name`, or to `name-2`, `name-3`, … if `name` exists, and returns the new name. Syncs the
/// folder.
///
/// # Errors
/// When the rename fails for a reason other than a used name.
pub fn publish(staged: &StagedFile, name: &str) -> Result<String, IntakeError> {
    let name = staged.rename(name)?;
    sync_folder(&staged.folder)?;
    Ok(name)
}

/// Makes the path of a temporary file available. A file at this path is a leftover of a crash, so it is deleted. Baton never
/// creates a folder at this path. If a folder exists there, it is renamed and kept, so that it cannot block deliveries.
pub(crate) fn clear(temporary: &Path) -> Result<(), IntakeError> {
    match fs::remove_file(temporary) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => match (temporary.symlink_metadata(), temporary.parent(), temporary.file_name()) {
            (Ok(found), Some(folder), Some(name)) if found.is_dir() => {
                let name = format!("{}.not-of-baton", name.to_string_lossy().trim_start_matches('.'));
                rename_free(temporary, folder, &name).map(drop)
            }
            _ => Err(IntakeError::io(temporary, "removed", error)),
        },
    }
}

/// Makes the folder if it is missing. Fails if the path is a link.
pub(crate) fn make_real(folder: &Path) -> Result<(), IntakeError> {
    fs::create_dir_all(folder).map_err(|error| IntakeError::io(folder, "made", error))?;
    match folder.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        _ => Err(IntakeError::LinkedFolder { path: folder.to_owned() }),
    }
}

/// Syncs the entries of the folder, so that new and renamed files survive a power failure.
///
/// # Errors
/// When the folder does not exist or cannot be synced.
pub fn sync_folder(folder: &Path) -> Result<(), IntakeError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| IntakeError::io(folder, "synced", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.json"), "theirs").unwrap();
        let staged = stage(folder.path(), "1", b"ours").unwrap();
        assert_eq!(publish(&staged, "a.json").unwrap(), "a-2.json");
        assert_eq!(fs::read_to_string(folder.path().join("a.json")).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(folder.path().join("a-2.json")).unwrap(), "ours");
        assert!(!staged.is_there());
    }

    #[test]
    fn errors_when_the_folder_is_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(matches!(stage(&link, "1", b"x"), Err(IntakeError::LinkedFolder { .. })));
    }

    #[test]
    fn a_folder_with_the_name_of_a_temporary_file_is_renamed() {
        let folder = tempfile::tempdir().unwrap();
        for theirs in ["one", "two"] {
            fs::create_dir(folder.path().join(".baton-1.tmp")).unwrap();
            fs::write(folder.path().join(".baton-1.tmp/theirs"), theirs).unwrap();
            publish(&stage(folder.path(), "1", b"ours").unwrap(), "a.json").unwrap();
        }
        assert_eq!(fs::read_to_string(folder.path().join("a-2.json")).unwrap(), "ours");
        let kept: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .filter_map(|entry| fs::read_to_string(entry.unwrap().path().join("theirs")).ok())
            .collect();
        assert_eq!(kept.len(), 2, "{kept:?}");
    }

    #[test]
    fn a_temporary_file_that_a_crash_left_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        stage(folder.path(), "1", b"half").unwrap();
        let staged = stage(folder.path(), "1", b"whole").unwrap();
        publish(&staged, "a.json").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("a.json")).unwrap(), "whole");
    }
}
