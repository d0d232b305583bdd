//! The engine's part of two triggers: files that plugins watch, and schedules.
//!
//! Watched files have a separate watcher. Plugins change the set of folders, and a new watcher replaces the old one to drop
//! folders. A folder that is made in one of them causes a check of these files, not a full scan.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_intake::{Change, Watcher};
use baton_ledger::{Tx, watched};

use super::message::Message;
use super::state::{Engine, Mode};
use crate::triggers::schedule;
use crate::triggers::task::PluginWatch;

impl Engine {
    /// Replaces the watched files of a plugin. If their folders have changed, the files are checked once more, because a change may
    /// precede the watch.
    pub(super) fn watch_files(&mut self, plugin: String, watching: PluginWatch) {
        // `up --once` checks once.
        if self.mode == Mode::Once || !self.triggers.iter().any(|trigger| trigger.watches_for() == Some(&plugin)) {
            return;
        }
        if watching.unwatched_count() > 0 && self.file_queue.say_once(Path::new(&plugin)) {
            let (seen, beyond) = (watching.folders.len(), watching.unwatched_count());
            tracing::warn!(
                %plugin,
                "{} folders hold files that it has looked at; {seen} are watched, changes in the others are seen by the \
                 scan of every minute",
                seen + beyond
            );
        }
        let before = self.watched_folders();
        let name = plugin.clone();
        self.watching.insert(plugin, watching);
        let now = self.watched_folders();
        if !before.is_subset(&now) {
            self.files_watcher = None;
        }
        if self.files_watcher.is_none() && !now.is_empty() {
            self.files_watcher = Watcher::new().inspect_err(|error| tracing::warn!("{error}")).ok();
        }
        let Some(watcher) = &mut self.files_watcher else {
            self.unseen.watched_files = !now.is_empty();
            return;
        };
        self.unseen.watched_files = false;
        // All of them: one that was made anew is not watched any more.
        for folder in &now {
            if let Err(error) = watcher.watch_flat(folder) {
                self.unseen.watched_files = true;
                if folder.is_dir() && self.file_queue.say_once(folder) {
                    tracing::warn!("{error}; changes there are found by the scan every minute");
                }
            }
        }
        if now != before {
            self.arm_watched(Some(&name));
        }
    }

    fn watched_folders(&self) -> BTreeSet<PathBuf> {
        self.watching.values().flat_map(|watching| &watching.folders).cloned().collect()
    }

    /// Arms the `watched` trigger of a plugin, or those of all.
    pub(super) fn arm_watched(&mut self, plugin: Option<&str>) {
        if self.mode == Mode::Once {
            return;
        }
        let wanted = |of: &str| plugin.is_none_or(|plugin| plugin == of);
        let numbers = self.triggers.iter().enumerate();
        let numbers =
            numbers.filter(|(_, trigger)| trigger.watches_for().is_some_and(wanted)).map(|(number, _)| number);
        numbers.collect::<Vec<_>>().into_iter().for_each(|number| self.arm(number));
    }

    pub(super) fn change_of_watched(&mut self, change: &Change) {
        let path = match change {
            Change::Rescan => return self.arm_watched(None),
            Change::Complete(path) | Change::Touched(path) => path,
        };
        let concerned = self.watching.iter().filter(|(_, watching)| watching.concerns(path));
        let concerned: Vec<String> = concerned.map(|(plugin, _)| plugin.clone()).collect();
        for plugin in concerned {
            self.arm_watched(Some(&plugin));
        }
    }

    /// Forgets the watched files of removed plugins.
    pub(super) fn forget_plugins(&mut self) {
        let triggers = &self.triggers;
        self.watching.retain(|plugin, _| triggers.iter().any(|trigger| trigger.watches_for() == Some(plugin)));
        let (context, names) = (Arc::clone(&self.context), Arc::clone(&self.context.plugins().names));
        let forget = async move {
            let job = move |tx: &Tx<'_>| watched::keep_only(tx, &names);
            let forgotten = context.ledger.write(job).await.map(|()| (Vec::new(), None));
            Message::Recovered(forgotten.map_err(Into::into))
        };
        self.jobs.spawn(forget);
    }

    /// Makes tasks of the schedules whose time has come.
    pub(super) fn look_at_schedules(&mut self) {
        let context = Arc::clone(&self.context);
        self.jobs.spawn(async move { Message::Scheduled(schedule::fire(&context).await) });
    }
}
