//! The files that plugins watch (`wit/watch.wit`). They have a separate watcher, because plugins change the set of watched
//! folders, and only a new watcher can drop folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use baton_intake::{Change, Watcher};

use super::state::EngineState;
use crate::triggers::task::PluginWatch;

#[derive(Default)]
pub(super) struct WatchedFiles {
    plugins: BTreeMap<String, PluginWatch>,
    watcher: Option<Watcher>,
    /// True if a folder could not be watched. The full scan then finds the changes in this folder.
    incomplete: bool,
}

impl WatchedFiles {
    pub(super) async fn next_change(&mut self) -> Change {
        match &mut self.watcher {
            Some(watcher) => watcher.next().await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.plugins.retain(|plugin, _| wanted(plugin));
    }

    /// The plugins that may watch the file at `path`.
    pub(super) fn plugins_of(&self, path: &Path) -> Vec<String> {
        let concerned = self.plugins.iter().filter(|(_, watch)| watch.concerns(path));
        concerned.map(|(plugin, _)| plugin.clone()).collect()
    }

    /// True if the watcher may miss changes of the plugin's files.
    pub(super) fn misses_changes(&self, plugin: &str) -> bool {
        self.incomplete || self.plugins.get(plugin).is_none_or(|watch| watch.unwatched_count() > 0)
    }

    /// Replaces the watched files of a plugin. Returns whether the set of watched folders has changed. If so, the caller
    /// must check the files once more, because a file may have changed before the watch started.
    pub(super) fn watch(&mut self, state: &mut EngineState, plugin: &str, watch: PluginWatch) -> bool {
        if watch.unwatched_count() > 0 && state.log_once(Path::new(plugin)) {
            let (watched, unwatched) = (watch.folders.len(), watch.unwatched_count());
            tracing::warn!(
                %plugin,
                "the plugin watches files in {} folders, but the limit is {watched}: only the scan each minute finds changes in \
                 the other folders",
                watched + unwatched
            );
        }
        let before = self.folders();
        self.plugins.insert(plugin.to_owned(), watch);
        let now = self.folders();
        if !before.is_subset(&now) {
            self.watcher = None;
        }
        if self.watcher.is_none() && !now.is_empty() {
            self.watcher = Watcher::new().inspect_err(|error| tracing::warn!("{error}")).ok();
        }
        let Some(watcher) = &mut self.watcher else {
            self.incomplete = !now.is_empty();
            return false;
        };
        self.incomplete = false;
        // Watch all folders again, because a folder that was deleted and created again is not watched any more.
        for folder in &now {
            if let Err(error) = watcher.watch_flat(folder) {
                self.incomplete = true;
                if folder.is_dir() && state.log_once(folder) {
                    tracing::warn!("{error}; the scan each minute finds the changes there");
                }
            }
        }
        now != before
    }

    fn folders(&self) -> BTreeSet<PathBuf> {
        self.plugins.values().flat_map(|watch| &watch.folders).cloned().collect()
    }
}
