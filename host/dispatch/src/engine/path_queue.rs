//! Files that wait to be read, grouped by inbox. The inboxes take turns, so an inbox with many files does not delay the
//! other inboxes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::limits;

/// Paths by folder and then by time.
#[derive(Debug, Default)]
pub(super) struct PathQueue {
    folders: BTreeMap<Arc<Path>, BTreeSet<(Instant, Arc<Path>)>>,
    /// How many files of each folder are being read.
    in_progress: HashMap<Arc<Path>, usize>,
    /// The folder that had the last turn.
    last: Option<Arc<Path>>,
}

impl PathQueue {
    pub(super) fn add(&mut self, path: Arc<Path>, at: Instant) {
        let folder = folder(&path);
        match self.folders.get_mut(folder) {
            Some(files) => drop(files.insert((at, path))),
            None => drop(self.folders.insert(folder.into(), BTreeSet::from([(at, path)]))),
        }
    }

    pub(super) fn remove(&mut self, path: &Arc<Path>, at: Instant) {
        let folder = folder(path);
        if let Some(files) = self.folders.get_mut(folder) {
            files.remove(&(at, Arc::clone(path)));
            if files.is_empty() {
                self.folders.remove(folder);
            }
        }
    }

    /// The next file that is due, from the next folder in turn.
    pub(super) fn next(&mut self, now: Instant) -> Option<Arc<Path>> {
        let is_due = |entry: &(&Arc<Path>, &BTreeSet<(Instant, Arc<Path>)>)| {
            self.has_room(entry.0) && entry.1.first().is_some_and(|(at, _)| *at <= now)
        };
        let after = self.last.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.folders.range::<Arc<Path>, _>((after, Bound::Unbounded)).find(is_due);
        let (folder, files) = next.or_else(|| self.folders.iter().find(is_due))?;
        let path = files.first().map(|(_, path)| Arc::clone(path))?;
        self.last = Some(Arc::clone(folder));
        Some(path)
    }

    /// When the next file may be taken.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let open = self.folders.iter().filter(|(folder, _)| self.has_room(folder));
        open.filter_map(|(_, files)| files.first().map(|(at, _)| *at)).min()
    }

    /// Counts a file that is being read.
    pub(super) fn taken(&mut self, path: &Path) {
        let folder = folder(path);
        match self.in_progress.get_mut(folder) {
            Some(count) => *count += 1,
            None => drop(self.in_progress.insert(folder.into(), 1)),
        }
    }

    /// Counts a file that is no longer being read.
    pub(super) fn released(&mut self, path: &Path) {
        let folder = folder(path);
        if let Some(count) = self.in_progress.get_mut(folder) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.in_progress.remove(folder);
            }
        }
    }

    fn has_room(&self, folder: &Arc<Path>) -> bool {
        self.in_progress.get(folder).is_none_or(|count| *count < limits::CAPTURES_OF_AN_INBOX)
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn path(text: &str) -> Arc<Path> {
        Path::new(text).into()
    }

    #[test]
    fn folders_take_turns_and_one_folder_cannot_use_all_captures() {
        let (mut queue, now) = (PathQueue::default(), Instant::now());
        for number in 0..1_000 {
            queue.add(path(&format!("/full/{number:04}")), now);
        }
        queue.add(path("/other/late"), now + Duration::from_millis(1));
        let later = now + Duration::from_millis(2);
        let mut taken = Vec::new();
        while let Some(next) = queue.next(later) {
            let at = if next.starts_with("/full") { now } else { now + Duration::from_millis(1) };
            queue.remove(&next, at);
            queue.taken(&next);
            taken.push(next);
        }
        assert_eq!(taken.len(), limits::CAPTURES_OF_AN_INBOX + 1);
        assert_eq!(&*taken[1], Path::new("/other/late"), "the second turn is the other folder's");
        assert_eq!(queue.next_at(), None, "the rest waits for room");
        queue.released(&taken[0]);
        assert_eq!(queue.next_at(), Some(now));
    }

    #[test]
    fn a_path_that_is_not_due_waits() {
        let (mut queue, now) = (PathQueue::default(), Instant::now());
        let later = now + Duration::from_secs(1);
        queue.add(path("/a/x"), later);
        assert_eq!((queue.next(now), queue.next_at()), (None, Some(later)));
    }
}
