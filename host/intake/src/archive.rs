//! Moves a file into the archive, also to another file system. Never overwrites a file, and never changes a byte.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use fail::fail_point;

use crate::capture::open_regular;
use crate::deliver::{clear, make_real, sync_folder};
use crate::rename::{numbered, rename_free};
use crate::{IntakeError, hash_file};

/// Moves `source` into `folder` under the first free name of `name`, `name-2`, …, and returns that name. Makes the folder if
/// it is missing. If `folder` is on another file system, copies the file to a temporary file named after `token`, syncs the
/// copy to the disk and compares it with the source. Only then deletes the source.
///
/// The move is durable after a [`sync_folder`] of both folders, which the caller can do once for many moves.
///
/// # Errors
/// When the source is missing or a step fails. After a failed step the source still exists.
pub fn move_into(source: &Path, folder: &Path, name: &str, token: &str) -> Result<String, IntakeError> {
    make_real(folder)?;
    fail_point!("archive.copy_instead", |_| copy_then_remove(source, folder, name, token));
    match rename_free(source, folder, name) {
        Err(IntakeError::Io { source: error, .. }) if error.kind() == io::ErrorKind::CrossesDevices => {
            copy_then_remove(source, folder, name, token)
        }
        moved => moved,
    }
}

fn copy_then_remove(source: &Path, folder: &Path, name: &str, token: &str) -> Result<String, IntakeError> {
    let temporary = folder.join(format!(".baton-{token}.tmp"));
    let mut from = open_regular(source)?;
    // Delete the temporary file that an earlier try left when it crashed.
    clear(&temporary)?;
    if let Some(moved) = copied_before(source, folder, name)? {
        sync_folder(folder)?;
        remove_source(source)?;
        return Ok(moved);
    }
    let mut copied = || -> io::Result<()> {
        let mut to = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        fail_point!("archive.copy_begun");
        io::copy(&mut from, &mut to)?;
        to.set_modified(from.metadata()?.modified()?)?;
        to.sync_all()
    };
    copied().map_err(|error| IntakeError::io(source, "copied", error))?;
    fail_point!("archive.copied");
    if hash_file(source)? != hash_file(&temporary)? {
        drop(fs::remove_file(&temporary));
        let changed = io::Error::other("it changed while it was copied");
        return Err(IntakeError::io(source, "moved", changed));
    }
    let moved = rename_free(&temporary, folder, name)?;
    fail_point!("archive.copy_renamed");
    sync_folder(folder)?;
    fail_point!("archive.copy_synced");
    if let Err(error) = remove_source(source) {
        // The source cannot be deleted, for instance in a read-only folder: delete the copy, so that the file does not exist
        // twice.
        drop(fs::remove_file(folder.join(&moved)));
        return Err(error);
    }
    fail_point!("archive.source_removed");
    Ok(moved)
}

fn remove_source(source: &Path) -> Result<(), IntakeError> {
    match fs::remove_file(source) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(IntakeError::io(source, "removed", error)),
        _ => Ok(()),
    }
}

/// The copy that an earlier try made before it crashed. It has one of the names, the same bytes, and the same modification
/// time (in nanoseconds).
fn copied_before(source: &Path, folder: &Path, name: &str) -> Result<Option<String>, IntakeError> {
    let modified = |path: &Path| path.symlink_metadata().and_then(|metadata| metadata.modified()).ok();
    let time = modified(source);
    let copy = names_there(folder, name).find(|name| time.is_some() && modified(&folder.join(name)) == time);
    let Some(copy) = copy else { return Ok(None) };
    Ok((hash_file(source)? == hash_file(&folder.join(&copy))?).then_some(copy))
}

/// The names that [`move_into`] tries in `folder` for `name`, up to the first name that is unused, but at most a hundred.
fn names_there(folder: &Path, name: &str) -> impl Iterator<Item = String> {
    let names = (1..=100).map(|number| numbered(name, number));
    names.take_while(|name| folder.join(name).symlink_metadata().is_ok())
}

/// The name of a file with these bytes in `folder`, if it is one of the first hundred names that [`move_into`] tries. Such a
/// file is the result of a move before a crash. If there are several such files, returns the last one, because names are
/// used in order.
#[must_use]
pub fn find_moved(folder: &Path, name: &str, hash: &str) -> Option<String> {
    names_there(folder, name)
        .filter(|name| hash_file(&folder.join(name)).is_ok_and(|found| found.to_string() == hash))
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_name_gets_a_number_and_the_bytes_stay_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (inbox, done) = (folder.path().join("01_inbox"), folder.path().join("02_processed"));
        fs::create_dir_all(&inbox).unwrap();
        for bytes in ["one", "two"] {
            fs::write(inbox.join("a&b:c.json"), bytes).unwrap();
            move_into(&inbox.join("a&b:c.json"), &done, "a&b:c.json", "1").unwrap();
        }
        assert_eq!(fs::read_to_string(done.join("a&b:c.json")).unwrap(), "one");
        assert_eq!(fs::read_to_string(done.join("a&b:c-2.json")).unwrap(), "two");
        assert!(fs::read_dir(&inbox).unwrap().next().is_none());
        let second = baton_core::Digest::of(b"two").to_string();
        assert_eq!(find_moved(&done, "a&b:c.json", &second).as_deref(), Some("a&b:c-2.json"));
        assert_eq!(find_moved(&done, "a&b:c.json", "00"), None);
    }

    #[test]
    fn a_copy_left_by_a_crash_completes_the_move_and_other_files_of_that_name_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let (source, done) = (folder.path().join("a.json"), folder.path().join("done"));
        fs::create_dir(&done).unwrap();
        fs::write(&source, "ours").unwrap();
        fs::write(done.join("a.json"), "ours").unwrap();
        let time = source.metadata().unwrap().modified().unwrap();
        let earlier = OpenOptions::new().append(true).open(done.join("a.json")).unwrap();
        earlier.set_modified(time - std::time::Duration::from_secs(1)).unwrap();
        assert_eq!(copied_before(&source, &done, "a.json").unwrap(), None);
        fs::copy(&source, done.join("a-2.json")).unwrap();
        OpenOptions::new().append(true).open(done.join("a-2.json")).unwrap().set_modified(time).unwrap();
        assert_eq!(copy_then_remove(&source, &done, "a.json", "1").unwrap(), "a-2.json");
        assert!(!source.exists());
        assert_eq!(fs::read_dir(&done).unwrap().count(), 2);
    }

    #[test]
    fn errors_when_the_source_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let gone = move_into(&folder.path().join("x"), &folder.path().join("done"), "x", "1");
        assert!(matches!(gone, Err(IntakeError::NotFound { .. })));
    }
}
