//! Starts the engine's jobs, and notes what each job holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_intake::DetectedBy;
use baton_ledger::{Tx, supervision, task};
use jiff::Timestamp;

use super::delivery_workers::DeliveryTry;
use super::message::Message;
use super::state::{Engine, JobResources, Mode};
use crate::attempt::StartedTask;
use crate::capture::capture;
use crate::delivery::deliver_all;
use crate::recover::recover;
use crate::work;
use crate::{Context, DispatchError, limits, triggers};

impl Engine {
    /// Starts whatever can be started now.
    pub(super) fn start_jobs(&mut self) {
        let now = Instant::now();
        if !self.stopping {
            self.start_new(now);
            self.look_for_missing();
        }
        // Settled tasks are delivered even while the engine stops.
        while let Some(batch) = self.delivery_workers.begin(now) {
            self.deliver(batch);
        }
    }

    fn start_new(&mut self, now: Instant) {
        let room = limits::CAPTURES_AT_ONCE.saturating_sub(self.file_queue.in_progress());
        for (path, waiting) in self.file_queue.take(room, now) {
            self.capture(path, waiting.agent.to_string(), waiting.seen, waiting.unfinished);
        }
        let due: Vec<usize> = self.armed.iter().filter(|(_, (_, at))| *at <= now).map(|(number, _)| *number).collect();
        for number in due {
            self.armed.remove(&number);
            if let Some(trigger) = self.triggers.get(number).cloned() {
                let (context, closing) = (Arc::clone(&self.context), self.closing.clone());
                self.jobs.spawn(async move { Message::Fired(triggers::fire(&context, trigger, &closing).await) });
            }
        }
        let (ready, later) = std::mem::take(&mut self.undelivered).into_iter().partition(|(at, ..)| *at <= now);
        self.undelivered = later;
        for (_, attempt) in ready {
            self.delivery_workers.ask(attempt.task, attempt.tries + 1, &attempt.agent);
        }
    }

    fn capture(&mut self, path: PathBuf, agent: String, seen: DetectedBy, unfinished: bool) {
        let (context, held) = (Arc::clone(&self.context), JobResources::File(path.clone()));
        let job = self.jobs.spawn(async move {
            let taken = capture(&context, &agent, path.clone(), seen, unfinished).await;
            Message::Captured(agent, path, taken)
        });
        self.held.insert(job.id(), held);
    }

    fn deliver(&mut self, batch: Vec<DeliveryTry>) {
        let (context, held) = (Arc::clone(&self.context), JobResources::Deliveries(batch.clone()));
        let job = self.jobs.spawn(async move {
            let agent = batch.first().map_or_else(|| "".into(), |attempt| Arc::clone(&attempt.agent));
            let tasks = batch.iter().map(|attempt| attempt.task.clone()).collect();
            let delivered = deliver_all(&context, &agent, tasks).await;
            Message::Delivered(batch, delivered)
        });
        self.held.insert(job.id(), held);
    }

    /// Starts a worker of the agent unless enough run.
    pub(super) fn kick(&mut self, agent: String) {
        let most = self.context.roster().get(&agent).map_or(1, |agent| agent.settings.concurrency.max(1));
        let workers = self.working.entry(agent.clone()).or_default();
        if self.stopping || *workers >= most {
            self.more_work.insert(agent);
            return;
        }
        *workers += 1;
        self.work(agent, Vec::new());
    }

    /// Has a worker of the agent run `begun`, or the next waiting task.
    pub(super) fn work(&mut self, agent: String, begun: Vec<StartedTask>) {
        let (context, listener) = (Arc::clone(&self.context), Arc::clone(&self.listener));
        let (cancel, closing) = (self.context.ending.clone(), self.closing.clone());
        let held = JobResources::Agent(agent.clone());
        let job = self.jobs.spawn(async move {
            let worked = Box::pin(work::next(&context, &agent, begun, (&cancel, &closing), Some(&listener))).await;
            Message::Worked(agent, worked)
        });
        self.held.insert(job.id(), held);
    }

    /// Whether the engine waits until a quarantined plugin may be tried again. `up --once` does not.
    pub(super) fn waits_for_held(&self) -> bool {
        self.mode == Mode::Forever
    }

    pub(super) fn recover_left_overs(&mut self) {
        let (context, held) = (Arc::clone(&self.context), self.waits_for_held());
        self.jobs.spawn(async move { Message::Recovered(recover_tasks(&context, held).await) });
    }
}

/// Recovers unfinished tasks. Returns the agents that have work and when the next retry is due; with `held` the tries of
/// quarantined plugins count too.
pub(super) async fn recover_tasks(
    context: &Arc<Context>,
    held: bool,
) -> Result<(Vec<String>, Option<Duration>), DispatchError> {
    recover(context, false).await?;
    let now = Timestamp::now();
    let me = context.owner.clone();
    let look = move |tx: &Tx<'_>| {
        let held = if held { supervision::next(tx, now)? } else { None };
        let due = [task::next_due(tx)?, held].into_iter().flatten().min();
        Ok((task::agents_with_work(tx)?, due, task::to_stop(tx, &me)?))
    };
    let (agents, due, stop) = context.ledger.write(look).await?;
    for id in &stop {
        context.running.stop(id);
    }
    Ok((agents, due.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO))))
}
