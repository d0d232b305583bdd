//! What the engine detects: reported changes, scans of the inboxes, due triggers. No file is read here.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_intake::limits::RECONCILE;
use baton_intake::{
    Change, DetectedBy, FolderEntry, FolderEntryKind, IntakeError, Watcher, claim_inbox, reports_changes, scan,
};
use baton_ledger::Tx;
use baton_ledger::task::{self, StallReason, Stalled};
use fail::fail_point;
use jiff::Timestamp;

use super::message::Message;
use super::state::{Engine, FolderId, Mode};
use crate::escalation::run_escalations;
use crate::missing_files::check_missing_files;
use crate::roster::shown_owner;
use crate::settings::PROCESSED;
use crate::triggers::ArmedTrigger;
use crate::{AgentKind, Context, DispatchError, Roster, budget, limits};

impl Engine {
    /// Watching is optional: without it the scan finds files. Runs with every scan, because a folder that was made again is not
    /// watched any more. Returns the folders of triggers in which a change may have been missed.
    fn watch(&mut self) -> BTreeSet<PathBuf> {
        let triggers: BTreeSet<PathBuf> =
            self.triggers.iter().flat_map(ArmedTrigger::folders).map(Path::to_owned).collect();
        if self.watcher.is_none() {
            self.watcher = Watcher::new().inspect_err(|error| tracing::warn!("{error}")).ok();
        }
        let Some(watcher) = &mut self.watcher else {
            return triggers;
        };
        // Everything below a watched folder is watched too, except folders that were made while events were lost.
        let again = std::mem::take(&mut self.watch_again);
        let mut unseen = BTreeSet::new();
        for folder in self.context.wake.iter().chain(&triggers) {
            let id = FolderId::of(folder);
            if !again && id.is_some() && self.watched.get(folder) == id.as_ref() {
                // Changes that another machine makes in a network folder are not reported.
                if !reports_changes(folder) {
                    unseen.insert(folder.clone());
                }
                continue;
            }
            unseen.insert(folder.clone());
            match (watcher.watch(folder), id) {
                (Ok(()), Some(id)) => drop(self.watched.insert(folder.to_owned(), id)),
                (Ok(()), None) => {}
                // Whoever needs the folder says that it is missing.
                (Err(IntakeError::Gone { .. }), _) => drop(self.watched.remove(folder)),
                (Err(error), _) => {
                    self.watched.remove(folder);
                    if self.file_queue.say_once(folder) {
                        tracing::warn!("{error}");
                    }
                }
            }
        }
        for folder in self.context.flat_folders() {
            // A second watch, of the folder alone, would end the one of all that is below.
            let known = folder.ancestors().any(|around| self.watched.contains_key(around));
            if !known
                && let Err(error) = watcher.watch_flat(&folder)
                && self.file_queue.say_once(&folder)
            {
                tracing::warn!("{error}");
            }
        }
        unseen
    }

    /// Scans every inbox, and arms the triggers that may have missed changes.
    pub(super) fn reconcile(&mut self) {
        self.next_reconcile = Instant::now() + pause_between_looks();
        // New folders are watched before their inboxes are listed: else an inbox made in between is found by the next scan only.
        let mut unseen = self.watch();
        let before = self.context.roster();
        if let Err(error) = self.context.refresh_roster() {
            tracing::warn!("{error}");
        }
        let folders = |roster: &Roster| roster.inboxes().map(|inbox| inbox.folder.to_owned()).collect::<Vec<_>>();
        if folders(&before) != folders(&self.context.roster()) {
            unseen.extend(self.watch());
        }
        self.arm_unseen(&unseen);
        let roster = self.context.roster();
        self.say_unread(&roster);
        self.foreign = self.claim(&roster);
        for inbox in roster.inboxes() {
            self.scan(inbox.owner, inbox.folder);
            if let Some(poll) = inbox.poll {
                self.polls.insert(inbox.folder.to_owned(), Instant::now() + poll);
            }
        }
        self.missing_unseen = true;
        self.refresh();
        self.look_at_schedules();
        self.recover_left_overs();
        let context = Arc::clone(&self.context);
        self.jobs.spawn(async move { Message::Escalated(run_escalations(&context).await) });
        let context = Arc::clone(&self.context);
        self.jobs.spawn(async move { Message::Stalled(standing_still(&context).await) });
    }

