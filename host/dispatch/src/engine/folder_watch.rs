//! Watches the folders of inboxes and triggers. Watching is optional: without it the scans find changes.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use baton_intake::{Change, IntakeError, Watcher, reports_changes};

use super::state::EngineState;
use crate::Context;

#[derive(Default)]
pub(super) struct FolderWatch {
    watcher: Option<Watcher>,
    /// The folders that are watched with all their subfolders.
    watched: HashMap<PathBuf, FolderId>,
    /// True if events were lost. If so, new subfolders of watched folders may not be watched.
    again: bool,
}

impl FolderWatch {
    pub(super) async fn next_change(&mut self) -> Change {
        match &mut self.watcher {
            Some(watcher) => watcher.next().await,
            None => std::future::pending().await,
        }
    }

    /// Makes the next [`watch`](Self::watch) set the watches of all folders again.
    pub(super) fn watch_again(&mut self) {
        self.again = true;
    }

    /// Watches all folders. Runs with every scan, because a folder that was deleted and created again is not watched
    /// any more. Returns the folders of triggers in which a change may have been missed.
    pub(super) fn watch(&mut self, state: &mut EngineState, triggers: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        if self.watcher.is_none() {
            self.watcher = Watcher::new().inspect_err(|error| tracing::warn!("{error}")).ok();
        }
        let Some(watcher) = &mut self.watcher else {
            return triggers.clone();
        };
        // Subfolders of a watched folder are watched too, except subfolders that were created while events were lost.
        let again = std::mem::take(&mut self.again);
        let mut unseen = BTreeSet::new();
        let wake = state.context.wake.clone();
        for folder in wake.iter().chain(triggers) {
            let id = FolderId::of(folder);
            if !again && id.is_some() && self.watched.get(folder) == id.as_ref() {
                // In a network folder, the kernel does not report changes that another machine makes.
                if !reports_changes(folder) {
                    unseen.insert(folder.clone());
                }
                continue;
            }
            unseen.insert(folder.clone());
            match (watcher.watch(folder), id) {
                (Ok(()), Some(id)) => drop(self.watched.insert(folder.clone(), id)),
                (Ok(()), None) => {}
                // Another part of the engine needs this folder and reports that the folder is missing.
                (Err(IntakeError::NotFound { .. }), _) => drop(self.watched.remove(folder)),
                (Err(error), _) => {
                    self.watched.remove(folder);
                    if state.log_once(folder) {
                        tracing::warn!("{error}");
                    }
                }
            }
        }
        for folder in flat_folders(&state.context) {
            // A second, non-recursive watch of the folder would replace the recursive one.
            let known = folder.ancestors().any(|around| self.watched.contains_key(around));
            if !known
                && let Err(error) = watcher.watch_flat(&folder)
                && state.log_once(&folder)
            {
                tracing::warn!("{error}");
            }
        }
        unseen
    }
}

/// Identifies a folder. A new folder may have the same path as a deleted one, and even the same inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FolderId {
    device: u64,
    inode: u64,
    created: Option<SystemTime>,
}

impl FolderId {
    fn of(folder: &Path) -> Option<Self> {
        let metadata = folder.metadata().ok()?;
        Some(Self { device: metadata.dev(), inode: metadata.ino(), created: metadata.created().ok() })
    }
}

/// The folders that are watched without their subfolders: inboxes, their parent folders, and the folders of the files that
/// the operator edits. Archives beside and below inboxes may be large and are not watched.
fn flat_folders(context: &Context) -> BTreeSet<PathBuf> {
    let (places, roster) = (context.places(), context.roster());
    let inboxes = roster.inboxes().filter(|inbox| inbox.poll.is_none()).map(|inbox| inbox.folder);
    // Only the parent folder reports that a folder is deleted and created again.
    let inboxes = inboxes.flat_map(|folder| [Some(folder), folder.parent()]).flatten().map(Path::to_owned);
    let changes = context.refresh.iter().flat_map(|refresh| refresh.at.iter().cloned());
    let homes: Vec<PathBuf> = places.iter().flat_map(|place| folders_of(place)).collect();
    let folders = inboxes.chain(homes).chain(changes).chain(places).chain([context.root.clone()]);
    folders.filter(|folder| folder.is_dir()).collect()
}

/// The folders directly in `place`. A folder in which an inbox is created becomes an agent.
fn folders_of(place: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place).into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".")).map(|entry| entry.path()).collect()
}
