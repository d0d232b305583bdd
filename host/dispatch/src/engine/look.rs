//! What the engine sees: changes that are told of, scans of the inboxes, the clock of its triggers. Nothing is read here.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use baton_intake::limits::RECONCILE;
use baton_intake::{Change, Found, FoundKind, IntakeError, Seen, Watcher, claim, scan};
use baton_ledger::task::{self, Stalled};
use jiff::Timestamp;

use super::message::Message;
use super::serve::{Engine, Mode};
use crate::obligations::tend;
use crate::trigger::Armed;
use crate::withdraw::withdraw;
use crate::{AgentKind, DispatchError, House, Roster, limits};

impl Engine {
    /// Watching is a help, not a need: without it files are found by the scan. Done again and again, because a folder that
    /// was made anew is not watched any more.
    fn watch(&mut self) {
        if self.watcher.is_none() {
            self.watcher = Watcher::new().inspect_err(|error| tracing::warn!("{error}")).ok();
        }
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let handoffs = self.house.handoffs();
        let roster = self.house.roster();
        let elsewhere = roster.inboxes().filter(|inbox| inbox.poll.is_none() && !inbox.folder.starts_with(&handoffs));
        let elsewhere: Vec<&Path> = elsewhere.map(|inbox| inbox.folder).collect();
        // First what they lie in: of a folder that is taken away and made anew nothing else tells.
        let around = elsewhere.iter().filter_map(|folder| folder.parent());
        let changes = self.house.refresh.iter().flat_map(|refresh| &refresh.at).map(PathBuf::as_path);
        for folder in around.chain([self.house.root.as_path()]).chain(changes).filter(|folder| folder.is_dir()) {
            if let Err(error) = watcher.watch_flat(folder)
                && self.desk.say_once(folder)
            {
                tracing::warn!("{error}");
            }
        }
        let triggers = self.triggers.iter().flat_map(Armed::folders);
        let folders = elsewhere.into_iter().filter(|folder| folder.is_dir()).chain(triggers);
        for folder in std::iter::once(handoffs.as_path()).chain(self.house.wake.as_deref()).chain(folders) {
            if let Err(error) = watcher.watch(folder)
                && self.desk.say_once(folder)
            {
                tracing::warn!("{error}");
            }
        }
    }

    /// Looks at everything, whatever was reported.
    pub(super) fn reconcile(&mut self) {
        self.next_reconcile = Instant::now() + RECONCILE;
        if let Err(error) = self.house.look_around() {
            tracing::warn!("{error}");
        }
        self.watch();
        for number in 0..self.triggers.len() {
            self.arm(number);
        }
        let roster = self.house.roster();
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
        self.take_up();
        let house = Arc::clone(&self.house);
        self.jobs.spawn(async move { Message::Tended(tend(&house).await) });
        let house = Arc::clone(&self.house);
        self.jobs.spawn(async move { Message::Still(standing_still(&house).await) });
    }

