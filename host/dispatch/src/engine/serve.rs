//! The loop: sees changes, starts jobs, hears from them, knows when nothing is left to do.
//!
//! The loop itself never reads a file's content, never waits for an attempt and never writes a task: jobs do, and answer
//! with a message. So one slow plugin or one full disk holds nobody else up, and there is no lock to hold.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use baton_intake::{Change, Watcher};
use baton_ledger::LedgerError;
use baton_sandbox::{Cancel, Progress};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use super::delivery_workers::{DeliveryTry, DeliveryWorkers};
use super::file_queue::FileQueue;
use super::folders::{FolderId, UnseenChanges};
use super::message::Message;
use super::refresh::RefreshState;
use crate::recover::recover;
use crate::trigger::{self, ArmedTrigger, PluginWatch};
use crate::work::Listener;
use crate::{Context, DispatchError, limits};

/// How long the engine goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Until it is stopped.
    Forever,
    /// Until nothing waits.
    Once,
}

/// What was done, for the last line on the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Tasks that were settled (some by their capture alone), by state.
    pub settled: BTreeMap<&'static str, u64>,
    /// Files that were written down.
    pub captured: u64,
    /// What could not be read or delivered, and why.
    pub undelivered: Vec<String>,
}

/// What a job holds.
pub(super) enum JobResources {
    File(PathBuf),
    Agent(String),
    Deliveries(Vec<DeliveryTry>),
    /// The look at the plugins.
    Plugins,
}

/// The daemon's engine.
pub struct Engine {
    pub(super) context: Arc<Context>,
    pub(super) mode: Mode,
    pub(super) listener: Listener,
    pub(super) file_queue: FileQueue,
    pub(super) watcher: Option<Watcher>,
    /// The folders that are watched with all below them.
    pub(super) watched: HashMap<PathBuf, FolderId>,
    /// Whether to watch these folders again, because events were lost and folders below may be new.
    pub(super) watch_again: bool,
    /// Triggers of which not all changes were seen.
    pub(super) unseen: UnseenChanges,
    /// What plugins have looked at, by plugin, and what tells of it.
    pub(super) watching: BTreeMap<String, PluginWatch>,
    pub(super) files_watcher: Option<Watcher>,
    pub(super) triggers: Vec<ArmedTrigger>,
    /// Triggers that are to be looked at: when the first change was seen, and when to look.
    pub(super) armed: BTreeMap<usize, (Instant, Instant)>,
    pub(super) jobs: JoinSet<Message>,
    /// What a job holds, to be let go should it end without an answer.
    pub(super) held: HashMap<Id, JobResources>,
    pub(super) working: HashMap<String, usize>,
    /// Agents that got work while all their workers were busy.
    pub(super) more_work: HashSet<String>,
    /// Agents one of whose workers broke off.
    pub(super) broken: HashSet<String>,
    /// Inboxes that another workspace serves.
    pub(super) foreign: HashSet<PathBuf>,
    /// When an inbox without events is looked at next.
    pub(super) polls: BTreeMap<PathBuf, Instant>,
    pub(super) scans: usize,
    /// Nobody has looked yet which files are missing since the last look at everything.
    pub(super) missing_unseen: bool,
    /// Tasks that were said to stand still.
    pub(super) still: HashSet<String>,
    /// How often the reader of a file broke off.
    pub(super) breaks: HashMap<PathBuf, u32>,
    pub(super) delivery_workers: DeliveryWorkers,
    pub(super) undelivered: Vec<(Instant, DeliveryTry)>,
    pub(super) next_due: Option<Instant>,
    pub(super) next_reconcile: Instant,
    pub(super) next_schedule: Option<Instant>,
    /// Whether somebody looks at the plugins.
    pub(super) refreshing: RefreshState,
    pub(super) stopping: bool,
    /// Cancelled when nothing new is to be begun.
    pub(super) closing: Cancel,
    pub(super) summary: Summary,
}

impl Engine {
    /// An engine for `context`. `listener` is told about the progress of each task.
    #[must_use]
    pub fn new(context: Arc<Context>, mode: Mode, listener: impl Fn(&str, Progress) + Send + Sync + 'static) -> Self {
        let triggers = trigger::arm_triggers(&context);
        Self {
            context,
            mode,
            listener: Arc::new(listener),
            file_queue: FileQueue::default(),
            watcher: None,
            watched: HashMap::new(),
            watch_again: false,
            unseen: UnseenChanges { all: true, ..UnseenChanges::default() },
            watching: BTreeMap::new(),
            files_watcher: None,
            triggers,
            armed: BTreeMap::new(),
            jobs: JoinSet::new(),
            held: HashMap::new(),
            working: HashMap::new(),
            more_work: HashSet::new(),
            broken: HashSet::new(),
            foreign: HashSet::new(),
            polls: BTreeMap::new(),
            breaks: HashMap::new(),
            scans: 0,
            missing_unseen: false,
            still: HashSet::new(),
            delivery_workers: DeliveryWorkers::default(),
            undelivered: Vec::new(),
            next_due: None,
            next_reconcile: Instant::now(),
            next_schedule: None,
            refreshing: RefreshState::No,
            stopping: false,
            closing: Cancel::default(),
            summary: Summary::default(),
        }
    }

