//! What the engine hears from its jobs, and what it does about it.

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
use crate::trigger::ArmedTrigger;
use crate::trigger::task::TriggerResult;
use crate::{DispatchError, limits};

/// Stands for the agents of what is carried because it lay too long: together they are one queue.
const OBLIGATIONS: &str = "";

impl Engine {
    pub(super) fn hear(&mut self, done: Result<(Id, Message), JoinError>) {
        let (id, message) = match done {
            Ok((id, message)) => (id, Some(message)),
            Err(error) => {
                tracing::error!(%error, "a job ended without an answer");
                (error.id(), None)
            }
        };
        let held = self.held.remove(&id);
        match message {
            Some(message) => self.heard(message),
            None => self.let_go(held),
        }
    }

    /// A job broke off: its file is looked at again, its agent gets a new worker; the task itself is found by its lease.
    fn let_go(&mut self, held: Option<JobResources>) {
        match held {
            Some(JobResources::File(path)) => self.broke(path),
            Some(JobResources::Agent(agent)) => {
                self.broken.insert(agent.clone());
                self.ended(&agent);
            }
            Some(JobResources::Deliveries(batch)) => self.carried(batch, Err(LedgerError::Closed.into())),
            Some(JobResources::Plugins) => self.refreshed(None),
            None => {}
        }
    }

    /// The reader of a file broke off. A file that does so again and again is put away unread.
    fn broke(&mut self, path: PathBuf) {
        let breaks = self.breaks.entry(path.clone()).or_default();
        *breaks += 1;
        if *breaks < limits::BREAKS {
            self.file_queue.put_back(&path, false, Instant::now() + limits::CARRY_AGAIN);
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

    /// A worker of the agent is gone. What a broken one held is taken up when no other can hold it.
    fn ended(&mut self, agent: &str) {
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
            let taken_up = recover_tasks(&context, held).await;
            Message::Recovered(released.and(taken_up))
        });
    }

    fn heard(&mut self, message: Message) {
        match message {
            Message::Scanned(agent, inbox, found) => {
                self.scans = self.scans.saturating_sub(1);
                self.scanned(&agent, &inbox, found);
            }
            Message::Captured(owner, path, taken) => self.captured(owner, &path, taken),
            Message::Tended(Ok(tended)) => self.tended(tended),
            Message::Still(Ok(still)) => self.say_still(&still),
            Message::Worked(agent, Ok(attempt_batch)) => self.worked(agent, attempt_batch),
            Message::Worked(agent, Err(error)) => {
                tracing::error!(%agent, "{error}");
                self.let_go(Some(JobResources::Agent(agent)));
                self.give_up_once(&error);
            }
            Message::Withdrawn(Ok(settled)) => settled.into_iter().for_each(|settled| self.settled(settled)),
            Message::Carried(batch, carried) => self.carried(batch, carried),
            Message::Fired(Ok(fired)) => self.fired(fired),
            Message::Scheduled(Ok((agents, next))) => {
                for agent in agents {
                    self.kick(agent);
                }
                self.next_schedule = next.map(|next| Instant::now() + next);
            }
            Message::Refreshed(plugins) => self.refreshed(plugins),
            Message::Recovered(Ok((agents, due))) => {
                for agent in agents {
                    self.kick(agent);
                }
                if let Some(due) = due {
                    self.take_up_in(due);
                }
            }
            Message::Fired(Err(error)) => {
                self.unseen.all = true;
                self.failed(&error);
            }
            Message::Tended(Err(error))
            | Message::Still(Err(error))
            | Message::Withdrawn(Err(error))
            | Message::Scheduled(Err(error))
            | Message::Recovered(Err(error)) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &DispatchError) {
        tracing::error!("{error}");
        self.take_up_in(limits::CARRY_AGAIN);
        self.give_up_once(error);
    }

    fn fired(&mut self, fired: TriggerResult) {
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
            let hears = match self.triggers.get(number) {
                Some(ArmedTrigger::Audio(trigger)) => fired.audio.as_ref() == Some(&trigger.folder.named),
                _ => false,
            };
            if fired.more || hears {
                self.arm(number);
            }
        }
        if let Some((plugin, watching)) = fired.watching {
            self.watch_files(plugin, watching);
        }
    }

    /// A single run does not wait for a ledger that fails.
    fn give_up_once(&mut self, error: &DispatchError) {
        if self.mode == Mode::Once {
            self.summary.undelivered.push(error.to_string());
            self.stopping = true;
            self.closing.cancel();
        }
    }

    /// Has left-overs taken up after `pause`, or sooner if that was planned.
    fn take_up_in(&mut self, pause: Duration) {
        let at = Instant::now() + pause;
        self.next_due = Some(self.next_due.map_or(at, |planned| planned.min(at)));
    }