    /// Writes into every inbox whose it is; gives those that another workspace serves.
    fn claim(&mut self, roster: &Roster) -> HashSet<PathBuf> {
        let mut foreign = HashSet::new();
        let Some(claims) = &self.house.owns else {
            return foreign;
        };
        for inbox in roster.inboxes() {
            if let Err(error) = claim(inbox.folder, &claims.owner, claims.over) {
                foreign.insert(inbox.folder.to_owned());
                if self.desk.say_once(inbox.folder) {
                    tracing::error!(agent = %inbox.owner, "{error}");
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

    /// Looks for files that were taken away, once all that is there was taken in: what has another name now is not gone.
    pub(super) fn look_for_missing(&mut self) {
        if !self.missing_unseen || self.scans > 0 || !self.desk.is_clear() {
            return;
        }
        self.missing_unseen = false;
        for agent in self.house.roster().agents().filter(|agent| agent.kind == AgentKind::Plugin) {
            let (house, name) = (Arc::clone(&self.house), agent.name.clone());
            self.jobs.spawn(async move { Message::Withdrawn(withdraw(&house, &name).await) });
        }
    }

    /// Looks at the inboxes that report nothing themselves and whose time has come.
    pub(super) fn poll(&mut self, now: Instant) {
        let roster = self.house.roster();
        for inbox in roster.inboxes() {
            let due = self.polls.get(inbox.folder).is_some_and(|at| *at <= now);
            if let Some(poll) = inbox.poll.filter(|_| due) {
                self.polls.insert(inbox.folder.to_owned(), now + poll);
                self.scan(inbox.owner, inbox.folder);
            }
        }
    }

    pub(super) fn scanned(&mut self, agent: &str, inbox: &Path, found: Result<Vec<Found>, IntakeError>) {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                if self.desk.say_once(inbox) {
                    tracing::warn!(%agent, "{error}");
                    if self.mode == Mode::Once {
                        self.summary.undelivered.push(format!("{agent}: {error}"));
                    }
                }
                return;
            }
        };
        let now = Instant::now();
        self.desk.keep_only(inbox, &found);
        for found in &found {
            match found.kind {
                FoundKind::File => self.desk.found(found, agent, now),
                FoundKind::Directory | FoundKind::Other => self.say_ignored(&found.path, "it is not a regular file"),
            }
        }
    }

    pub(super) fn say_ignored(&mut self, path: &Path, reason: &str) {
        if self.desk.say_once(path) {
            tracing::warn!(file = %self.house.shown(path), "left where it is: {reason}; handoffs are .json or .md files");
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        // Whoever deletes the state folder deletes the watched folder in it too.
        let of_state = |path: &Path| self.house.wake.as_deref().is_some_and(|wake| wake == path);
        if matches!(&change, Change::Touched(path) if of_state(path)) || change == Change::Rescan {
            drop(self.house.ledger.check_files());
        }
        match change {
            // Soon, not at once: whoever makes one folder makes more.
            Change::Rescan => self.next_reconcile = self.next_reconcile.min(Instant::now() + limits::RESCAN),
            Change::Complete(path) => self.path_changed(&path, Seen::Complete),
            Change::Touched(path) => self.path_changed(&path, Seen::Present),
        }
    }

    pub(super) fn path_changed(&mut self, path: &Path, seen: Seen) {
        let now = Instant::now();
        let concerned = self.triggers.iter().enumerate().filter(|(_, trigger)| trigger.concerns(path));
        let concerned: Vec<usize> = concerned.map(|(number, _)| number).collect();
        for number in concerned {
            self.arm(number);
        }
        if self.house.refresh.as_ref().is_some_and(|refresh| refresh.concerns(path)) {
            self.refresh();
        }
        let folder = path.parent();
        if folder.is_some() && folder == self.house.wake.as_deref() {
            self.refresh();
            self.take_up();
            return;
        }
        let roster = self.house.roster();
        let served = folder.filter(|folder| !self.foreign.contains(*folder));
        if let Some(owner) = served.and_then(|folder| roster.owner_of(folder)) {
            self.desk.notice(path, owner, seen, now);
        }
    }

    /// Has a trigger looked at when its folder was quiet, or was busy for long enough.
    pub(super) fn arm(&mut self, number: usize) {
        let Some(debounce) = self.triggers.get(number).map(Armed::debounce) else {
            return;
        };
        let now = Instant::now();
        let (first, at) = self.armed.entry(number).or_insert((now, now));
        *at = (now + debounce).min(*first + debounce * limits::DEBOUNCE_AT_MOST);
    }
}

/// The tasks that do not move: a queue that stands still must not go unseen.
async fn standing_still(house: &Arc<House>) -> Result<Vec<Stalled>, DispatchError> {
    let now = Timestamp::now();
    Ok(house.ledger.write(move |tx| task::stalled_in(tx, now, &task::Limits::default())).await?)
}
