//! Temporary folders of one command, below the system's temporary folder: workspaces of `run` and `audit` outside of a
//! workspace, and of `plugin test`. Each contains a lock that is held while it is used, so leftovers of killed commands can
//! be recognised.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_sandbox::{SHADOW_LOCK as LOCK, SHADOW_PREFIX};
use rustix::process::geteuid;
use tempfile::TempDir;

/// The prefix of the folders' names.
const OWN: &str = "baton-run-";

/// All prefixes, including the prefix of the folders that the sandbox makes for `git`, which have the same lock.
const PREFIXES: [&str; 2] = [OWN, SHADOW_PREFIX];

/// The number of random characters after the prefix.
const RANDOM: usize = 6;

/// The minimum age of a folder that is deleted. A younger folder may not have its lock yet.
const LEFT: Duration = Duration::from_hours(1);

/// A folder that is deleted when this value is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    pub(crate) fn new() -> io::Result<Self> {
        sweep(&std::env::temp_dir(), SystemTime::now());
        let folder = tempfile::Builder::new().prefix(OWN).tempdir()?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        lock.try_lock()?;
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Deletes the folders of this user's killed commands.
pub(crate) fn sweep(place: &Path, now: SystemTime) {
    let entries = fs::read_dir(place).into_iter().flatten().filter_map(Result::ok);
    let named = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_name)).map(|entry| entry.path());
    for folder in named.filter(|folder| is_old(folder, now)) {
        // Hold the lock until the folder is deleted.
        let lock = free_lock(&folder);
        if lock.is_some()
            && let Err(error) = fs::remove_dir_all(&folder)
        {
            tracing::debug!("cannot delete {} of a killed command: {error}", folder.display());
        }
    }
}

fn is_name(name: &str) -> bool {
    let random = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_old(folder: &Path, now: SystemTime) -> bool {
    let Ok(found) = folder.symlink_metadata() else { return false };
    let age = found.modified().ok().and_then(|written| now.duration_since(written).ok()).unwrap_or_default();
    found.is_dir() && found.uid() == geteuid().as_raw() && age > LEFT
}

/// The lock of an unused folder. A folder without a lock file does not belong to Baton.
fn free_lock(folder: &Path) -> Option<File> {
    let path: PathBuf = folder.join(LOCK);
    let lock = baton_files::open(&path).ok()?;
    lock.try_lock().ok()?;
    Some(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_and_foreign_folders_are_kept() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str, lock: bool| {
            let folder = place.path().join(name);
            fs::create_dir(&folder).unwrap();
            lock.then(|| File::create(folder.join(LOCK)).unwrap())
        };
        let held = folder("baton-run-aaaaaa", true);
        held.as_ref().unwrap().lock().unwrap();
        drop(folder("baton-run-bbbbbb", true));
        drop(folder("baton-git-cccccc", true));
        drop(folder("baton-run-dddddd", false));
        drop(folder("baton-run-notes", true));
        drop(folder("baton-other-eeeeee", true));
        let there = || {
            let mut names: Vec<_> =
                fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        sweep(place.path(), SystemTime::now());
        assert_eq!(there().len(), 6, "young folders are kept");
        let later = SystemTime::now() + LEFT + Duration::from_mins(1);
        sweep(place.path(), later);
        assert_eq!(there(), ["baton-other-eeeeee", "baton-run-aaaaaa", "baton-run-dddddd", "baton-run-notes"]);
        drop(held);
        sweep(place.path(), later);
        assert_eq!(there(), ["baton-other-eeeeee", "baton-run-dddddd", "baton-run-notes"]);
    }
}
