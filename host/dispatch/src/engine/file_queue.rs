//! The files that wait to be read, the files that are being read, and the files that were read and have not changed since.
//! This module reads only the stamps of files, never their content; the caller passes the time.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use baton_core::file_name;
use baton_intake::{DetectedBy, FileStamp, FolderEntry, FolderEntryKind};

use super::path_queue::PathQueue;

/// A file that waits to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WaitingFile {
    pub(super) agent: Arc<str>,
    pub(super) seen: DetectedBy,
    /// True if an earlier read found that the content ends too early.
    pub(super) unfinished: bool,
    at: Instant,
}

/// A file that is being read, with its stamp from before the read.
#[derive(Debug)]
struct FileInProgress {
    waiting: WaitingFile,
    stamp: Option<FileStamp>,
    /// True if every later change of the file also changes the stamp.
    has_exact_stamp: bool,
}

/// A file that was read and has not changed since.
#[derive(Debug)]
struct SeenFile {
    stamp: Option<FileStamp>,
    kept: StampState,
}

/// Whether the ledger has the stamp of a file that was read. If it has the stamp, the next daemon does not read the file
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StampState {
    Kept,
    /// The ledger does not have the stamp yet.
    Pending,
    /// The ledger must not get the stamp: the file could not be read, or the file may change later without a change of its
    /// stamp.
    Excluded,
}

/// The paths are shared (`Arc`), because there may be a hundred thousand waiting files.
#[derive(Debug, Default)]
pub(super) struct FileQueue {
    waiting: HashMap<Arc<Path>, WaitingFile>,
    /// The waiting files by inbox, then by time.
    queue: PathQueue,
    in_progress: HashMap<Arc<Path>, FileInProgress>,
    /// Files that changed while they were being read.
    again: HashMap<Arc<Path>, WaitingFile>,
    known: HashMap<Arc<Path>, SeenFile>,
    agents: BTreeSet<Arc<str>>,
}

impl FileQueue {
    /// Queues a file of `agent`. Ignores a file whose name Baton never reads.
    pub(super) fn notice(&mut self, path: &Path, agent: &str, seen: DetectedBy, now: Instant) {
        let name = path.file_name().map(|name| name.to_string_lossy());
        if name.is_none_or(|name| file_name::is_ignored(&name)) {
            return;
        }
        let fresh = WaitingFile { agent: self.agent(agent), seen, unfinished: false, at: now };
        if let Some((path, _)) = self.in_progress.get_key_value(path) {
            self.again.insert(Arc::clone(path), fresh);
            return;
        }
        if seen == DetectedBy::Complete || !self.waiting.contains_key(path) {
            self.wait(path.into(), fresh);
        }
    }

    fn agent(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.agents.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.agents.insert(Arc::clone(&new));
        new
    }

    fn wait(&mut self, path: Arc<Path>, waiting: WaitingFile) {
        let at = waiting.at;
        if let Some(before) = self.waiting.insert(Arc::clone(&path), waiting) {
            self.queue.remove(&path, before.at);
        }
        self.queue.add(path, at);
    }

    /// Queues a file that a scan found, unless the file was read and has not changed since.
    pub(super) fn found(&mut self, found: &FolderEntry, agent: &str, now: Instant) {
        let is_known = |known: &SeenFile| known.stamp == Some(found.stamp);
        if self.known.get(&*found.path).is_some_and(is_known) || self.waiting.contains_key(&*found.path) {
            return;
        }
        if !self.in_progress.contains_key(&*found.path) {
            self.notice(&found.path, agent, DetectedBy::Present, now);
        }
    }

    /// Forgets known files of `folder` that do not exist any more. Returns the forgotten files whose stamp the ledger has.
    pub(super) fn keep_only(&mut self, folder: &Path, existing: &HashSet<&Path>) -> Vec<PathBuf> {
        let mut missing = Vec::new();
        self.known.retain(|path, known| {
            let stays = path.parent() != Some(folder) || existing.contains(&**path);
            missing.extend((!stays && known.kept == StampState::Kept).then(|| path.to_path_buf()));
            stays
        });
        missing
    }

    /// Restores from the ledger the stamp of a file that an earlier daemon read.
    pub(super) fn load_stamp(&mut self, path: &Path, stamp: FileStamp) {
        self.known.entry(path.into()).or_insert(SeenFile { stamp: Some(stamp), kept: StampState::Kept });
    }

    /// Returns the unchanged files of a scan whose stamps the ledger does not have yet but may get. The caller writes the
    /// stamps to the ledger.
    pub(super) fn take_stamps(&mut self, found: &[FolderEntry], now: SystemTime) -> Vec<(PathBuf, FileStamp)> {
        let files = found.iter().filter(|found| found.kind == FolderEntryKind::File && found.stamp.is_old_at(now));
        let mut keep = Vec::new();
        for found in files {
            if let Some(known) = self.known.get_mut(&*found.path)
                && known.kept == StampState::Pending
                && known.stamp == Some(found.stamp)
            {
                known.kept = StampState::Kept;
                keep.push((found.path.clone(), found.stamp));
            }
        }
        keep
    }

