//! The folder of the bench: below the repository's `target/`, on the disk of the checkout, because a temporary
//! folder may be in memory, where fsync has no effect.

use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use baton_tests::{handoff, repository, text};

use crate::report::say;

/// The approximate size of each handoff in bytes: that of an ordinary one.
const SIZE: usize = 1024;

/// A pause after which Baton reads an existing file at once. It is longer than the time for which Baton waits in case a
/// program is still writing the file.
const QUIET: Duration = Duration::from_secs(3);

/// The file system in memory (`TMPFS_MAGIC` of `statfs(2)`).
const TMPFS: i128 = 0x0102_1994;

/// Used folders, which are kept until the end of the bench. After a deletion, the file system works for some seconds and slows
/// the next measurement: the floor was several times slower after a folder was deleted.
#[derive(Default)]
pub(crate) struct UsedFolders(Vec<Box<dyn Any>>);

impl UsedFolders {
    /// Takes a value that deletes its folder when it is dropped, and keeps it until the end of the bench.
    pub(crate) fn keep(&mut self, folder: impl Any) {
        self.0.push(Box::new(folder));
    }
}

/// The folder of the results.
fn folder() -> PathBuf {
    repository().join("target/bench")
}

/// The file with every sample.
pub(crate) fn results() -> PathBuf {
    folder().join("intake.json")
}

/// Creates the folder of the bench. All temporary folders of this process are created in it.
///
/// # Errors
/// When the folder cannot be made.
pub(crate) fn prepare() -> anyhow::Result<()> {
    let work = folder().join("work");
    fs::create_dir_all(&work).with_context(|| format!("failed to make {}", work.display()))?;
    if i128::from(rustix::fs::statfs(&work)?.f_type) == TMPFS {
        say(&format!("WARNING: {} is memory: an fsync costs nothing there", work.display()));
    }
    tempfile::env::override_temp_dir(&work)
        .map_err(|other| anyhow!("temporary files go to {} already", other.display()))
}

/// The name of the file `number`.
pub(crate) fn name(number: u32) -> String {
    format!("job-{number:06}.json")
}

/// The bytes of the file `number`: a request of `Claude-MM1` to the no-op plugin.
pub(crate) fn bytes(number: u32) -> Vec<u8> {
    let mut value = handoff("noop", &format!("Job {number:06}"));
    let missing = SIZE.saturating_sub(text(&value).len());
    if let Some(object) = value.as_object_mut() {
        let filling = "All work and no play. ".chars().cycle().take(missing.saturating_sub(20)).collect::<String>();
        object.insert("description".to_owned(), filling.into());
    }
    text(&value)
}

/// Writes `count` files into `inbox`, synced and unchanged for long enough to be read at once.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn fill(inbox: &Path, count: u32) -> anyhow::Result<()> {
    fs::create_dir_all(inbox)?;
    for number in 0..count {
        fs::write(inbox.join(name(number)), bytes(number))?;
    }
    // Otherwise, the system could write the data to the disk during the next measurement and slow it.
    rustix::fs::sync();
    sleep(QUIET);
    Ok(())
}

/// The number of files in `folder`, without hidden names.
pub(crate) fn count(folder: &Path) -> u32 {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let seen = entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    u32::try_from(seen.count()).unwrap_or(u32::MAX)
}
