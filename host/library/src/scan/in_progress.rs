//! The items that are being read. Before the reading, their ids are written to the scan's lock file. A failed allocation
//! ends the process and cannot be caught; the file then shows which items the process was reading.
//!
//! If [`MAX_DEATHS`] processes ended while they read the same item, the item is recorded as failed and not read again. Items
//! that were read at the same time may not be the cause, so the next process reads each of them alone. The record is not
//! synced to disk, because it must survive only the process, not a crash of the machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, PoisonError, RwLock};

/// An item is not read again after this many processes ended while they read it.
pub(super) const MAX_DEATHS: u32 = 3;

/// An upper bound of the file: one line for each job, and lines of earlier processes.
const MAX_BYTES: u64 = 64 * 1024;

/// The items that are being read.
pub(super) struct ItemsInProgress {
    file: File,
    /// For each item, the number of processes in which its reading started and did not end.
    times: Mutex<BTreeMap<i64, u32>>,
    /// Locked for writing by a job that reads alone.
    turn: RwLock<()>,
}

impl ItemsInProgress {
    /// Parses the file. Lines of another form are ignored.
    pub(super) fn from_file(file: File) -> Self {
        let mut bytes = Vec::new();
        let read = (&file).take(MAX_BYTES).read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).ok().filter(|_| read.is_ok()).unwrap_or_default();
        let line = |line: &str| -> Option<(i64, u32)> {
            let (item, times) = line.split_once(' ')?;
            Some((item.parse().ok()?, times.parse().ok()?))
        };
        let times = Mutex::new(text.lines().filter_map(line).collect());
        Self { file, times, turn: RwLock::new(()) }
    }

    /// Runs `read` for an item; `None` if too many processes ended while they read it.
    pub(super) fn run<T>(&self, item: i64, read: impl FnOnce() -> T) -> Option<T> {
        let ended = self.with(|times| times.get(&item).copied().unwrap_or_default());
        let done = if ended == 0 {
            let _beside = self.turn.read().unwrap_or_else(PoisonError::into_inner);
            Some(self.run_recorded(item, 1, read))
        } else if ended < MAX_DEATHS {
            let _alone = self.turn.write().unwrap_or_else(PoisonError::into_inner);
            Some(self.run_recorded(item, ended + 1, read))
        } else {
            None
        };
        self.update(|times| times.remove(&item));
        done
    }

    /// Deletes the records of earlier processes.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.with(BTreeMap::clear);
        self.file.set_len(0)
    }

    fn run_recorded<T>(&self, item: i64, times: u32, read: impl FnOnce() -> T) -> T {
        self.update(|all| all.insert(item, times));
        read()
    }

    /// Changes the record and writes it. If the disk is full, the scan continues without the record.
    fn update<T>(&self, change: impl FnOnce(&mut BTreeMap<i64, u32>) -> T) {
        self.with(|times| {
            change(times);
            let text: String = times.iter().map(|(item, times)| format!("{item} {times}\n")).collect();
            let written = self.file.write_all_at(text.as_bytes(), 0);
            drop(written.and_then(|()| self.file.set_len(text.len() as u64)));
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<i64, u32>) -> T) -> T {
        work(&mut self.times.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// The same file, as the next process opens it.
    fn next(file: &File) -> ItemsInProgress {
        let mut again = file.try_clone().unwrap();
        again.seek(SeekFrom::Start(0)).unwrap();
        ItemsInProgress::from_file(again)
    }

    /// Simulates a process that dies while it reads.
    fn die_in(file: &File, item: i64) {
        let in_progress = next(file);
        assert!(catch_unwind(AssertUnwindSafe(|| in_progress.run::<()>(item, || panic!("it dies")))).is_err());
    }

    #[test]
    fn an_item_that_ended_three_processes_is_not_read_again() {
        let file = tempfile::tempfile().unwrap();
        for _ in 0..MAX_DEATHS {
            assert_eq!(next(&file).run(1, || "fine"), Some("fine"));
            die_in(&file, 7);
        }
        assert_eq!(next(&file).run(7, || "read"), None);
        // After `clear`, the item is read again.
        assert_eq!(next(&file).run(7, || "read"), Some("read"));
        assert_eq!(file.metadata().unwrap().len(), 0);
    }

    #[test]
    fn a_successful_reading_resets_the_count() {
        let file = tempfile::tempfile().unwrap();
        for _ in 0..2 * MAX_DEATHS {
            die_in(&file, 7);
            assert_eq!(next(&file).run(7, || "read"), Some("read"));
        }
    }

    #[test]
    fn an_invalid_list_counts_as_empty() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"7\n7 x\n\n9 3\nno list\n7 99999999999999\n", 0).unwrap();
        let in_progress = next(&file);
        assert_eq!(in_progress.run(7, || "read"), Some("read"));
        assert_eq!(in_progress.run(9, || "read"), None);
        file.write_all_at(&[0xff; 100], 0).unwrap();
        assert_eq!(next(&file).run(9, || "read"), Some("read"));
        next(&file).clear().unwrap();
        assert_eq!(file.metadata().unwrap().len(), 0);
    }
}
