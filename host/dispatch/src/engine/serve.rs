//! The main loop of the daemon: receives changes and messages, and ends when nothing is left to do.
//!
//! The loop never reads a file's content, never waits for an attempt and never writes a task. Jobs do this work and reply
//! with a message. So a slow plugin or a full disk does not delay the loop, and the engine needs no locks.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use baton_intake::{Change, DetectedBy};
use baton_ledger::LedgerError;
use baton_sandbox::Progress;
use tokio::sync::watch;

use super::deliveries::Deliveries;
use super::evidence::Evidence;
use super::inboxes::Inboxes;
use super::message::{Action, Message};
use super::plugin_reload::PluginReload;
use super::recover::recover;
use super::state::{EngineState, Mode, Summary};
use super::triggers::Triggers;
use super::workers::Workers;
use crate::{Context, DispatchError};

/// The daemon's engine: one asynchronous task that makes all decisions.
pub struct Engine {
    state: EngineState,
    inboxes: Inboxes,
    workers: Workers,
    deliveries: Deliveries,
    triggers: Triggers,
    reload: PluginReload,
    evidence: Evidence,
}

impl Engine {
    /// An engine for `context`. `listener` gets the progress of each task.
    #[must_use]
    pub fn new(context: Arc<Context>, mode: Mode, listener: impl Fn(&str, Progress) + Send + Sync + 'static) -> Self {
        Self {
            inboxes: Inboxes::new(),
            workers: Workers::new(Arc::new(listener)),
            deliveries: Deliveries::default(),
            triggers: Triggers::new(&context),
            reload: PluginReload::default(),
            evidence: Evidence::default(),
            state: EngineState::new(context, mode),
        }
    }

    /// Serves until it is stopped or, in [`Mode::Once`], until nothing waits. `stop` is the number of requests to stop. At
    /// 1, no new work starts and running work is finished. At 2, running attempts are cancelled.
    ///
    /// # Errors
    /// When the ledger fails permanently, or its files are deleted or replaced.
    pub async fn serve(mut self, mut stop: watch::Receiver<u8>) -> Result<Summary, DispatchError> {
        self.begin().await?;
        loop {
            self.run_actions();
            self.start_jobs();
            if self.is_done() {
                self.inboxes.keep_stamps_at_end(&self.state.context).await;
                return Ok(self.state.summary);
            }
            let (wake, stopping) = (self.next_wake(), self.state.stopping);
            let ledger = self.state.context.ledger.clone();
            tokio::select! {
                change = self.inboxes.next_change(), if !stopping => self.on_change(change),
                change = self.triggers.next_change(), if !stopping => self.triggers.on_watched_change(&self.state, &change),
                Some(done) = self.state.jobs.join_next_with_id() => {
                    if let Some(message) = self.state.message_of(done) {
                        self.on_message(message);
                    }
                }
                () = tokio::time::sleep_until(wake.into()) => self.on_time(),
                Ok(()) = stop.changed() => self.stop(*stop.borrow_and_update()),
                lost = ledger.lost() => return self.abandon(lost),
            }
        }
    }