    /// Takes up to `room` due files for reading.
    pub(super) fn take(&mut self, room: usize, now: Instant) -> Vec<(PathBuf, WaitingFile)> {
        let mut taken = Vec::new();
        while taken.len() < room
            && let Some(path) = self.queue.next(now)
        {
            taken.extend(self.take_one(&path));
        }
        taken
    }

    fn take_one(&mut self, path: &Arc<Path>) -> Option<(PathBuf, WaitingFile)> {
        let waiting = self.waiting.remove(path)?;
        self.queue.remove(path, waiting.at);
        let metadata = path.symlink_metadata();
        if metadata.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            // The file was archived or deleted.
            self.known.remove(path);
            return None;
        }
        let stamp = metadata.ok().map(|metadata| FileStamp::of(&metadata));
        let has_exact_stamp = stamp.is_some_and(|stamp| stamp.is_fine() || stamp.is_old_at(SystemTime::now()));
        self.in_progress.insert(Arc::clone(path), FileInProgress { waiting: waiting.clone(), stamp, has_exact_stamp });
        self.queue.taken(path);
        Some((path.to_path_buf(), waiting))
    }

    /// Marks a file as recorded or ignored. Keeps the stamp that the file had before the read.
    pub(super) fn keep(&mut self, path: &Path) {
        self.set_stamp_state(path, StampState::Pending);
    }

    /// Marks a file that could not be read. The file is read again only when it changes or the daemon starts again.
    pub(super) fn exclude(&mut self, path: &Path) {
        self.set_stamp_state(path, StampState::Excluded);
    }

    fn set_stamp_state(&mut self, path: &Path, kept: StampState) {
        if let Some((path, taken)) = self.release(path) {
            let kept = if taken.has_exact_stamp { kept } else { StampState::Excluded };
            self.known.insert(path, SeenFile { stamp: taken.stamp, kept });
        }
        self.renew(path);
    }

    /// Queues a file for another try at `at`.
    pub(super) fn requeue(&mut self, path: &Path, unfinished: bool, at: Instant) {
        if let Some((path, taken)) = self.release(path) {
            // If the file changed in the meantime, the new read has priority over the planned try.
            self.again.entry(path).or_insert(WaitingFile {
                unfinished,
                at,
                seen: DetectedBy::Present,
                ..taken.waiting
            });
        }
        self.renew(path);
    }

    /// Forgets a deleted file.
    pub(super) fn forget(&mut self, path: &Path) {
        self.release(path);
        self.known.remove(path);
        self.renew(path);
    }

    fn release(&mut self, path: &Path) -> Option<(Arc<Path>, FileInProgress)> {
        let entry = self.in_progress.remove_entry(path)?;
        self.queue.released(path);
        Some(entry)
    }

    fn renew(&mut self, path: &Path) {
        if let Some((path, waiting)) = self.again.remove_entry(path) {
            self.wait(path, waiting);
        }
    }

    pub(super) fn in_progress(&self) -> usize {
        self.in_progress.len()
    }

    pub(super) fn is_clear(&self) -> bool {
        self.waiting.is_empty() && self.in_progress.is_empty()
    }

    /// When the next file may be taken.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.queue.next_at()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        std::fs::write(&path, "1").unwrap();
        (folder, path)
    }

    #[test]
    fn a_missing_file_is_not_taken_and_not_waited_for() {
        let (mut file_queue, now) = (FileQueue::default(), Instant::now());
        let (_folder, path) = file();
        file_queue.notice(&path, "a", DetectedBy::Complete, now);
        std::fs::remove_file(&path).unwrap();
        assert!(file_queue.take(8, now).is_empty());
        assert!(file_queue.is_clear());
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_read_again() {
        let (mut file_queue, now) = (FileQueue::default(), Instant::now());
        let (_folder, path) = file();
        file_queue.notice(&path, "a", DetectedBy::Complete, now);
        assert_eq!(file_queue.take(8, now).len(), 1);
        file_queue.notice(&path, "a", DetectedBy::Complete, now);
        assert!(file_queue.take(8, now).is_empty());
        file_queue.keep(&path);
        assert_eq!(file_queue.take(8, now).len(), 1);
    }

    #[test]
    fn an_unfinished_file_waits_for_its_time_and_a_change_brings_it_forward() {
        let (mut file_queue, now) = (FileQueue::default(), Instant::now());
        let (_folder, path) = file();
        file_queue.notice(&path, "a", DetectedBy::Complete, now);
        file_queue.take(8, now);
        file_queue.requeue(&path, true, now + Duration::from_mins(1));
        assert!(file_queue.take(8, now).is_empty());
        file_queue.notice(&path, "a", DetectedBy::Complete, now);
        assert_eq!(file_queue.take(8, now).len(), 1);
    }

    #[test]
    fn a_file_is_read_again_only_when_its_stamp_has_changed() {
        let (mut file_queue, now) = (FileQueue::default(), Instant::now());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        std::fs::write(&file, "1").unwrap();
        let scan = || baton_intake::scan(folder.path()).unwrap().remove(0);
        file_queue.found(&scan(), "a", now);
        file_queue.take(8, now);
        file_queue.keep(&file);
        file_queue.found(&scan(), "a", now);
        assert!(file_queue.is_clear());
        std::fs::write(&file, "12").unwrap();
        file_queue.found(&scan(), "a", now);
        assert!(!file_queue.is_clear());
    }
}
