//! The inboxes: finds their files, starts the capture of files, and searches for missing files. This module never reads the
//! content of a file.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::State;
use baton_intake::limits::RECONCILE;
use baton_intake::{Change, DetectedBy, FolderEntry, FolderEntryKind, IntakeError, claim_inbox, scan};
use fail::fail_point;

use super::file_queue::FileQueue;
use super::folder_watch::FolderWatch;
use super::message::{Action, InboxMessage, Message};
use super::state::{EngineState, Mode};
use crate::capture::outcome::CaptureOutcome;
use crate::capture::{capture, reject_unreadable};
use crate::escalation::check_missing_files;
use crate::roster::shown_owner;
use crate::settings::PROCESSED;
use crate::{AgentKind, DispatchError, Roster, limits};

pub(super) struct Inboxes {
    pub(super) files: FileQueue,
    folders: FolderWatch,
    /// Inboxes that another workspace serves.
    pub(super) foreign: HashSet<PathBuf>,
    /// When each polled inbox is scanned next.
    next_polls: BTreeMap<PathBuf, Instant>,
    scans: usize,
    /// True if the search for missing files has to run after the last full scan.
    missing_unchecked: bool,
    /// How often Baton crashed while it read a file.
    crashes: HashMap<PathBuf, u32>,
    next_scan: Instant,
}

impl Inboxes {
    pub(super) fn new() -> Self {
        Self {
            files: FileQueue::default(),
            folders: FolderWatch::default(),
            foreign: HashSet::new(),
            next_polls: BTreeMap::new(),
            scans: 0,
            missing_unchecked: false,
            crashes: HashMap::new(),
            next_scan: Instant::now(),
        }
    }

    pub(super) async fn next_change(&mut self) -> Change {
        self.folders.next_change().await
    }

    /// The time of the next full scan, the next file or the next poll, whichever is first.
    pub(super) fn next_wake(&self, stopping: bool) -> Instant {
        if stopping {
            return self.next_scan;
        }
        let has_room = self.files.in_progress() < limits::CAPTURES_AT_ONCE;
        let file = self.files.next_at().filter(|_| has_room);
        let poll = self.next_polls.values().min().copied();
        [file, poll].into_iter().flatten().fold(self.next_scan, Instant::min)
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.files.is_clear() && !self.missing_unchecked
    }

    pub(super) fn on_message(&mut self, state: &mut EngineState, message: InboxMessage) {
        match message {
            InboxMessage::Scanned { owner, folder, entries } => {
                self.scans = self.scans.saturating_sub(1);
                self.on_scanned(state, &owner, &folder, entries);
            }
            InboxMessage::Captured { owner, path, outcome } => self.on_captured(state, owner, &path, outcome),
            InboxMessage::ReaderCrashed(path) => self.on_reader_crash(state, path),
            InboxMessage::MissingFiles(Ok(settled)) => {
                for settled in settled {
                    state.on_settled(settled);
                }
            }
            InboxMessage::MissingFiles(Err(error)) => state.failed(&error),
        }
    }

    /// Starts to capture files, and to search for missing files.
    pub(super) fn start(&mut self, state: &mut EngineState, now: Instant) {
        let room = limits::CAPTURES_AT_ONCE.saturating_sub(self.files.in_progress());
        for (path, waiting) in self.files.take(room, now) {
            let (context, owner) = (Arc::clone(&state.context), waiting.agent.to_string());
            let crashed = Message::Inbox(InboxMessage::ReaderCrashed(path.clone()));
            state.spawn_holding(crashed, async move {
                let outcome = capture(&context, &owner, path.clone(), waiting.seen, waiting.unfinished).await;
                Message::Inbox(InboxMessage::Captured { owner, path, outcome })
            });
        }
        self.search_missing(state);
    }

    /// Searches for missing files after all existing files are captured, because the file of a task may only have been
    /// renamed.
    fn search_missing(&mut self, state: &mut EngineState) {
        if !self.missing_unchecked || self.scans > 0 || !self.files.is_clear() {
            return;
        }
        self.missing_unchecked = false;
        for agent in state.context.roster().agents().filter(|agent| agent.kind == AgentKind::Plugin) {
            let (context, name) = (Arc::clone(&state.context), agent.name.clone());
            state.jobs.spawn(async move {
                Message::Inbox(InboxMessage::MissingFiles(check_missing_files(&context, &name).await))
            });
        }
    }

    /// Plans a full scan after `pause`, unless an earlier full scan is planned.
    pub(super) fn scan_in(&mut self, pause: Duration) {
        self.next_scan = self.next_scan.min(Instant::now() + pause);
    }

    pub(super) fn is_scan_due(&self, now: Instant) -> bool {
        now >= self.next_scan
    }