    async fn begin(&mut self) -> Result<(), DispatchError> {
        let context = Arc::clone(&self.state.context);
        recover(&context, true).await?;
        Workers::forget_removed(&mut self.state);
        context.make_inboxes();
        self.inboxes.recall_stamps(&context).await?;
        self.scan();
        self.triggers.check_all();
        Ok(())
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::CommandRan(run) => self.evidence.on_message(&mut self.state, run),
            Message::Inbox(message) => {
                if self.state.context.runs_commands() {
                    self.evidence.want();
                }
                self.inboxes.on_message(&mut self.state, message);
            }
            Message::Worker(message) => self.workers.on_message(&mut self.state, message),
            Message::Delivery(message) => self.deliveries.on_message(&mut self.state, message),
            Message::Trigger(message) => self.triggers.on_message(&mut self.state, message),
            Message::PluginsLoaded(plugins) => self.reload.on_message(&mut self.state, plugins),
        }
    }

    fn run_actions(&mut self) {
        while let Some(action) = self.state.next_action() {
            match action {
                Action::Work(agent) => self.workers.start(&mut self.state, agent),
                Action::Deliver { task, agent } => self.deliveries.add(task, &agent),
                Action::Recover(pause) => self.workers.recover_in(pause),
                Action::FileChanged(path) => self.on_path(&path, DetectedBy::Complete),
                Action::CheckTriggers(plugin) => self.triggers.check_plugin(&plugin),
                Action::CheckWatched(plugin) => self.triggers.check_watched(&self.state, &plugin),
                Action::Scan(pause) => self.inboxes.scan_in(pause),
                Action::PluginsChanged(changed) => {
                    self.triggers.reload(&self.state.context);
                    Workers::forget_removed(&mut self.state);
                    if let Err(error) = self.state.context.refresh_roster() {
                        tracing::warn!("{error}");
                    }
                    self.state.context.make_inboxes();
                    Workers::requeue(&mut self.state, changed);
                    self.scan();
                }
            }
        }
    }

    fn start_jobs(&mut self) {
        let now = Instant::now();
        if !self.state.stopping {
            self.inboxes.start(&mut self.state, now);
            self.triggers.start(&mut self.state, now);
            self.evidence.start(&mut self.state);
        }
        self.deliveries.start(&mut self.state, now);
    }

    /// Compares the inboxes, the triggers that may have missed changes, the schedules, the unfinished tasks and the overdue
    /// requests with the ledger.
    fn scan(&mut self) {
        let unseen = self.inboxes.scan_all(&mut self.state, &self.triggers.folders());
        self.triggers.check_unseen(&self.state, &unseen);
        self.reload.start(&mut self.state);
        Triggers::check_schedules(&mut self.state);
        Workers::check(&mut self.state);
        Deliveries::escalate(&mut self.state);
        self.evidence.want();
    }

    fn on_change(&mut self, change: Change) {
        // If the state folder is deleted, the wake folder inside it is deleted too, and the watcher reports this change.
        let is_wake = |path: &Path| self.state.context.wake.as_deref() == Some(path);
        if matches!(&change, Change::Touched(path) if is_wake(path)) || change == Change::Rescan {
            drop(self.state.context.ledger.check_files());
        }
        match change {
            Change::Rescan => {
                self.inboxes.on_lost_events();
                self.triggers.on_lost_events();
            }
            Change::Complete(path) => self.on_path(&path, DetectedBy::Complete),
            Change::Touched(path) => self.on_path(&path, DetectedBy::Present),
        }
    }

    fn on_path(&mut self, path: &Path, seen: DetectedBy) {
        self.triggers.on_path(path);
        let context = Arc::clone(&self.state.context);
        if context.refresh.as_ref().is_some_and(|refresh| refresh.concerns(path)) {
            self.reload.start(&mut self.state);
        }
        if path.parent().is_some_and(|folder| context.wake.as_deref() == Some(folder)) {
            self.reload.start(&mut self.state);
            Workers::recover_now(&mut self.state);
            // Another process may have finished the first deliveries of a task. The daemon then makes the remaining
            // deliveries.
            Deliveries::escalate(&mut self.state);
            return;
        }
        self.inboxes.on_path(&self.state, path, seen);
    }

    fn on_time(&mut self) {
        // The result is not needed: if the ledger is lost, `Ledger::lost` ends the loop.
        drop(self.state.context.ledger.check_files());
        let now = Instant::now();
        if self.inboxes.is_scan_due(now) {
            self.scan();
        } else {
            self.workers.on_time(&mut self.state, now);
        }
        self.triggers.on_time(&mut self.state, now);
        self.inboxes.poll(&mut self.state, now);
    }

    fn next_wake(&self) -> Instant {
        let stopping = self.state.stopping;
        let others = [self.workers.next_wake(), self.triggers.next_wake()].into_iter().flatten().filter(|_| !stopping);
        let wake = others.fold(self.inboxes.next_wake(stopping), Instant::min);
        self.deliveries.next_wake(stopping).map_or(wake, |next| wake.min(next))
    }

    fn is_done(&self) -> bool {
        let idle = self.state.jobs.is_empty() && self.deliveries.is_idle();
        if self.state.stopping {
            return idle;
        }
        let quiet = self.inboxes.is_quiet() && self.triggers.is_quiet() && !self.deliveries.has_retries();
        self.state.mode == Mode::Once && idle && quiet && self.workers.next_wake().is_none()
    }

    fn stop(&mut self, times: u8) {
        self.state.stopping = true;
        self.state.closing.cancel();
        if times >= 2 {
            self.state.context.cancel_attempts.cancel();
        }
        let running = self.workers.running();
        if running > 0 {
            tracing::info!("running tasks: {running}; waiting for the end (send the signal again to cancel them)");
        }
    }

    /// Ends all work at once: the ledger is lost, so no result can be recorded.
    fn abandon(&mut self, lost: LedgerError) -> Result<Summary, DispatchError> {
        self.state.stopping = true;
        self.state.closing.cancel();
        self.state.context.cancel_attempts.cancel();
        self.state.jobs.abort_all();
        Err(lost.into())
    }
}