    /// Arms the triggers that may have missed changes, or whose last check failed. The folders of the others may be large and
    /// are not compared: the watcher reports their changes.
    fn arm_unseen(&mut self, unseen: &BTreeSet<PathBuf>) {
        let all = std::mem::take(&mut self.unseen.all);
        let again = std::mem::take(&mut self.unseen.of_plugins);
        let is_unseen = |trigger: &ArmedTrigger| match trigger {
            ArmedTrigger::Watched(trigger) => {
                let unwatched =
                    self.watching.get(&trigger.plugin).is_none_or(|watching| watching.unwatched_count() > 0);
                unwatched || self.unseen.watched_files || !trigger.folders().all(reports_changes)
            }
            ArmedTrigger::Files(_) | ArmedTrigger::Audio(_) => trigger.folders().any(|folder| unseen.contains(folder)),
        };
        let numbers = self.triggers.iter().enumerate().filter(|(_, trigger)| {
            all || trigger.plugin().is_some_and(|plugin| again.contains(plugin))
                || is_unseen(trigger)
                || trigger.is_unreachable(&self.context)
        });
        for number in numbers.map(|(number, _)| number).collect::<Vec<_>>() {
            self.arm(number);
        }
    }

    /// Logs once for each inbox without an agent that its files are not read.
    fn say_unread(&mut self, roster: &Roster) {
        for (inbox, why) in roster.unread().filter(|(inbox, _)| has_entries(inbox)) {
            if self.file_queue.say_once(inbox) {
                tracing::warn!(folder = %self.context.shown(inbox), "its files are not read: {}", why.reason());
            }
        }
    }

    /// Writes the owner file of every inbox. Returns the inboxes that another workspace serves.
    fn claim(&mut self, roster: &Roster) -> HashSet<PathBuf> {
        let mut foreign = HashSet::new();
        let Some(claims) = &self.context.owns else {
            return foreign;
        };
        for inbox in roster.inboxes() {
            if let Err(error) = claim_inbox(inbox.folder, &claims.owner, claims.over) {
                foreign.insert(inbox.folder.to_owned());
                if self.file_queue.say_once(inbox.folder) {
                    tracing::error!(agent = %shown_owner(inbox.owner), "{error}");
                    self.summary.undelivered.push(format!("{}: {error}", inbox.owner));
                }
            }
        }
        foreign
    }

    fn scan(&mut self, owner: &str, folder: &Path) {
        if self.foreign.contains(folder) {
            return;
        }
        let (owner, folder) = (owner.to_owned(), folder.to_owned());
        self.scans += 1;
        self.jobs.spawn_blocking(move || {
            let found = scan(&folder);
            Message::Scanned(owner, folder, found)
        });
    }

    /// Searches for missing files, once all existing files are captured: a renamed file is not missing.
    pub(super) fn look_for_missing(&mut self) {
        if !self.missing_unseen || self.scans > 0 || !self.file_queue.is_clear() {
            return;
        }
        self.missing_unseen = false;
        for agent in self.context.roster().agents().filter(|agent| agent.kind == AgentKind::Plugin) {
            let (context, name) = (Arc::clone(&self.context), agent.name.clone());
            self.jobs.spawn(async move { Message::MissingFiles(check_missing_files(&context, &name).await) });
        }
    }

    /// Scans the inboxes without events that are due.
    pub(super) fn poll(&mut self, now: Instant) {
        let roster = self.context.roster();
        for inbox in roster.inboxes() {
            let due = self.polls.get(inbox.folder).is_some_and(|at| *at <= now);
            if let Some(poll) = inbox.poll.filter(|_| due) {
                self.polls.insert(inbox.folder.to_owned(), now + poll);
                self.scan(inbox.owner, inbox.folder);
            }
        }
    }

    pub(super) fn on_scanned(&mut self, agent: &str, inbox: &Path, found: Result<Vec<FolderEntry>, IntakeError>) {
        let found = match found {
            Ok(found) => found,
            // An agent whose folder has an archive and no inbox yet.
            Err(IntakeError::Gone { .. }) if inbox.with_file_name(PROCESSED).is_dir() => return,
            Err(error) => {
                if self.file_queue.say_once(inbox) {
                    tracing::warn!(agent = %shown_owner(agent), "{error}");
                    if self.mode == Mode::Once {
                        self.summary.undelivered.push(format!("{agent}: {error}"));
                    }
                }
                return;
            }
        };
        let now = Instant::now();
        let gone = self.file_queue.keep_only(inbox, &found);
        self.keep_stamps(agent, &found, &gone);
        for found in &found {
            match found.kind {
                FolderEntryKind::File => self.file_queue.found(found, agent, now),
                FolderEntryKind::Directory | FolderEntryKind::Other => {
                    self.say_ignored(&found.path, "it is not a regular file");
                }
            }
        }
    }