    /// Called when events were lost. The scan starts after a short pause, because more new folders often follow.
    pub(super) fn on_lost_events(&mut self) {
        self.folders.watch_again();
        self.scan_in(limits::RESCAN);
    }

    /// Scans every inbox. Returns the folders of triggers in which a change may have been missed.
    pub(super) fn scan_all(
        &mut self,
        state: &mut EngineState,
        trigger_folders: &BTreeSet<PathBuf>,
    ) -> BTreeSet<PathBuf> {
        self.next_scan = Instant::now() + scan_interval();
        // Watch new folders before listing their inboxes. Otherwise only the next scan finds an inbox that is created
        // between the listing and the watch.
        let mut unseen = self.folders.watch(state, trigger_folders);
        let before = state.context.roster();
        if let Err(error) = state.context.refresh_roster() {
            tracing::warn!("{error}");
        }
        let roster = state.context.roster();
        let folders = |roster: &Roster| roster.inboxes().map(|inbox| inbox.folder.to_owned()).collect::<Vec<_>>();
        if folders(&before) != folders(&roster) {
            unseen.extend(self.folders.watch(state, trigger_folders));
        }
        log_unread(state, &roster);
        self.foreign = claim_inboxes(state, &roster);
        for inbox in roster.inboxes() {
            self.scan(state, inbox.owner, inbox.folder);
            if let Some(poll) = inbox.poll {
                self.next_polls.insert(inbox.folder.to_owned(), Instant::now() + poll);
            }
        }
        self.missing_unchecked = true;
        unseen
    }

    /// Scans the polled inboxes whose next poll is due.
    pub(super) fn poll(&mut self, state: &mut EngineState, now: Instant) {
        let roster = state.context.roster();
        for inbox in roster.inboxes() {
            let due = self.next_polls.get(inbox.folder).is_some_and(|at| *at <= now);
            if let Some(poll) = inbox.poll.filter(|_| due) {
                self.next_polls.insert(inbox.folder.to_owned(), now + poll);
                self.scan(state, inbox.owner, inbox.folder);
            }
        }
    }

    fn scan(&mut self, state: &mut EngineState, owner: &str, folder: &Path) {
        if self.foreign.contains(folder) {
            return;
        }
        let (owner, folder) = (owner.to_owned(), folder.to_owned());
        self.scans += 1;
        state.jobs.spawn_blocking(move || {
            let entries = scan(&folder);
            Message::Inbox(InboxMessage::Scanned { owner, folder, entries })
        });
    }

    fn on_scanned(
        &mut self,
        state: &mut EngineState,
        owner: &str,
        inbox: &Path,
        entries: Result<Vec<FolderEntry>, IntakeError>,
    ) {
        let entries = match entries {
            Ok(entries) => entries,
            // The agent's folder has an archive, but no inbox yet.
            Err(IntakeError::NotFound { .. }) if inbox.with_file_name(PROCESSED).is_dir() => return,
            Err(error) => {
                if state.log_once(inbox) {
                    tracing::warn!(agent = %shown_owner(owner), "{error}");
                    if state.mode == Mode::Once {
                        state.summary.undelivered.push(format!("{owner}: {error}"));
                    }
                }
                return;
            }
        };
        let now = Instant::now();
        let existing: HashSet<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
        let missing = self.files.keep_only(inbox, &existing);
        state.forget_logged(inbox, &existing);
        self.keep_stamps(&state.context, owner, &entries, &missing);
        for entry in &entries {
            match entry.kind {
                FolderEntryKind::File => self.files.found(entry, owner, now),
                FolderEntryKind::Directory | FolderEntryKind::Other => {
                    log_ignored(state, &entry.path, "it is not a regular file");
                }
            }
        }
    }

    /// Queues a file that may have changed.
    pub(super) fn on_path(&mut self, state: &EngineState, path: &Path, seen: DetectedBy) {
        let roster = state.context.roster();
        let folder = path.parent().filter(|folder| !self.foreign.contains(*folder));
        if let Some(owner) = folder.and_then(|folder| roster.owner_of(folder)) {
            self.files.notice(path, owner, seen, Instant::now());
        }
    }

    /// Called when Baton crashed while it read a file. After [`limits::READER_CRASHES`] crashes Baton rejects the file
    /// without reading it.
    fn on_reader_crash(&mut self, state: &mut EngineState, path: PathBuf) {
        let crashes = self.crashes.entry(path.clone()).or_default();
        *crashes += 1;
        if *crashes < limits::READER_CRASHES {
            self.files.requeue(&path, false, Instant::now() + limits::DELIVERY_BACKOFF);
            return;
        }
        self.crashes.remove(&path);
        let roster = state.context.roster();
        let Some(owner) = path.parent().and_then(|folder| roster.owner_of(folder)).map(str::to_owned) else {
            return self.files.forget(&path);
        };
        let context = Arc::clone(&state.context);
        let crashed = Message::Inbox(InboxMessage::ReaderCrashed(path.clone()));
        state.spawn_holding(crashed, async move {
            let outcome = reject_unreadable(&context, &owner, &path).await;
            Message::Inbox(InboxMessage::Captured { owner, path, outcome })
        });
    }

