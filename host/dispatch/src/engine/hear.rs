//! What the engine hears from its jobs, and what it does about it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::State;
use baton_intake::Seen;
use baton_ledger::LedgerError;
use baton_ledger::task::Stalled;
use tokio::task::{Id, JoinError};

use super::carriers::Asked;
use super::message::Message;
use super::serve::{Engine, Held, Mode};
use super::start::take_up;
use crate::capture::{Taken, put_away};
use crate::carry::Carried;
use crate::obligations::Tended;
use crate::recover::release;
use crate::settle::Settled;
use crate::trigger::{Armed, Fired};
use crate::withdraw::MISSING;
use crate::work::Stint;
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
    fn let_go(&mut self, held: Option<Held>) {
        match held {
            Some(Held::File(path)) => self.broke(path),
            Some(Held::Agent(agent)) => {
                self.broken.insert(agent.clone());
                self.ended(&agent);
            }
            Some(Held::Deliveries(batch)) => self.carried(batch, Err(LedgerError::Closed.into())),
            Some(Held::Plugins) => self.refreshed(None),
            None => {}
        }
    }

    /// The reader of a file broke off. A file that does so again and again is put away unread.
    fn broke(&mut self, path: PathBuf) {
        let breaks = self.breaks.entry(path.clone()).or_default();
        *breaks += 1;
        if *breaks < limits::BREAKS {
            self.desk.put_back(&path, false, Instant::now() + limits::CARRY_AGAIN);
            return;
        }
        self.breaks.remove(&path);
        let roster = self.house.roster();
        let Some(owner) = path.parent().and_then(|folder| roster.owner_of(folder)).map(str::to_owned) else {
            return self.desk.forget(&path);
        };
        let (house, held) = (Arc::clone(&self.house), Held::File(path.clone()));
        let job = self.jobs.spawn(async move {
            let taken = put_away(&house, &owner, &path).await;
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
        let (house, agent, held) = (Arc::clone(&self.house), agent.to_owned(), self.waits_for_held());
        self.jobs.spawn(async move {
            let released = release(&house, agent).await;
            let taken_up = take_up(&house, held).await;
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
            Message::Worked(agent, Ok(stint)) => self.worked(agent, stint),
            Message::Worked(agent, Err(error)) => {
                tracing::error!(%agent, "{error}");
                self.let_go(Some(Held::Agent(agent)));
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

    fn fired(&mut self, fired: Fired) {
        if let Some(reached) = &fired.waits {
            self.unseen.of_plugins.insert(reached.plugin.clone());
            if self.house.budgets.tell(&reached.plugin, true) {
                tracing::warn!(agent = %reached.plugin, "{}", reached.text());
            }
        }
        self.unseen.of_plugins.extend(fired.unread);
        for agent in &fired.agents {
            self.house.budgets.tell(agent, false);
        }
        for agent in fired.agents {
            self.kick(agent);
        }
        for number in 0..self.triggers.len() {
            let hears = match self.triggers.get(number) {
                Some(Armed::Audio(trigger)) => fired.audio.as_ref() == Some(&trigger.folder.named),
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

    fn tended(&mut self, tended: Tended) {
        for id in tended.carry {
            // What failed has its time for the next try already.
            if self.undelivered.iter().all(|(_, waits)| waits.task != id) {
                self.carriers.ask(id, 1, OBLIGATIONS);
            }
        }
        for settled in tended.settled {
            self.settled(settled);
        }
    }

    fn captured(&mut self, owner: String, path: &Path, taken: Result<Taken, DispatchError>) {
        let now = Instant::now();
        match taken {
            Ok(Taken::Queued { agent }) => {
                self.summary.captured += 1;
                self.desk.keep(path);
                self.kick(agent);
            }
            Ok(Taken::Moving { carry, released }) => {
                self.summary.captured += 1;
                self.desk.keep(path);
                for id in carry {
                    self.carriers.ask(id, 1, &owner);
                }
                if released {
                    self.take_up();
                }
            }
            Ok(Taken::Settled { state, carry, released }) => {
                self.summary.captured += 1;
                *self.summary.settled.entry(state.as_str()).or_default() += 1;
                self.desk.keep(path);
                for id in carry {
                    self.carriers.ask(id, 1, &owner);
                }
                // One that waits may have a deadline.
                if released || state == State::Waiting {
                    self.take_up();
                }
            }
            Ok(Taken::Known) => {
                self.desk.keep(path);
                // It may have been moved here for the agent.
                if self.house.is_plugin(&owner) {
                    self.kick(owner);
                }
            }
            Ok(Taken::Later { pause, unfinished }) => {
                if unfinished && self.desk.say_once(path) {
                    let file = self.house.shown(path);
                    tracing::warn!(%file, "the JSON ends too early; waiting up to {} s for its end", pause.as_secs() + 1);
                }
                self.desk.put_back(path, unfinished, now + pause);
            }
            Ok(Taken::Ignored(reason)) => {
                self.desk.keep(path);
                self.say_ignored(path, &reason);
            }
            Ok(Taken::Gone) => self.desk.forget(path),
            Err(error) => self.not_captured(path, &error, now),
        }
    }

    /// A file that cannot be read now, perhaps later: the daemon goes on trying, a single run says so and ends.
    fn not_captured(&mut self, path: &Path, error: &DispatchError, now: Instant) {
        let file = self.house.shown(path);
        if self.desk.say_once(path) {
            tracing::warn!(%file, "{error}");
        }
        if self.mode == Mode::Once {
            self.desk.give_up(path);
            self.summary.undelivered.push(format!("{file}: {error}"));
        } else {
            self.desk.put_back(path, false, now + limits::CARRY_AGAIN);
        }
    }

    fn worked(&mut self, agent: String, stint: Stint) {
        if stint.next.is_empty() {
            self.ended(&agent);
            if self.more_work.remove(&agent) || !stint.settled.is_empty() {
                self.kick(agent);
            }
        } else {
            self.work(agent, stint.next);
        }
        stint.settled.into_iter().for_each(|settled| self.settled(settled));
    }

    fn settled(&mut self, settled: Settled) {
        settled.log();
        *self.summary.settled.entry(settled.status()).or_default() += 1;
        for id in std::iter::once(settled.id).chain(settled.carry) {
            self.carriers.ask(id, 1, &settled.agent);
        }
        if settled.watches {
            self.arm_watched(Some(&settled.agent));
        }
        if settled.wrote {
            self.arm_triggers_of(&settled.agent);
        }
        if settled.text == MISSING {
            self.next_reconcile = self.next_reconcile.min(Instant::now() + limits::MISSING_LOOK);
        }
        if let Some(reason) = &settled.quarantined {
            tracing::warn!(agent = %settled.agent, "{reason}");
        }
        if settled.state == State::Waiting || settled.released || settled.quarantined.is_some() {
            self.take_up_in(Duration::ZERO);
        }
    }

    fn carried(&mut self, batch: Vec<Asked>, carried: Result<Vec<Carried>, DispatchError>) {
        self.carriers.ended(&batch);
        let mut carried: HashMap<String, Carried> = match carried {
            Ok(carried) => carried.into_iter().map(|carried| (carried.task.clone(), carried)).collect(),
            Err(error) => return batch.into_iter().for_each(|asked| self.not_carried(asked, &error)),
        };
        for asked in batch {
            let Some(carried) = carried.remove(&asked.task) else {
                continue;
            };
            for path in carried.news {
                self.path_changed(&path, Seen::Complete);
            }
            if carried.more {
                self.carriers.ask(asked.task.clone(), 1, &asked.agent);
                self.take_up_in(Duration::ZERO);
            }
            if let Some(error) = carried.error {
                self.not_carried(asked, &error);
            }
        }
    }

    fn not_carried(&mut self, asked: Asked, error: &DispatchError) {
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