    pub(super) fn say_ignored(&mut self, path: &Path, reason: &str) {
        if self.file_queue.say_once(path) {
            tracing::warn!(file = %self.context.shown(path), "left where it is: {reason}; handoffs are .json or .md files");
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        // Deleting the state folder deletes the watched folder in it too.
        let is_wake = |path: &Path| self.context.wake.as_deref() == Some(path);
        if matches!(&change, Change::Touched(path) if is_wake(path)) || change == Change::Rescan {
            drop(self.context.ledger.check_files());
        }
        match change {
            // Soon, not at once: more folders often follow.
            Change::Rescan => {
                (self.watch_again, self.unseen.all) = (true, true);
                self.next_reconcile = self.next_reconcile.min(Instant::now() + limits::RESCAN);
            }
            Change::Complete(path) => self.path_changed(&path, DetectedBy::Complete),
            Change::Touched(path) => self.path_changed(&path, DetectedBy::Present),
        }
    }

    pub(super) fn path_changed(&mut self, path: &Path, seen: DetectedBy) {
        let now = Instant::now();
        let concerned = self.triggers.iter().enumerate().filter(|(_, trigger)| trigger.concerns(path));
        let concerned: Vec<usize> = concerned.map(|(number, _)| number).collect();
        for number in concerned {
            self.arm(number);
        }
        if self.context.refresh.as_ref().is_some_and(|refresh| refresh.concerns(path)) {
            self.refresh();
        }
        let folder = path.parent();
        if folder.is_some() && folder == self.context.wake.as_deref() {
            self.refresh();
            self.recover_left_overs();
            return;
        }
        let roster = self.context.roster();
        let served = folder.filter(|folder| !self.foreign.contains(*folder));
        if let Some(owner) = served.and_then(|folder| roster.owner_of(folder)) {
            self.file_queue.notice(path, owner, seen, now);
        }
    }

    /// Arms every trigger of a plugin that waits for files.
    pub(super) fn arm_triggers_of(&mut self, plugin: &str) {
        let of_plugin = |trigger: &ArmedTrigger| trigger.plugin() == Some(plugin);
        let numbers: Vec<usize> =
            (0..self.triggers.len()).filter(|n| self.triggers.get(*n).is_some_and(of_plugin)).collect();
        for number in numbers {
            self.arm(number);
        }
    }

    /// Schedules the check of a trigger: when its folder is quiet, or has been busy for long enough.
    pub(super) fn arm(&mut self, number: usize) {
        let Some(debounce) = self.triggers.get(number).map(ArmedTrigger::debounce) else {
            return;
        };
        let now = Instant::now();
        let (first, at) = self.armed.entry(number).or_insert((now, now));
        *at = (now + debounce).min(*first + debounce * limits::DEBOUNCE_AT_MOST);
    }
}

impl Context {
    /// The folders of which only the direct entries are watched: inboxes, the folders around them, and what the operator
    /// changes. Archives beside and below inboxes may be large and are not watched.
    fn flat_folders(&self) -> BTreeSet<PathBuf> {
        let (places, roster) = (self.places(), self.roster());
        let inboxes = roster.inboxes().filter(|inbox| inbox.poll.is_none()).map(|inbox| inbox.folder);
        // Only the folder around it reports that a folder is deleted and made again.
        let inboxes = inboxes.flat_map(|folder| [Some(folder), folder.parent()]).flatten().map(Path::to_owned);
        let changes = self.refresh.iter().flat_map(|refresh| refresh.at.iter().cloned());
        let homes: Vec<PathBuf> = places.iter().flat_map(|place| folders_of(place)).collect();
        let folders = inboxes.chain(homes).chain(changes).chain(places).chain([self.root.clone()]);
        folders.filter(|folder| folder.is_dir()).collect()
    }
}

/// Whether a folder has anything in it, except hidden files.
fn has_entries(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.any(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
}

/// The folders directly in `place`, which holds agents' folders: one that gets an inbox is an agent.
fn folders_of(place: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place).into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".")).map(|entry| entry.path()).collect()
}

/// The time between two full scans. A test may shorten it, in milliseconds.
fn pause_between_looks() -> Duration {
    fail_point!("look.pause", |pause| {
        pause.and_then(|pause| pause.parse().ok()).map_or(RECONCILE, Duration::from_millis)
    });
    RECONCILE
}

/// The stalled tasks.
async fn standing_still(context: &Arc<Context>) -> Result<Vec<Stalled>, DispatchError> {
    let now = Timestamp::now();
    let inner = Arc::clone(context);
    let job = move |tx: &Tx<'_>| {
        let mut stalled = task::stalled_in(tx, now, &task::StallLimits::default())?;
        // The log said why the tasks of these plugins wait when the budget was used up.
        let mut held = BTreeMap::new();
        for task in stalled.iter().filter(|task| task.why == StallReason::NotBegun) {
            if let Entry::Vacant(entry) = held.entry(task.agent.clone()) {
                entry.insert(budget::is_held(tx, &inner, &task.agent, now)?);
            }
        }
        stalled.retain(|task| task.why != StallReason::NotBegun || held.get(&task.agent) != Some(&true));
        Ok(stalled)
    };
    Ok(context.ledger.write(job).await?)
}
