//! Tasks that triggers make.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use baton_core::State;
use baton_ledger::{LedgerError, Tx, task};
use jiff::Timestamp;

use crate::{Context, budget, limits};

/// What a look at a trigger came to.
#[derive(Debug, Default)]
pub(crate) struct TriggerResult {
    /// Have work now.
    pub(crate) agents: Vec<String>,
    /// More has changed than one task is told.
    pub(crate) more: bool,
    /// The folder in which more audio is to be heard.
    pub(crate) audio: Option<PathBuf>,
    /// The used-up budget because of which it made no task. The next scan tries again.
    pub(crate) waits: Option<budget::ExhaustedBudget>,
    /// The plugin whose files could not be compared: they are compared again with the next look.
    pub(crate) unread: Option<String>,
    /// The plugin, and what is to be watched for it from now on.
    pub(crate) watching: Option<(String, PluginWatch)>,
}

/// Makes a task for something that no later look would find again: queued, or waiting if the plugin's triggers have used up
/// their budget.
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

pub(crate) fn title(action: &str, paths: &[String]) -> String {
    let first = paths.first().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    match paths.len() {
        1 => format!("{action}: {first} changed"),
        count => format!("{action}: {first} and {} more changed", count - 1),
    }
}

/// What is to be watched for one plugin.
#[derive(Debug, Default)]
pub(crate) struct PluginWatch {
    /// The folders that hold the files; of a folder that is missing, the nearest one around it.
    pub(crate) folders: BTreeSet<PathBuf>,
    /// Folders beyond the limit, as hashes: their changes are found by the look at everything.
    unwatched: HashSet<u64>,
    /// Paths whose change is news, as hashes: there may be many, and a wrong hit costs only a look.
    paths: HashSet<u64>,
}

impl PluginWatch {
    /// Whether a change at `path` may be one of a watched file.
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

    /// How many folders hold files of it and are not watched.
    pub(crate) fn unwatched_count(&self) -> usize {
        self.unwatched.len()
    }
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}
