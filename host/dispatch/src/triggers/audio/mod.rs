//! `[[audio]]` of `baton.toml`: Baton fingerprints new audio in a folder, compares it with the library, and reports the
//! result.
//!
//! The library does the scan, as an [`AudioScanner`]. This module decides when to scan and how many files to scan at a time,
//! and handles the result. Like all triggers it is level-triggered: it compares the catalog's entries of the folder with the
//! marks in the ledger, and writes marks, tasks and findings in one transaction. So a file that was scanned before a crash
//! is reported after the crash, and no file is reported twice.
//!
//! Each batch makes one finished task of the agent `baton`. The task has a finding for each file that is a copy or
//! version of a library file, and for each file whose fingerprint failed. The batch also makes one task for every
//! plugin with a trigger `audio` and the grant `fingerprint=library`, because the task contains paths of library files.
//!
//! Only one batch runs at a time, on a thread of low priority; all folders share this thread. Many files make several
//! batches. The scan does not block the engine's loop. A scan that is requested during a batch waits. If a folder does not
//! respond (for example on a network drive that hangs), its thread stays blocked. After a minute Baton logs that the folder
//! does not respond, and scans the other folders. The daemon's exit does not wait for the blocked thread.

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

use crate::limits;

pub(super) use fire::fire;
pub use scanner::{AudioScanner, LibraryMatch, NewAudio, NewAudioBatch, ScanFolderFn, WatchedFolder};

/// The kind of a task that the `audio` trigger made, for `task.cause`.
pub(crate) const KIND: &str = "AUDIO";

/// A folder whose new audio is scanned.
#[derive(Clone, Debug)]
pub(crate) struct AudioTrigger {
    pub(crate) folder: WatchedFolder,
}

impl AudioTrigger {
    pub(crate) const fn debounce() -> Duration {
        limits::AUDIO_DEBOUNCE
    }

    /// True if a change at `path` may be new audio. Hidden files are not scanned.
    pub(crate) fn concerns(&self, path: &Path) -> bool {
        let hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
        path.strip_prefix(&self.folder.real).is_ok_and(|below| !below.iter().any(hidden))
    }

    /// The key of the folder's marks in the ledger.
    fn key(&self) -> String {
        format!("audio {}", self.folder.named.display())
    }
}

/// The state of the scans of all folders.
#[derive(Debug)]
pub(crate) struct AudioScanQueue {
    timeouts: ScanTimeouts,
    /// The permit to scan. Only the holder of the permit scans a folder.
    permit: Semaphore,
    waiting: Mutex<BTreeSet<PathBuf>>,
    /// The folders that are being scanned: at most one folder that responds, and all folders that do not respond.
    scanning: Mutex<BTreeSet<PathBuf>>,
    /// The last logged error of each folder that cannot be scanned.
    errors: Mutex<BTreeMap<PathBuf, String>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanTimeouts {
    /// How long a batch may delay the scans of the other folders.
    pub(crate) batch: Duration,
    /// How long the daemon's exit waits for a running batch.
    pub(crate) exit: Duration,
}

impl Default for ScanTimeouts {
    fn default() -> Self {
        Self { batch: limits::AUDIO_BATCH, exit: limits::AUDIO_EXIT }
    }
}

impl AudioScanQueue {
    pub(crate) fn new(timeouts: ScanTimeouts) -> Self {
        Self {
            timeouts,
            permit: Semaphore::new(1),
            waiting: Mutex::default(),
            scanning: Mutex::default(),
            errors: Mutex::default(),
        }
    }

    /// Puts a folder into the queue; false if it is in the queue already.
    fn add(&self, folder: &Path) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned())
    }

    fn remove(&self, folder: &Path) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
    }

    /// Starts the scan of a folder; `None` if the folder is still being scanned.
    fn start<'a>(&'a self, folder: &Path, permit: SemaphorePermit<'a>) -> Option<FolderScanGuard<'a>> {
        let mut scanning = self.scanning.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = scanning.insert(folder.to_owned());
        is_new.then(|| FolderScanGuard { scan_queue: self, folder: folder.to_owned(), permit: Some(permit) })
    }

    /// True if the last scan of the folder failed.
    pub(super) fn has_failed(&self, folder: &Path) -> bool {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).contains_key(folder)
    }

    /// Logs once that a folder cannot be scanned and why, and once that it can be scanned again.
    fn log(&self, folder: &Path, error: Option<String>) {
        let mut logged = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        match error {
            Some(why) if logged.get(folder) != Some(&why) => {
                tracing::warn!(folder = %folder.display(), "cannot scan this folder for new audio: {why} (see [[audio]] in baton.toml)");
                logged.insert(folder.to_owned(), why);
            }
            None if logged.remove(folder).is_some() => {
                tracing::info!(folder = %folder.display(), "this folder is scanned for new audio again");
            }
            Some(_) | None => {}
        }
    }
}

/// Marks a folder as being scanned until this value is dropped.
struct FolderScanGuard<'a> {
    scan_queue: &'a AudioScanQueue,
    folder: PathBuf,
    /// Dropped after the folder is no longer marked, because the next holder of the permit may scan the same folder.
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for FolderScanGuard<'_> {
    fn drop(&mut self) {
        self.scan_queue.scanning.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.folder);
    }
}
