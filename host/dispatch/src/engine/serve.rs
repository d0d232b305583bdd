//! The loop: receives changes, starts jobs, handles their messages, and ends when nothing is left to do.
//!
//! The loop itself never reads a file's content, never waits for an attempt and never writes a task: jobs do, and answer
//! with a message. So a slow plugin or a full disk delays nothing else, and there are no locks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use baton_intake::{Change, Watcher};
use baton_ledger::LedgerError;
use baton_sandbox::{Cancel, Progress};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::delivery_workers::DeliveryWorkers;
use super::file_queue::FileQueue;
use super::state::{Engine, Mode, RefreshState, Summary, UnseenChanges};
use crate::recover::recover;
use crate::triggers;
use crate::{Context, DispatchError, limits};

impl Engine {
    /// An engine for `context`. `listener` gets the progress of each task.
    #[must_use]
    pub fn new(context: Arc<Context>, mode: Mode, listener: impl Fn(&str, Progress) + Send + Sync + 'static) -> Self {
        let triggers = triggers::arm_triggers(&context);
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
    /// When the ledger fails for good, or its files are deleted or replaced.
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
                Some(done) = self.jobs.join_next_with_id() => self.on_job_done(done),
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
            self.recover_left_overs();
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
            let room = self.file_queue.in_progress() < limits::CAPTURES_AT_ONCE;
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