    /// Serves until it is stopped or, in [`Mode::Once`], until nothing waits. `stop` counts the requests to stop: at 1 no
    /// new work is begun and what runs is finished; at 2 running attempts are cancelled.
    ///
    /// # Errors
    /// When the ledger fails in a way that no later try can mend, or its files are deleted or replaced.
    pub async fn serve(mut self, mut stop: watch::Receiver<u8>) -> Result<Summary, DispatchError> {
        self.begin().await?;
        loop {
            self.start_jobs();
            if self.is_done() {
                self.keep_stamps_at_end().await;
                return Ok(self.summary);
            }
            let wake = self.wake_at();
            let ledger = self.context.ledger.clone();
            let (next_change, next_of_files) = (next(&mut self.watcher), next(&mut self.files_watcher));
            tokio::select! {
                change = next_change, if !self.stopping => self.change(change),
                change = next_of_files, if !self.stopping => self.change_of_watched(&change),
                Some(done) = self.jobs.join_next_with_id() => self.hear(done),
                () = tokio::time::sleep_until(wake.into()) => self.on_time(),
                Ok(()) = stop.changed() => self.stop(*stop.borrow_and_update()),
                lost = ledger.lost() => return self.abandon(lost),
            }
        }
    }

    async fn begin(&mut self) -> Result<(), DispatchError> {
        recover(&self.context, true).await?;
        self.forget_plugins();
        self.context.make_inboxes();
        self.recall_stamps().await?;
        self.reconcile();
        let now = Instant::now();
        self.armed = (0..self.triggers.len()).map(|number| (number, (now, now))).collect();
        Ok(())
    }

    /// Ends everything at once: the ledger is lost, so nothing can be acknowledged.
    fn abandon(&mut self, lost: LedgerError) -> Result<Summary, DispatchError> {
        self.stopping = true;
        self.closing.cancel();
        self.context.ending.cancel();
        self.jobs.abort_all();
        Err(lost.into())
    }

    fn on_time(&mut self) {
        // A loss ends the loop through `Ledger::lost`.
        drop(self.context.ledger.check_files());
        let now = Instant::now();
        if now >= self.next_reconcile {
            self.reconcile();
        } else if self.next_due.is_some_and(|due| now >= due) {
            self.next_due = None;
            self.take_up();
        }
        if self.next_schedule.is_some_and(|due| now >= due) {
            self.next_schedule = None;
            self.look_at_schedules();
        }
        self.poll(now);
    }

    fn stop(&mut self, times: u8) {
        self.stopping = true;
        self.closing.cancel();
        if times >= 2 {
            self.context.ending.cancel();
        }
        let running: usize = self.working.values().sum();
        if running > 0 {
            tracing::info!("{running} running, waiting for the end (again to cancel)");
        }
    }

    fn wake_at(&self) -> Instant {
        let mut wake = self.next_reconcile;
        if !self.stopping {
            let undelivered = self.undelivered.iter().map(|(at, ..)| *at).min();
            let armed = self.armed.values().map(|(_, at)| *at).min();
            let room = self.file_queue.in_hand() < limits::CAPTURES_AT_ONCE;
            let file = self.file_queue.next_at().filter(|_| room);
            let poll = self.polls.values().min().copied();
            wake = [file, armed, undelivered, self.next_due, self.next_schedule, poll]
                .into_iter()
                .flatten()
                .fold(wake, Instant::min);
        }
        self.delivery_workers.next_at().map_or(wake, |next| wake.min(next))
    }

    fn is_done(&self) -> bool {
        let idle = self.jobs.is_empty() && self.delivery_workers.is_idle();
        if self.stopping {
            return idle;
        }
        let quiet =
            self.file_queue.is_clear() && !self.missing_unseen && self.armed.is_empty() && self.undelivered.is_empty();
        self.mode == Mode::Once && idle && quiet && self.next_due.is_none()
    }
}

/// The next change, where there is a watcher.
async fn next(watcher: &mut Option<Watcher>) -> Change {
    match watcher {
        Some(watcher) => watcher.next().await,
        None => std::future::pending().await,
    }
}
