//! Handles the messages of the engine's jobs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::State;
use baton_intake::DetectedBy;
use baton_ledger::LedgerError;
use baton_ledger::task::Stalled;
use tokio::task::{Id, JoinError};

use super::delivery_workers::DeliveryTry;
use super::message::Message;
use super::start::recover_tasks;
use super::state::{Engine, JobResources, Mode};
use crate::attempt::{AttemptBatch, SettledTask};
use crate::capture::outcome::CaptureOutcome;
use crate::capture::reject_unreadable;
use crate::delivery::Delivered;
use crate::escalation::EscalationResult;
use crate::presence::FILE_MISSING;
use crate::recover::release;
use crate::triggers::ArmedTrigger;
use crate::triggers::task::TriggerResult;
use crate::{DispatchError, limits};

/// The queue of the deliveries that escalations make, instead of an agent's name.
const ESCALATIONS: &str = "";

impl Engine {
    pub(super) fn on_job_done(&mut self, done: Result<(Id, Message), JoinError>) {
        let (id, message) = match done {
            Ok((id, message)) => (id, Some(message)),
            Err(error) => {
                tracing::error!(%error, "a job ended without a message");
                (error.id(), None)
            }
        };
        let held = self.held.remove(&id);
        match message {
            Some(message) => self.on_message(message),
            None => self.release(held),
        }
    }

    /// A job crashed: its file is read again, its agent gets a new worker. The lease of its task leads to a new attempt.
    fn release(&mut self, held: Option<JobResources>) {
        match held {
            Some(JobResources::File(path)) => self.on_reader_crash(path),
            Some(JobResources::Agent(agent)) => {
                self.broken.insert(agent.clone());
                self.on_worker_end(&agent);
            }
            Some(JobResources::Deliveries(batch)) => self.on_delivered(batch, Err(LedgerError::Closed.into())),
            Some(JobResources::Plugins) => self.on_refreshed(None),
            None => {}
        }
    }

    /// The reader of a file crashed. After [`limits::BREAKS`] crashes the file is rejected unread.
    fn on_reader_crash(&mut self, path: PathBuf) {
        let breaks = self.breaks.entry(path.clone()).or_default();
        *breaks += 1;
        if *breaks < limits::BREAKS {
            self.file_queue.put_back(&path, false, Instant::now() + limits::DELIVERY_BACKOFF);
            return;
        }
        self.breaks.remove(&path);
        let roster = self.context.roster();
        let Some(owner) = path.parent().and_then(|folder| roster.owner_of(folder)).map(str::to_owned) else {
            return self.file_queue.forget(&path);
        };
        let (context, held) = (Arc::clone(&self.context), JobResources::File(path.clone()));
        let job = self.jobs.spawn(async move {
            let taken = reject_unreadable(&context, &owner, &path).await;
            Message::Captured(owner, path, taken)
        });
        self.held.insert(job.id(), held);
    }

    /// A worker of the agent has ended. When the last one has, the tasks that a crashed worker held are queued again.
    fn on_worker_end(&mut self, agent: &str) {
        let left = self.working.get_mut(agent).map_or(0, |workers| {
            *workers = workers.saturating_sub(1);
            *workers
        });
        if left > 0 || !self.broken.remove(agent) {
            return;
        }
        let (context, agent, held) = (Arc::clone(&self.context), agent.to_owned(), self.waits_for_held());
        self.jobs.spawn(async move {
            let released = release(&context, agent).await;
            let recovered = recover_tasks(&context, held).await;
            Message::Recovered(released.and(recovered))
        });
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::Scanned(agent, inbox, found) => {
                self.scans = self.scans.saturating_sub(1);
                self.on_scanned(&agent, &inbox, found);
            }
            Message::Captured(owner, path, taken) => self.on_captured(owner, &path, taken),
            Message::Escalated(Ok(escalated)) => self.on_escalations(escalated),
            Message::Stalled(Ok(still)) => self.say_still(&still),
            Message::Worked(agent, Ok(attempt_batch)) => self.on_worker_done(agent, attempt_batch),
            Message::Worked(agent, Err(error)) => {
                tracing::error!(%agent, "{error}");
                self.release(Some(JobResources::Agent(agent)));
                self.give_up_once(&error);
            }
            Message::MissingFiles(Ok(settled)) => settled.into_iter().for_each(|settled| self.on_settled(settled)),
            Message::Delivered(batch, delivered) => self.on_delivered(batch, delivered),
            Message::Fired(Ok(fired)) => self.on_trigger_result(fired),
            Message::Scheduled(Ok((agents, next))) => {
                for agent in agents {
                    self.kick(agent);
                }
                self.next_schedule = next.map(|next| Instant::now() + next);
            }
            Message::Refreshed(plugins) => self.on_refreshed(plugins),
            Message::Recovered(Ok((agents, due))) => {
                for agent in agents {
                    self.kick(agent);
                }
                if let Some(due) = due {
                    self.recover_in(due);
                }
            }
            Message::Fired(Err(error)) => {
                self.unseen.all = true;
                self.failed(&error);
            }
            Message::Escalated(Err(error))
            | Message::Stalled(Err(error))
            | Message::MissingFiles(Err(error))
            | Message::Scheduled(Err(error))
            | Message::Recovered(Err(error)) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &DispatchError) {
        tracing::error!("{error}");
        self.recover_in(limits::DELIVERY_BACKOFF);
        self.give_up_once(error);
    }

