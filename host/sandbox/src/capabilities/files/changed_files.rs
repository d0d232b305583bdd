//! Records the files that an attempt changes, so that a trigger can distinguish a plugin's own changes from changes by
//! other programs. [`super::host`] records renamed and removed entries, [`super::regular`] opened ones,
//! [`super::created_files`] new links.
//!
//! A path is stored as the plugin used it, below the host folder of its mount. The reader of the path resolves links.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, OpenFlags};

use super::MountGrant;

/// The maximum number of stored paths of one attempt. Further changes count as changes by other programs.
const PATHS: usize = 100_000;

/// The paths that an attempt has changed so far. The dispatcher reads them while the attempt runs.
#[derive(Clone, Debug, Default)]
pub struct ChangedFiles(Arc<Mutex<BTreeSet<PathBuf>>>);

impl ChangedFiles {
    /// The host paths.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// True if nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn add(&self, path: PathBuf) {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paths.len() < PATHS {
            paths.insert(path);
        }
    }
}

/// The arguments with which a file or folder was opened.
pub(crate) struct OpenedPath<'a> {
    /// The handle of the folder.
    pub(crate) folder: u32,
    pub(crate) path: &'a str,
    pub(crate) open_flags: OpenFlags,
    pub(crate) flags: DescriptorFlags,
}

/// The open folders of an attempt, and the changes in them.
#[derive(Debug)]
pub(crate) struct ChangeTracker {
    /// The guest path and the host folder of each writable mount.
    mounts: Vec<(String, PathBuf)>,
    /// The host path of each open folder, by its handle. If a handle number is reused, its path is replaced.
    folders: HashMap<u32, PathBuf>,
    writes: ChangedFiles,
}

impl ChangeTracker {
    pub(crate) fn new(mounts: &[MountGrant], writes: ChangedFiles) -> Self {
        let writable = mounts.iter().filter(|mount| mount.writable);
        let mounts = writable.map(|mount| (mount.guest.clone(), mount.host.clone())).collect();
        Self { mounts, folders: HashMap::new(), writes }
    }

    /// Records that the guest got the handle of a mounted folder.
    pub(crate) fn preopened(&mut self, handle: u32, guest: &str) {
        match self.mounts.iter().find(|(known, _)| known == guest) {
            Some((_, host)) => self.folders.insert(handle, host.clone()),
            None => self.folders.remove(&handle),
        };
    }

    fn path(&self, folder: u32, path: &str) -> Option<PathBuf> {
        Some(self.folders.get(&folder)?.join(path))
    }

    /// Records that an entry with this name was created, renamed or removed.
    pub(crate) fn changed(&self, folder: u32, path: &str) {
        if let Some(path) = self.path(folder, path) {
            self.writes.add(path);
        }
    }

    /// Records that a file or folder was opened and got the handle `opened`.
    pub(crate) fn opened(&mut self, from: &OpenedPath<'_>, opened: u32) {
        let OpenedPath { folder, path, open_flags, flags } = *from;
        let makes = open_flags.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE);
        let is_folder = open_flags.contains(OpenFlags::DIRECTORY);
        if makes || flags.contains(DescriptorFlags::WRITE) && !is_folder {
            self.changed(folder, path);
        }
        match self.path(folder, path) {
            Some(path) => self.folders.insert(opened, path),
            None => self.folders.remove(&opened),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::folder::Folder;
    use super::*;

    fn opened(
        tracker: &mut ChangeTracker,
        folder: u32,
        path: &str,
        handle: u32,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) {
        tracker.opened(&OpenedPath { folder, path, open_flags, flags }, handle);
    }

    fn tracker() -> ChangeTracker {
        let mount = |guest: &str, writable| MountGrant {
            name: "plans".to_owned(),
            folder: Folder::open(Path::new("/")).unwrap(),
            host: PathBuf::from("/real").join(guest.trim_start_matches('/')),
            guest: guest.to_owned(),
            shown_as: guest.to_owned(),
            writable,
        };
        let mut tracker = ChangeTracker::new(&[mount("/in", false), mount("/out", true)], ChangedFiles::default());
        tracker.preopened(1, "/in");
        tracker.preopened(2, "/out");
        tracker
    }

    fn paths(tracker: &ChangeTracker) -> Vec<String> {
        tracker.writes.paths().into_iter().map(|path| path.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn files_opened_for_writing_are_recorded_below_their_folder() {
        let mut tracker = tracker();
        let read = DescriptorFlags::READ;
        opened(&mut tracker, 2, "sub", 3, OpenFlags::DIRECTORY, read | DescriptorFlags::WRITE);
        opened(&mut tracker, 2, "only-read.md", 4, OpenFlags::empty(), read);
        opened(&mut tracker, 1, "x.md", 5, OpenFlags::CREATE, DescriptorFlags::WRITE);
        assert!(tracker.writes.is_empty());
        opened(&mut tracker, 3, "a.md", 6, OpenFlags::CREATE, DescriptorFlags::WRITE);
        opened(&mut tracker, 2, "b.md", 7, OpenFlags::empty(), DescriptorFlags::WRITE);
        assert_eq!(paths(&tracker), ["/real/out/b.md", "/real/out/sub/a.md"]);
    }

    #[test]
    fn a_reused_handle_number_means_the_new_folder() {
        let mut tracker = tracker();
        opened(&mut tracker, 2, "sub", 3, OpenFlags::DIRECTORY, DescriptorFlags::READ);
        opened(&mut tracker, 1, "other", 3, OpenFlags::DIRECTORY, DescriptorFlags::READ);
        tracker.changed(3, "a.md");
        assert!(tracker.writes.is_empty());
    }
}
