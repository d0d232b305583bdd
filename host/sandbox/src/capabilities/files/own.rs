//! Which files an attempt changes, so that a trigger can tell a plugin's own changes from those of others. The functions of
//! `wasi:filesystem` that rename or remove something are replaced by ones that note the path. [`super::regular`] notes what is
//! opened, [`super::made`] what is linked.
//!
//! A path is kept as the plugin gave it, below the real folder of its mount; its reader resolves links.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, HostDescriptor as _, OpenFlags,
};

use super::{MountGrant, TYPES, answer};
use crate::store::State;

/// The most paths that are kept of one attempt. Further changes count as somebody else's.
const PATHS: usize = 100_000;

/// The paths that an attempt has changed so far. The dispatcher reads them while it runs.
#[derive(Clone, Debug, Default)]
pub struct Writes(Arc<Mutex<BTreeSet<PathBuf>>>);

impl Writes {
    /// The paths, on the host.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Whether nothing was changed.
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

/// The folders that an attempt has open, and what it changed in them.
#[derive(Debug)]
pub(crate) struct Tracker {
    /// Guest path and real folder of each writable mount.
    mounts: Vec<(String, PathBuf)>,
    /// The real path of each open folder, by its handle. A handle that is used again gets its new path.
    folders: HashMap<u32, PathBuf>,
    writes: Writes,
}

impl Tracker {
    pub(crate) fn new(mounts: &[MountGrant], writes: Writes) -> Self {
        let writable = mounts.iter().filter(|mount| mount.writable);
        let mounts = writable.map(|mount| (mount.guest.clone(), mount.host.clone())).collect();
        Self { mounts, folders: HashMap::new(), writes }
    }

    /// The guest got the folder of a mount.
    pub(crate) fn preopened(&mut self, handle: u32, guest: &str) {
        match self.mounts.iter().find(|(known, _)| known == guest) {
            Some((_, host)) => self.folders.insert(handle, host.clone()),
            None => self.folders.remove(&handle),
        };
    }

    fn path(&self, folder: u32, path: &str) -> Option<PathBuf> {
        Some(self.folders.get(&folder)?.join(path))
    }

    /// Something was made, renamed or removed under this name.
    pub(crate) fn changed(&self, folder: u32, path: &str) {
        if let Some(path) = self.path(folder, path) {
            self.writes.add(path);
        }
    }

    /// A file or folder was opened: `opened` is its handle.
    pub(crate) fn opened(
        &mut self,
        (folder, path): (u32, &str),
        opened: u32,
        (open_flags, flags): (OpenFlags, DescriptorFlags),
    ) {
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

type Handle = Resource<Descriptor>;

/// Replaces the functions that rename and remove. The linker has to allow shadowing.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut linked = linker.instance(TYPES)?;
    linked.func_wrap_async(
        "[method]descriptor.rename-at",
        |mut store: StoreContextMut<'_, State>, (from, old, to, new): (Handle, String, Handle, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let names = [(from.rep(), old.clone()), (to.rep(), new.clone())];
                let done = state.filesystem().rename_at(from, old, to, new).await;
                noted(state, done, &names)
            })
        },
    )?;
    linked.func_wrap_async(
        "[method]descriptor.unlink-file-at",
        |mut store: StoreContextMut<'_, State>, (folder, name): (Handle, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let names = [(folder.rep(), name.clone())];
                let done = state.filesystem().unlink_file_at(folder, name).await;
                noted(state, done, &names)
            })
        },
    )
}

/// Notes the names if the function succeeded.
fn noted(state: &State, done: FsResult<()>, names: &[(u32, String)]) -> wasmtime::Result<(Result<(), ErrorCode>,)> {
    if done.is_ok() {
        for (folder, name) in names {
            state.own.changed(*folder, name);
        }
    }
    answer(done)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::folder::Folder;
    use super::*;

    fn tracker() -> Tracker {
        let mount = |guest: &str, writable| MountGrant {
            name: "plans".to_owned(),
            folder: Folder::open(Path::new("/")).unwrap(),
            host: PathBuf::from("/real").join(guest.trim_start_matches('/')),
            guest: guest.to_owned(),
            shown_as: guest.to_owned(),
            writable,
        };
        let mut tracker = Tracker::new(&[mount("/in", false), mount("/out", true)], Writes::default());
        tracker.preopened(1, "/in");
        tracker.preopened(2, "/out");
        tracker
    }

    fn paths(tracker: &Tracker) -> Vec<String> {
        tracker.writes.paths().into_iter().map(|path| path.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_is_opened_for_writing_is_noted_below_its_folder() {
        let mut tracker = tracker();
        let read = DescriptorFlags::READ;
        tracker.opened((2, "sub"), 3, (OpenFlags::DIRECTORY, read | DescriptorFlags::WRITE));
        tracker.opened((2, "only-read.md"), 4, (OpenFlags::empty(), read));
        tracker.opened((1, "x.md"), 5, (OpenFlags::CREATE, DescriptorFlags::WRITE));
        assert!(tracker.writes.is_empty());
        tracker.opened((3, "a.md"), 6, (OpenFlags::CREATE, DescriptorFlags::WRITE));
        tracker.opened((2, "b.md"), 7, (OpenFlags::empty(), DescriptorFlags::WRITE));
        assert_eq!(paths(&tracker), ["/real/out/b.md", "/real/out/sub/a.md"]);
    }

    #[test]
    fn a_handle_that_is_used_again_means_the_new_folder() {
        let mut tracker = tracker();
        tracker.opened((2, "sub"), 3, (OpenFlags::DIRECTORY, DescriptorFlags::READ));
        tracker.opened((1, "other"), 3, (OpenFlags::DIRECTORY, DescriptorFlags::READ));
        tracker.changed(3, "a.md");
        assert!(tracker.writes.is_empty());
    }
}