    fn on_trigger_result(&mut self, fired: TriggerResult) {
        if let Some(reached) = &fired.waits {
            self.unseen.of_plugins.insert(reached.plugin.clone());
            if self.context.budgets.tell(&reached.plugin, true) {
                tracing::warn!(agent = %reached.plugin, "{}", reached.text());
            }
        }
        self.unseen.of_plugins.extend(fired.unread);
        for agent in &fired.agents {
            self.context.budgets.tell(agent, false);
        }
        for agent in fired.agents {
            self.kick(agent);
        }
        for number in 0..self.triggers.len() {
            let more_audio = match self.triggers.get(number) {
                Some(ArmedTrigger::Audio(trigger)) => fired.audio.as_ref() == Some(&trigger.folder.named),
                _ => false,
            };
            if fired.more || more_audio {
                self.arm(number);
            }
        }
        if let Some((plugin, watching)) = fired.watching {
            self.watch_files(plugin, watching);
        }
    }

    /// `up --once` does not wait for a failing ledger.
    fn give_up_once(&mut self, error: &DispatchError) {
        if self.mode == Mode::Once {
            self.summary.undelivered.push(error.to_string());
            self.stopping = true;
            self.closing.cancel();
        }
    }

    /// Recovers unfinished tasks after `pause`, or sooner if that was planned.
    fn recover_in(&mut self, pause: Duration) {
        let at = Instant::now() + pause;
        self.next_due = Some(self.next_due.map_or(at, |planned| planned.min(at)));
    }

    /// Logs each stalled task once.
    fn say_still(&mut self, still: &[Stalled]) {
        self.still.retain(|id| still.iter().any(|stalled| stalled.id == *id));
        for stalled in still {
            if self.still.insert(stalled.id.clone()) {
                let (task, agent, since) = (&stalled.id, &stalled.agent, stalled.since.strftime("%Y-%m-%d %H:%M UTC"));
                tracing::warn!(%task, %agent, "no progress: {} since {since}; `baton why {task}` tells more", stalled.state);
            }
        }
    }

    fn on_escalations(&mut self, escalated: EscalationResult) {
        for id in escalated.to_deliver {
            // A failed delivery has a time for its next try already.
            if self.undelivered.iter().all(|(_, waits)| waits.task != id) {
                self.delivery_workers.ask(id, 1, ESCALATIONS);
            }
        }
        for settled in escalated.settled {
            self.on_settled(settled);
        }
    }

    fn on_captured(&mut self, owner: String, path: &Path, taken: Result<CaptureOutcome, DispatchError>) {
        let now = Instant::now();
        match taken {
            Ok(CaptureOutcome::Queued { agent }) => {
                self.summary.captured += 1;
                self.file_queue.keep(path);
                self.kick(agent);
            }
            Ok(CaptureOutcome::Moving { to_deliver, released }) => {
                self.summary.captured += 1;
                self.file_queue.keep(path);
                for id in to_deliver {
                    self.delivery_workers.ask(id, 1, &owner);
                }
                if released {
                    self.recover_left_overs();
                }
            }
            Ok(CaptureOutcome::Settled { state, to_deliver, released }) => {
                self.summary.captured += 1;
                *self.summary.settled.entry(state.as_str()).or_default() += 1;
                self.file_queue.keep(path);
                for id in to_deliver {
                    self.delivery_workers.ask(id, 1, &owner);
                }
                // A waiting task may have a deadline.
                if released || state == State::Waiting {
                    self.recover_left_overs();
                }
            }
            Ok(CaptureOutcome::Known) => {
                self.file_queue.keep(path);
                // It may have been moved here for the agent.
                if self.context.is_plugin(&owner) {
                    self.kick(owner);
                }
            }
            Ok(CaptureOutcome::Later { pause, unfinished }) => {
                if unfinished && self.file_queue.say_once(path) {
                    let file = self.context.shown(path);
                    tracing::warn!(%file, "the JSON ends too early; waiting up to {} s for its end", pause.as_secs() + 1);
                }
                self.file_queue.put_back(path, unfinished, now + pause);
            }
            Ok(CaptureOutcome::Ignored(reason)) => {
                self.file_queue.keep(path);
                self.say_ignored(path, &reason);
            }
            Ok(CaptureOutcome::Gone) => self.file_queue.forget(path),
            Err(error) => self.on_capture_error(path, &error, now),
        }
    }

