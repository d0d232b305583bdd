//! Tasks that triggers make.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use baton_core::State;
use baton_ledger::{LedgerError, Tx, task};
use jiff::Timestamp;

use crate::{Context, budget, limits};

/// The result of checking a trigger.
#[derive(Debug, Default)]
pub(crate) struct TriggerResult {
    /// The agents that have work now.
    pub(crate) agents: Vec<String>,
    /// True if more files have changed than one task may contain.
    pub(crate) more: bool,
    /// A folder with more new audio.
    pub(crate) audio: Option<PathBuf>,
    /// The trigger budget whose exhaustion prevented a task. The next scan tries again.
    pub(crate) exhausted: Option<budget::ExhaustedBudget>,
    /// The plugin whose files could not be compared. The next check compares them again.
    pub(crate) unread: Option<String>,
    /// The plugin and its new set of watched files.
    pub(crate) watching: Option<(String, PluginWatch)>,
}

/// Makes a task for an event that no later check would find again. The task is queued, or waits if the plugin's trigger
/// budget is used up.
pub(crate) fn insert_task(
    tx: &Tx<'_>,
    context: &Context,
    new: task::NewTask,
    now: Timestamp,
) -> Result<(), LedgerError> {
    match budget::allow_trigger(tx, &new.agent, &context.budget(&new.agent), now)? {
        None => task::insert(tx, &new, None, now).map(drop),
        Some(reached) => {
            let new = task::NewTask { state: State::Waiting, reason: reached.text(), ..new };
            let id = task::insert(tx, &new, None, now)?;
            task::set_due(tx, &id, reached.until)
        }
    }
}

/// The task that a plugin gets for changed files.
pub(super) fn files_task(plugin: &str, action: &str, paths: Vec<String>) -> task::NewTask {
    task::NewTask {
        sender: Some("baton".to_owned()),
        title: title(action, &paths),
        action: Some(action.to_owned()),
        paths,
        ..task::NewTask::blank(plugin, task::Origin::Trigger, State::Queued)
    }
}

fn title(action: &str, paths: &[String]) -> String {
    let first = paths.first().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    match paths.len() {
        1 => format!("{action}: {first} changed"),
        count => format!("{action}: {first} and {} more changed", count - 1),
    }
}

/// The files that Baton watches for one plugin.
#[derive(Debug, Default)]
pub(crate) struct PluginWatch {
    /// The folders that contain the files. If a folder is missing, its nearest existing parent.
    pub(crate) folders: BTreeSet<PathBuf>,
    /// Hashes of the folders over the limit. Only the full scan finds changes in these folders.
    unwatched: HashSet<u64>,
    /// Hashes of the watched paths. Hashes need less memory than paths, and a collision only causes an unnecessary check.
    paths: HashSet<u64>,
}

impl PluginWatch {
    /// True if `path` may be a watched file.
    pub(crate) fn concerns(&self, path: &Path) -> bool {
        self.paths.contains(&hash(path))
    }

    pub(crate) fn add(&mut self, folder: &Path, path: &Path) {
        self.paths.extend([hash(folder), hash(path)]);
        if self.folders.contains(folder) {
            return;
        }
        if self.folders.len() < limits::WATCHED_FOLDERS {
            self.folders.insert(folder.to_owned());
        } else {
            self.unwatched.insert(hash(folder));
        }
    }

    /// The number of folders over the limit, which are not watched.
    pub(crate) fn unwatched_count(&self) -> usize {
        self.unwatched.len()
    }
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}