    /// Says of each task that does not move that it does not, once.
    fn say_still(&mut self, still: &[Stalled]) {
        self.still.retain(|id| still.iter().any(|stalled| stalled.id == *id));
        for stalled in still {
            if self.still.insert(stalled.id.clone()) {
                let (task, agent, since) = (&stalled.id, &stalled.agent, stalled.since.strftime("%Y-%m-%d %H:%M UTC"));
                tracing::warn!(%task, %agent, "no progress: {} since {since}; `baton why {task}` tells more", stalled.state);
            }
        }
    }

    fn tended(&mut self, tended: EscalationResult) {
        for id in tended.carry {
            // What failed has its time for the next try already.
            if self.undelivered.iter().all(|(_, waits)| waits.task != id) {
                self.delivery_workers.ask(id, 1, OBLIGATIONS);
            }
        }
        for settled in tended.settled {
            self.settled(settled);
        }
    }

    fn captured(&mut self, owner: String, path: &Path, taken: Result<CaptureOutcome, DispatchError>) {
        let now = Instant::now();
        match taken {
            Ok(CaptureOutcome::Queued { agent }) => {
                self.summary.captured += 1;
                self.file_queue.keep(path);
                self.kick(agent);
            }
            Ok(CaptureOutcome::Moving { carry, released }) => {
                self.summary.captured += 1;
                self.file_queue.keep(path);
                for id in carry {
                    self.delivery_workers.ask(id, 1, &owner);
                }
                if released {
                    self.take_up();
                }
            }
            Ok(CaptureOutcome::Settled { state, carry, released }) => {
                self.summary.captured += 1;
                *self.summary.settled.entry(state.as_str()).or_default() += 1;
                self.file_queue.keep(path);
                for id in carry {
                    self.delivery_workers.ask(id, 1, &owner);
                }
                // One that waits may have a deadline.
                if released || state == State::Waiting {
                    self.take_up();
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
            Err(error) => self.not_captured(path, &error, now),
        }
    }

    /// A file that cannot be read now, perhaps later: the daemon goes on trying, a single run says so and ends.
    fn not_captured(&mut self, path: &Path, error: &DispatchError, now: Instant) {
        let file = self.context.shown(path);
        if self.file_queue.say_once(path) {
            tracing::warn!(%file, "{error}");
        }
        if self.mode == Mode::Once {
            self.file_queue.give_up(path);
            self.summary.undelivered.push(format!("{file}: {error}"));
        } else {
            self.file_queue.put_back(path, false, now + limits::CARRY_AGAIN);
        }
    }

    fn worked(&mut self, agent: String, attempt_batch: AttemptBatch) {
        if attempt_batch.next.is_empty() {
            self.ended(&agent);
            if self.more_work.remove(&agent) || !attempt_batch.settled.is_empty() {
                self.kick(agent);
            }
        } else {
            self.work(agent, attempt_batch.next);
        }
        attempt_batch.settled.into_iter().for_each(|settled| self.settled(settled));
    }

    fn settled(&mut self, settled: SettledTask) {
        settled.log();
        *self.summary.settled.entry(settled.status()).or_default() += 1;
        for id in std::iter::once(settled.id).chain(settled.carry) {
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
            self.take_up_in(Duration::ZERO);
        }
    }

    fn carried(&mut self, batch: Vec<DeliveryTry>, carried: Result<Vec<Delivered>, DispatchError>) {
        self.delivery_workers.ended(&batch);
        let mut carried: HashMap<String, Delivered> = match carried {
            Ok(carried) => carried.into_iter().map(|carried| (carried.task.clone(), carried)).collect(),
            Err(error) => return batch.into_iter().for_each(|asked| self.not_carried(asked, &error)),
        };
        for asked in batch {
            let Some(carried) = carried.remove(&asked.task) else {
                continue;
            };
            for path in carried.news {
                self.path_changed(&path, DetectedBy::Complete);
            }
            if carried.more {
                self.delivery_workers.ask(asked.task.clone(), 1, &asked.agent);
                self.take_up_in(Duration::ZERO);
            }
            if let Some(error) = carried.error {
                self.not_carried(asked, &error);
            }
        }
    }

    fn not_carried(&mut self, asked: DeliveryTry, error: &DispatchError) {
        let (id, tries) = (&asked.task, asked.tries);
        tracing::warn!(task = %id, "could not be delivered: {error}");
        if self.mode == Mode::Once && tries >= limits::CARRY_TRIES {
            self.summary.undelivered.push(format!("{id}: {error}"));
            return;
        }
        let pause =
            limits::CARRY_AGAIN.saturating_mul(2_u32.saturating_pow(tries - 1)).min(limits::CARRY_AGAIN_AT_MOST);
        self.undelivered.push((Instant::now() + pause, asked));
    }
}
