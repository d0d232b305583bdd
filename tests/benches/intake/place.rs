//! Where the bench works: below the repository's `target/`, on the disk of the checkout, because a temporary
//! folder may be memory and memory has no fsync.

use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use baton_tests::{handoff, repository, text};

use crate::report::say;

/// The size of each handoff in bytes, roughly: that of an ordinary one.
const SIZE: usize = 1024;

/// Longer than Baton waits to see whether a file that it only found is still being written.
const QUIET: Duration = Duration::from_secs(3);

/// The file system that is memory (`TMPFS_MAGIC` of `statfs(2)`).
const TMPFS: i128 = 0x0102_1994;

/// Folders that were worked in, kept until the end of the bench. What a file system does for deleted files goes on for
/// seconds and would be counted to whoever comes next: the floor was several times slower after a folder was cleared.
#[derive(Default)]
pub(crate) struct Used(Vec<Box<dyn Any>>);

impl Used {
    /// Keeps what clears its folder when it goes.
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

/// Lets `count` files wait in `inbox`, on the disk and quiet for long enough to be taken as whole at once.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn fill(inbox: &Path, count: u32) -> anyhow::Result<()> {
    fs::create_dir_all(inbox)?;
    for number in 0..count {
        fs::write(inbox.join(name(number)), bytes(number))?;
    }
    // What is written back later would be counted to whoever runs then.
    rustix::fs::sync();
    sleep(QUIET);
    Ok(())
}

/// How many files lie in `folder`; hidden names are left out.
pub(crate) fn count(folder: &Path) -> u32 {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let seen = entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    u32::try_from(seen.count()).unwrap_or(u32::MAX)
}
