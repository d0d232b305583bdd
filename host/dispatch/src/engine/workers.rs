//! The workers: jobs that run the tasks of one agent in attempt batches.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_ledger::task::StalledTask;
use baton_ledger::{Tx, watched};
use jiff::Timestamp;

use super::message::{Message, WorkerMessage};
use super::recover::{recover_tasks, release, requeue, stalled_tasks};
use super::state::{EngineState, Mode};
use crate::attempt::{AttemptBatch, DueWork, StartedTask};
use crate::work::{self, Listener, StopSignals};

pub(super) struct Workers {
    listener: Listener,
    /// The number of workers by agent.
    running: HashMap<String, usize>,
    /// Agents that got work while all their workers were busy.
    more_work: HashSet<String>,
    /// Agents with a crashed worker.
    crashed: HashSet<String>,
    /// The next time to recover unfinished tasks: when a retry is due, or after a failed job.
    next_recovery: Option<Instant>,
    /// The stalled tasks that were logged.
    stalled: HashSet<String>,
}

impl Workers {
    pub(super) fn new(listener: Listener) -> Self {
        Self {
            listener,
            running: HashMap::new(),
            more_work: HashSet::new(),
            crashed: HashSet::new(),
            next_recovery: None,
            stalled: HashSet::new(),
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running.values().sum()
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.next_recovery
    }

    pub(super) fn on_message(&mut self, state: &mut EngineState, message: WorkerMessage) {
        match message {
            WorkerMessage::Worked { agent, batch: Ok(batch) } => self.on_worked(state, agent, batch),
            WorkerMessage::Worked { agent, batch: Err(error) } => {
                tracing::error!(%agent, "{error}");
                self.on_crash(state, &agent);
                state.give_up_once(&error);
            }
            WorkerMessage::Crashed(agent) => self.on_crash(state, &agent),
            WorkerMessage::Recovered(Ok(DueWork { agents, next })) => {
                for agent in agents {
                    self.start(state, agent);
                }
                if let Some(next) = next {
                    self.recover_in(next);
                }
            }
            WorkerMessage::Stalled(Ok(stalled)) => self.log_stalled(&stalled),
            WorkerMessage::Recovered(Err(error)) | WorkerMessage::Stalled(Err(error)) => state.failed(&error),
        }
    }

    /// Starts a worker of the agent. If the engine stops, or the agent already has as many workers as its `concurrency`,
    /// only records that the agent has work.
    pub(super) fn start(&mut self, state: &mut EngineState, agent: String) {
        let most = state.context.roster().get(&agent).map_or(1, |agent| agent.settings.concurrency.max(1));
        let workers = self.running.entry(agent.clone()).or_default();
        if state.stopping || *workers >= most {
            self.more_work.insert(agent);
            return;
        }
        *workers += 1;
        self.work(state, agent, Vec::new());
    }

    /// Runs the tasks in `started`, or the next waiting task, in a worker of the agent.
    fn work(&self, state: &mut EngineState, agent: String, started: Vec<StartedTask>) {
        let (context, listener) = (Arc::clone(&state.context), Arc::clone(&self.listener));
        let stop = StopSignals { cancel: state.context.cancel_attempts.clone(), closing: state.closing.clone() };
        let crashed = Message::Worker(WorkerMessage::Crashed(agent.clone()));
        state.spawn_holding(crashed, async move {
            let batch = Box::pin(work::run_batch(&context, &agent, started, &stop, Some(&listener))).await;
            Message::Worker(WorkerMessage::Worked { agent, batch })
        });
    }

    fn on_worked(&mut self, state: &mut EngineState, agent: String, batch: AttemptBatch) {
        if batch.next.is_empty() {
            self.on_worker_end(state, &agent);
            if self.more_work.remove(&agent) || !batch.settled.is_empty() {
                self.start(state, agent);
            }
        } else {
            self.work(state, agent, batch.next);
        }
        batch.settled.into_iter().for_each(|settled| state.on_settled(settled));
    }

    fn on_crash(&mut self, state: &mut EngineState, agent: &str) {
        self.crashed.insert(agent.to_owned());
        self.on_worker_end(state, agent);
    }

    /// Removes a worker that has ended. After the agent's last worker, queues the tasks of crashed workers again.
    fn on_worker_end(&mut self, state: &mut EngineState, agent: &str) {
        let left = self.running.get_mut(agent).map_or(0, |workers| {
            *workers = workers.saturating_sub(1);
            *workers
        });
        if left > 0 || !self.crashed.remove(agent) {
            return;
        }
        let (context, agent, held) = (Arc::clone(&state.context), agent.to_owned(), waits_for_quarantined(state));
        state.jobs.spawn(async move {
            let released = release(&context, agent).await;
            let recovered = recover_tasks(&context, held).await;
            Message::Worker(WorkerMessage::Recovered(released.and(recovered)))
        });
    }

    /// Plans to recover unfinished tasks after `pause`, unless an earlier time is planned.
    pub(super) fn recover_in(&mut self, pause: Duration) {
        let at = Instant::now() + pause;
        self.next_recovery = Some(self.next_recovery.map_or(at, |planned| planned.min(at)));
    }

    /// Recovers unfinished tasks if the planned time has passed.
    pub(super) fn on_time(&mut self, state: &mut EngineState, now: Instant) {
        if self.next_recovery.take_if(|due| now >= *due).is_some() {
            Self::recover_now(state);
        }
    }

    /// Recovers unfinished tasks, and searches for stalled tasks.
    pub(super) fn check(state: &mut EngineState) {
        Self::recover_now(state);
        let context = Arc::clone(&state.context);
        state.jobs.spawn(async move { Message::Worker(WorkerMessage::Stalled(stalled_tasks(&context).await)) });
    }

    /// Queues the tasks that waited for one of the `changed` plugins.
    pub(super) fn requeue(state: &mut EngineState, changed: BTreeSet<String>) {
        let (context, held) = (Arc::clone(&state.context), waits_for_quarantined(state));
        state.jobs.spawn(async move {
            let job = move |tx: &Tx<'_>| requeue(tx, |agent| changed.contains(agent), Timestamp::now());
            Message::Worker(WorkerMessage::Recovered(match context.ledger.write(job).await {
                Ok(()) => recover_tasks(&context, held).await,
                Err(error) => Err(error.into()),
            }))
        });
    }

    /// Deletes the lists of watched files of removed plugins from the ledger.
    pub(super) fn forget_removed(state: &mut EngineState) {
        let (context, names) = (Arc::clone(&state.context), Arc::clone(&state.context.plugins().names));
        state.jobs.spawn(async move {
            let forgotten = context.ledger.write(move |tx: &Tx<'_>| watched::keep_only(tx, &names)).await;
            Message::Worker(WorkerMessage::Recovered(forgotten.map(|()| DueWork::default()).map_err(Into::into)))
        });
    }

    pub(super) fn recover_now(state: &mut EngineState) {
        let (context, held) = (Arc::clone(&state.context), waits_for_quarantined(state));
        state.jobs.spawn(async move { Message::Worker(WorkerMessage::Recovered(recover_tasks(&context, held).await)) });
    }

    /// Logs each stalled task once.
    fn log_stalled(&mut self, stalled: &[StalledTask]) {
        self.stalled.retain(|id| stalled.iter().any(|stalled| stalled.id == *id));
        for stalled in stalled {
            if self.stalled.insert(stalled.id.clone()) {
                let (task, agent, since) = (&stalled.id, &stalled.agent, stalled.since.strftime("%Y-%m-%d %H:%M UTC"));
                tracing::warn!(%task, %agent, "no progress: {} since {since}; `baton why {task}` shows why", stalled.state);
            }
        }
    }
}

/// True if the engine waits for the next try of a quarantined plugin. `up --once` does not wait.
fn waits_for_quarantined(state: &EngineState) -> bool {
    state.mode == Mode::Forever
}