    /// The file cannot be read now. The daemon tries again; `up --once` reports it and ends.
    fn on_capture_error(&mut self, path: &Path, error: &DispatchError, now: Instant) {
        let file = self.context.shown(path);
        if self.file_queue.say_once(path) {
            tracing::warn!(%file, "{error}");
        }
        if self.mode == Mode::Once {
            self.file_queue.give_up(path);
            self.summary.undelivered.push(format!("{file}: {error}"));
        } else {
            self.file_queue.put_back(path, false, now + limits::DELIVERY_BACKOFF);
        }
    }

    fn on_worker_done(&mut self, agent: String, attempt_batch: AttemptBatch) {
        if attempt_batch.next.is_empty() {
            self.on_worker_end(&agent);
            if self.more_work.remove(&agent) || !attempt_batch.settled.is_empty() {
                self.kick(agent);
            }
        } else {
            self.work(agent, attempt_batch.next);
        }
        attempt_batch.settled.into_iter().for_each(|settled| self.on_settled(settled));
    }

    fn on_settled(&mut self, settled: SettledTask) {
        settled.log();
        *self.summary.settled.entry(settled.status()).or_default() += 1;
        for id in std::iter::once(settled.id).chain(settled.to_deliver) {
            self.delivery_workers.ask(id, 1, &settled.agent);
        }
        if settled.watches {
            self.arm_watched(Some(&settled.agent));
        }
        if settled.wrote {
            self.arm_triggers_of(&settled.agent);
        }
        if settled.text == FILE_MISSING {
            self.next_reconcile = self.next_reconcile.min(Instant::now() + limits::MISSING_LOOK);
        }
        if let Some(reason) = &settled.quarantined {
            tracing::warn!(agent = %settled.agent, "{reason}");
        }
        if settled.state == State::Waiting || settled.released || settled.quarantined.is_some() {
            self.recover_in(Duration::ZERO);
        }
    }

    fn on_delivered(&mut self, batch: Vec<DeliveryTry>, delivered: Result<Vec<Delivered>, DispatchError>) {
        self.delivery_workers.ended(&batch);
        let mut delivered: HashMap<String, Delivered> = match delivered {
            Ok(delivered) => delivered.into_iter().map(|delivered| (delivered.task.clone(), delivered)).collect(),
            Err(error) => return batch.into_iter().for_each(|attempt| self.on_delivery_error(attempt, &error)),
        };
        for attempt in batch {
            let Some(delivered) = delivered.remove(&attempt.task) else {
                continue;
            };
            for path in delivered.news {
                self.path_changed(&path, DetectedBy::Complete);
            }
            if delivered.more {
                self.delivery_workers.ask(attempt.task.clone(), 1, &attempt.agent);
                self.recover_in(Duration::ZERO);
            }
            if let Some(error) = delivered.error {
                self.on_delivery_error(attempt, &error);
            }
        }
    }

    fn on_delivery_error(&mut self, attempt: DeliveryTry, error: &DispatchError) {
        let (id, tries) = (&attempt.task, attempt.tries);
        tracing::warn!(task = %id, "could not be delivered: {error}");
        if self.mode == Mode::Once && tries >= limits::DELIVERY_TRIES {
            self.summary.undelivered.push(format!("{id}: {error}"));
            return;
        }
        let pause =
            limits::DELIVERY_BACKOFF.saturating_mul(2_u32.saturating_pow(tries - 1)).min(limits::DELIVERY_BACKOFF_MAX);
        self.undelivered.push((Instant::now() + pause, attempt));
    }
}
