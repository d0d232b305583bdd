//! `[[audio]]` of `baton.toml`: new audio in a folder is fingerprinted, held against the library, and told.
//!
//! How that is done is the library's business and comes in as [`AudioScanner`]; here is decided when, how much at a time, and what
//! becomes of it. It is level-triggered as all triggers: what the catalog has of the folder is compared with the marks in the
//! ledger, and marks, tasks and findings are one transaction. So what was read before a crash and not told is told after
//! it, and nothing twice.
//!
//! Each piece of news is a task of Baton's own that has ended, with a finding for each file that is known, or that should
//! have a fingerprint and has none; and a task for every plugin that has a trigger `audio` and may ask the library
//! (`fingerprint=library`), because it is told where files of the library lie.
//!
//! One piece at a time, whatever the number of folders, on a thread of low priority: a thousand files are ten tasks or more,
//! and the loop goes on meanwhile. What fires while a piece is under way waits for its turn. A folder that does not answer (a
//! network that hangs) keeps its thread; after a minute it is said, and the others have their turns without it. Neither does
//! the daemon's end wait for it.

mod fire;
mod pairs;
mod scanner;
mod task_text;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

pub(super) use fire::fire;
pub use scanner::{AudioScanner, LibraryMatch, NewAudio, NewAudioBatch, ScanFolderFn, WatchedFolder};

/// A folder must be quiet for this long. A copy of a file takes longer than a document's saving.
const DEBOUNCE: Duration = Duration::from_secs(2);

/// A piece that takes longer holds up no other folder: it reads for seconds, unless its folder hangs.
const PATIENCE: Duration = if cfg!(test) { Duration::from_millis(50) } else { Duration::from_mins(1) };

/// How long the daemon's end waits for a piece. One that is under way ends between two blocks of a file.
const GRACE: Duration = if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(5) };

/// What a task is called that new audio made, for `task.cause`.
pub(crate) const KIND: &str = "AUDIO";

/// A folder whose new audio is heard.
#[derive(Clone, Debug)]
pub(crate) struct AudioTrigger {
    pub(crate) folder: WatchedFolder,
}

impl AudioTrigger {
    pub(crate) const fn debounce() -> Duration {
        DEBOUNCE
    }

    /// Whether a change at `path` may be new audio. What is hidden is not listed either.
    pub(crate) fn concerns(&self, path: &Path) -> bool {
        let hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
        path.strip_prefix(&self.folder.real).is_ok_and(|below| !below.iter().any(hidden))
    }

    /// Names its marks in the ledger.
    fn key(&self) -> String {
        format!("audio {}", self.folder.named.display())
    }
}

/// What all folders share.
#[derive(Debug)]
pub(crate) struct AudioScanQueue {
    /// Whoever hears.
    place: Semaphore,
    waiting: Mutex<BTreeSet<PathBuf>>,
    /// The folders that are being heard: one, and those that do not answer.
    heard: Mutex<BTreeSet<PathBuf>>,
    /// Why folders cannot be heard, as it was said last.
    trouble: Mutex<BTreeMap<PathBuf, String>>,
}

impl Default for AudioScanQueue {
    fn default() -> Self {
        Self { place: Semaphore::new(1), waiting: Mutex::default(), heard: Mutex::default(), trouble: Mutex::default() }
    }
}

impl AudioScanQueue {
    /// Puts a folder into the queue; false when it is there already.
    fn waits(&self, folder: &Path) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned())
    }

    /// Takes it out again.
    fn waits_no_more(&self, folder: &Path) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
    }

    /// Begins to hear a folder with the place; none when that folder is still under way.
    fn begins<'a>(&'a self, folder: &Path, place: SemaphorePermit<'a>) -> Option<FolderScanGuard<'a>> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = heard.insert(folder.to_owned());
        is_new.then(|| FolderScanGuard { scan_queue: self, folder: folder.to_owned(), place: Some(place) })
    }

    /// Whether the folder could not be heard the last time.
    pub(super) fn is_in_trouble(&self, folder: &Path) -> bool {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).contains_key(folder)
    }

    /// Says once why a folder cannot be heard, and once that it can again.
    fn say(&self, folder: &Path, trouble: Option<String>) {
        let mut said = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(why) if said.get(folder) != Some(&why) => {
                tracing::warn!(folder = %folder.display(), "its audio is not heard: {why} ([[audio]] in baton.toml names it)");
                said.insert(folder.to_owned(), why);
            }
            None if said.remove(folder).is_some() => {
                tracing::info!(folder = %folder.display(), "its audio is heard again");
            }
            Some(_) | None => {}
        }
    }
}

/// A folder that is being heard, for as long as this is kept.
struct FolderScanGuard<'a> {
    scan_queue: &'a AudioScanQueue,
    folder: PathBuf,
    /// Let go after the folder is: whoever gets it next may hear the same one.
    place: Option<SemaphorePermit<'a>>,
}

impl Drop for FolderScanGuard<'_> {
    fn drop(&mut self) {
        self.scan_queue.heard.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.folder);
    }
}
