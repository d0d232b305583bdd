//! The deliveries of the daemon: batches of files that Baton writes and moves, retries of failed deliveries, and the notices
//! of escalations.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::delivery_queue::DeliveryQueue;
use super::message::{Action, DeliveryMessage, DeliveryTry, Message};
use super::state::{EngineState, Mode};
use crate::delivery::{DeliveryResult, deliver_all};
use crate::escalation::{EscalationResult, run_escalations};
use crate::{DispatchError, limits};

/// The queue name for deliveries of escalations, instead of an agent's name.
const ESCALATIONS: &str = "";

#[derive(Default)]
pub(super) struct Deliveries {
    queue: DeliveryQueue,
    /// Deliveries that failed, and the time of the next try of each.
    retries: Vec<(Instant, DeliveryTry)>,
}

impl Deliveries {
    pub(super) fn next_wake(&self, stopping: bool) -> Option<Instant> {
        let retry = self.retries.iter().map(|(at, _)| *at).min().filter(|_| !stopping);
        [retry, self.queue.next_at()].into_iter().flatten().min()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_idle()
    }

    pub(super) fn has_retries(&self) -> bool {
        !self.retries.is_empty()
    }

    pub(super) fn on_message(&mut self, state: &mut EngineState, message: DeliveryMessage) {
        match message {
            DeliveryMessage::Delivered { batch, delivered } => self.on_delivered(state, batch, delivered),
            DeliveryMessage::Escalated(Ok(escalated)) => self.on_escalated(state, escalated),
            DeliveryMessage::Escalated(Err(error)) => state.failed(&error),
        }
    }

    /// Queues a task of `agent` that has something to deliver.
    pub(super) fn add(&mut self, task: String, agent: &str) {
        self.queue.add(task, 1, agent);
    }

    /// Starts batches. While the engine stops, it still delivers settled tasks, but does not retry failed deliveries.
    pub(super) fn start(&mut self, state: &mut EngineState, now: Instant) {
        if !state.stopping {
            for (_, failed) in self.retries.extract_if(.., |(at, _)| *at <= now) {
                self.queue.add(failed.task, failed.tries + 1, &failed.agent);
            }
        }
        while let Some(batch) = self.queue.begin(now) {
            let context = Arc::clone(&state.context);
            let closed = Err(baton_ledger::LedgerError::Closed.into());
            let crashed = DeliveryMessage::Delivered { batch: batch.clone(), delivered: closed };
            state.spawn_holding(Message::Delivery(crashed), async move {
                let agent = batch.first().map_or_else(|| "".into(), |attempt| Arc::clone(&attempt.agent));
                let tasks = batch.iter().map(|attempt| attempt.task.clone()).collect();
                let delivered = deliver_all(&context, &agent, tasks).await;
                Message::Delivery(DeliveryMessage::Delivered { batch, delivered })
            });
        }
    }

    /// Runs the escalations that are due.
    pub(super) fn escalate(state: &mut EngineState) {
        let context = Arc::clone(&state.context);
        state.jobs.spawn(async move { Message::Delivery(DeliveryMessage::Escalated(run_escalations(&context).await)) });
    }

    fn on_escalated(&mut self, state: &mut EngineState, escalated: EscalationResult) {
        for id in escalated.to_deliver {
            // A failed delivery already has a time for its next try.
            if self.retries.iter().all(|(_, failed)| failed.task != id) {
                self.queue.add(id, 1, ESCALATIONS);
            }
        }
        escalated.settled.into_iter().for_each(|settled| state.on_settled(settled));
    }

    fn on_delivered(
        &mut self,
        state: &mut EngineState,
        batch: Vec<DeliveryTry>,
        delivered: Result<Vec<DeliveryResult>, DispatchError>,
    ) {
        self.queue.end(&batch);
        let mut delivered: HashMap<String, DeliveryResult> = match delivered {
            Ok(delivered) => delivered.into_iter().map(|delivered| (delivered.task.clone(), delivered)).collect(),
            Err(error) => return batch.into_iter().for_each(|attempt| self.on_error(state, attempt, &error)),
        };
        for attempt in batch {
            let Some(delivered) = delivered.remove(&attempt.task) else {
                continue;
            };
            delivered.changed.into_iter().for_each(|path| state.request(Action::FileChanged(path)));
            if delivered.more {
                self.queue.add(attempt.task.clone(), 1, &attempt.agent);
                state.request(Action::Recover(Duration::ZERO));
            }
            if let Some(error) = delivered.error {
                self.on_error(state, attempt, &error);
            }
        }
    }

    fn on_error(&mut self, state: &mut EngineState, failed: DeliveryTry, error: &DispatchError) {
        let (id, tries) = (&failed.task, failed.tries);
        tracing::warn!(task = %id, "could not be delivered: {error}");
        if state.mode == Mode::Once && tries >= limits::DELIVERY_TRIES {
            state.summary.undelivered.push(format!("{id}: {error}"));
            return;
        }
        let pause =
            limits::DELIVERY_BACKOFF.saturating_mul(2_u32.saturating_pow(tries - 1)).min(limits::DELIVERY_BACKOFF_MAX);
        self.retries.push((Instant::now() + pause, failed));
    }
}