    fn on_captured(
        &mut self,
        state: &mut EngineState,
        owner: String,
        path: &Path,
        outcome: Result<CaptureOutcome, DispatchError>,
    ) {
        match outcome {
            Ok(CaptureOutcome::Queued { agent }) => {
                self.on_recorded(state, path);
                state.request(Action::Work(agent));
            }
            Ok(CaptureOutcome::Moving { to_deliver, released }) => {
                self.on_recorded(state, path);
                deliver(state, &owner, to_deliver, released);
            }
            Ok(CaptureOutcome::Settled { state: settled, to_deliver, released }) => {
                self.on_recorded(state, path);
                *state.summary.settled.entry(settled.as_str()).or_default() += 1;
                // A waiting task may have a deadline.
                deliver(state, &owner, to_deliver, released || settled == State::Waiting);
            }
            Ok(CaptureOutcome::Known) => {
                self.files.keep(path);
                // If Baton moved the file into this inbox, its task may start now.
                if state.context.is_plugin(&owner) {
                    state.request(Action::Work(owner));
                }
            }
            Ok(CaptureOutcome::Later { pause, unfinished }) => {
                if unfinished && state.log_once(path) {
                    let file = state.context.shown(path);
                    tracing::warn!(%file, "the JSON ends too early; waiting up to {} s for its end", pause.as_secs() + 1);
                }
                self.files.requeue(path, unfinished, Instant::now() + pause);
            }
            Ok(CaptureOutcome::Ignored(reason)) => {
                self.files.keep(path);
                log_ignored(state, path, &reason);
            }
            Ok(CaptureOutcome::Missing) => self.files.forget(path),
            Err(error) => self.on_capture_error(state, path, &error),
        }
    }

    fn on_recorded(&mut self, state: &mut EngineState, path: &Path) {
        state.summary.captured += 1;
        self.files.keep(path);
    }

    /// Called when the file cannot be read now. The daemon tries again; `up --once` reports the file and ends.
    fn on_capture_error(&mut self, state: &mut EngineState, path: &Path, error: &DispatchError) {
        let file = state.context.shown(path);
        if state.log_once(path) {
            tracing::warn!(%file, "{error}");
        }
        if state.mode == Mode::Once {
            self.files.exclude(path);
            state.summary.undelivered.push(format!("{file}: {error}"));
        } else {
            self.files.requeue(path, false, Instant::now() + limits::DELIVERY_BACKOFF);
        }
    }
}

fn deliver(state: &mut EngineState, owner: &str, tasks: Vec<String>, released: bool) {
    for task in tasks {
        state.request(Action::Deliver { task, agent: owner.to_owned() });
    }
    if released {
        state.request(Action::Recover(Duration::ZERO));
    }
}

fn log_ignored(state: &mut EngineState, path: &Path, reason: &str) {
    if state.log_once(path) {
        tracing::warn!(file = %state.context.shown(path), "ignored, and not moved: {reason}; handoffs are .json or .md files");
    }
}

/// Logs, once for each inbox without an agent, that Baton does not read its files.
fn log_unread(state: &mut EngineState, roster: &Roster) {
    for (inbox, why) in roster.unread().filter(|(inbox, _)| has_entries(inbox)) {
        if state.log_once(inbox) {
            tracing::warn!(folder = %state.context.shown(inbox), "its files are not read: {}", why.reason());
        }
    }
}

/// Writes the ownership marker of every inbox. Returns the inboxes that another workspace serves.
fn claim_inboxes(state: &mut EngineState, roster: &Roster) -> HashSet<PathBuf> {
    let mut foreign = HashSet::new();
    let Some(ownership) = state.context.ownership.clone() else {
        return foreign;
    };
    for inbox in roster.inboxes() {
        if let Err(error) = claim_inbox(inbox.folder, &ownership.owner, ownership.over) {
            foreign.insert(inbox.folder.to_owned());
            if state.log_once(inbox.folder) {
                tracing::error!(agent = %shown_owner(inbox.owner), "{error}");
                state.summary.undelivered.push(format!("{}: {error}", inbox.owner));
            }
        }
    }
    foreign
}

/// True if a folder contains an entry that is not hidden.
fn has_entries(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.any(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
}

/// The time between two full scans. A test may set a shorter time, in milliseconds.
fn scan_interval() -> Duration {
    fail_point!("scan.pause", |pause| {
        pause.and_then(|pause| pause.parse().ok()).map_or(RECONCILE, Duration::from_millis)
    });
    RECONCILE
}
