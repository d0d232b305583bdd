//! The loop: sees changes, starts jobs, hears from them, knows when nothing is left to do.
//!
//! The loop itself never reads a file's content, never waits for an attempt and never writes a task: jobs do, and answer
//! with a message. So one slow plugin or one full disk holds nobody else up, and there is no lock to hold.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::State;
use baton_intake::limits::RECONCILE;
use baton_intake::{Change, Found, FoundKind, IntakeError, Seen, Watcher, claim, scan};
use baton_ledger::task::Stalled;
use baton_ledger::{LedgerError, Tx, outbox, task};
use baton_sandbox::{Cancel, Progress};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use super::carriers::{Asked, Carriers};
use super::desk::Desk;
use super::message::Message;
use crate::capture::{Taken, capture, put_away};
use crate::carry::{Carried, carry_all};
use crate::obligations::{Tended, tend};
use crate::recover::{recover, release};
use crate::settle::Settled;
use crate::trigger::{self, FilesTrigger};
use crate::work::{self, Begun, Listener, Stint};
use crate::{AgentKind, DispatchError, House, Roster, limits};

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
enum Held {
    File(PathBuf),
    Agent(String),
    Deliveries(Vec<Asked>),
}

/// The daemon's engine.
pub struct Engine {
    house: Arc<House>,
    mode: Mode,
    listener: Listener,
    desk: Desk,
    watcher: Option<Watcher>,
    triggers: Vec<FilesTrigger>,
    /// Triggers that are to be looked at: when the first change was seen, and when to look.
    armed: BTreeMap<usize, (Instant, Instant)>,
    jobs: JoinSet<Message>,
    /// What a job holds, to be let go should it end without an answer.
    held: HashMap<Id, Held>,
    /// How many workers each agent has.
    working: HashMap<String, usize>,
    /// Agents that got work while all their workers were busy.
    more_work: HashSet<String>,
    /// Agents one of whose workers broke off.
    broken: HashSet<String>,
    /// Inboxes that another workspace serves.
    foreign: HashSet<PathBuf>,
    /// When an inbox without events is looked at next.
    polls: BTreeMap<PathBuf, Instant>,
    /// Tasks that were said to stand still.
    still: HashSet<String>,
    /// How often the reader of a file broke off.
    breaks: HashMap<PathBuf, u32>,
    carriers: Carriers,
    undelivered: Vec<(Instant, String, u32)>,
    next_due: Option<Instant>,
    next_reconcile: Instant,
    stopping: bool,
    /// Cancelled when nothing new is to be begun.
    closing: Cancel,
    summary: Summary,
}

impl Engine {
    /// An engine for `house`. `listener` is told about the progress of each task.
    #[must_use]
    pub fn new(house: Arc<House>, mode: Mode, listener: impl Fn(&str, Progress) + Send + Sync + 'static) -> Self {
        let triggers = trigger::armed(&house);
        Self {
            house,
            mode,
            listener: Arc::new(listener),
            desk: Desk::default(),
            watcher: None,
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
            still: HashSet::new(),
            carriers: Carriers::default(),
            undelivered: Vec::new(),
            next_due: None,
            next_reconcile: Instant::now(),
            stopping: false,
            closing: Cancel::default(),
            summary: Summary::default(),
        }
    }

    /// Serves until it is stopped or, in [`Mode::Once`], until nothing waits. `stop` counts the requests to stop: at 1 no
    /// new work is begun and what runs is finished; at 2 running attempts are cancelled.
    ///
    /// # Errors
    /// When the ledger fails in a way that no later try can mend.
    pub async fn serve(mut self, mut stop: watch::Receiver<u8>) -> Result<Summary, DispatchError> {
        self.begin().await?;
        loop {
            self.start_jobs();
            if self.is_done() {
                return Ok(self.summary);
            }
            let wake = self.wake_at();
            let next_change = async {
                match self.watcher.as_mut() {
                    Some(watcher) => watcher.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                change = next_change, if !self.stopping => self.change(change),
                Some(done) = self.jobs.join_next_with_id() => self.hear(done),
                () = tokio::time::sleep_until(wake.into()) => self.on_time(),
                Ok(()) = stop.changed() => self.stop(*stop.borrow_and_update()),
            }
        }
    }

    async fn begin(&mut self) -> Result<(), DispatchError> {
        recover(&self.house, Some("up:")).await?;
        self.house.make_inboxes();
        for id in self.house.ledger.write(outbox::open_tasks).await? {
            self.carriers.ask(id, 1);
        }
        self.reconcile();
        let now = Instant::now();
        self.armed = (0..self.triggers.len()).map(|number| (number, (now, now))).collect();
        Ok(())
    }

    /// Watching is a help, not a need: without it files are found by the scan. Done again and again, because a folder that
    /// was made anew is not watched any more.
    fn watch(&mut self) {
        if self.watcher.is_none() {
            self.watcher = Watcher::new().inspect_err(|error| tracing::warn!("{error}")).ok();
        }
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let handoffs = self.house.handoffs();
        let roster = self.house.roster();
        let elsewhere = roster.inboxes().filter(|inbox| inbox.poll.is_none() && !inbox.folder.starts_with(&handoffs));
        let elsewhere: Vec<&Path> = elsewhere.map(|inbox| inbox.folder).collect();
        // First what they lie in: of a folder that is taken away and made anew nothing else tells.
        let around = elsewhere.iter().filter_map(|folder| folder.parent());
        for folder in around.chain([self.house.root.as_path()]).filter(|folder| folder.is_dir()) {
            if let Err(error) = watcher.watch_flat(folder)
                && self.desk.say_once(folder)
            {
                tracing::warn!("{error}");
            }
        }
        let triggers = self.triggers.iter().flat_map(FilesTrigger::folders);
        let folders = elsewhere.into_iter().filter(|folder| folder.is_dir()).chain(triggers);
        for folder in std::iter::once(handoffs.as_path()).chain(self.house.wake.as_deref()).chain(folders) {
            if let Err(error) = watcher.watch(folder)
                && self.desk.say_once(folder)
            {
                tracing::warn!("{error}");
            }
        }
    }

    /// Looks at everything, whatever was reported.
    fn reconcile(&mut self) {
        self.next_reconcile = Instant::now() + RECONCILE;
        self.house.look_around();
        self.watch();
        for number in 0..self.triggers.len() {
            self.arm(number);
        }
        let roster = self.house.roster();
        self.foreign = self.claim(&roster);
        for inbox in roster.inboxes() {
            self.scan(inbox.owner, inbox.folder);
            if let Some(poll) = inbox.poll {
                self.polls.insert(inbox.folder.to_owned(), Instant::now() + poll);
            }
        }
        for agent in roster.agents().filter(|agent| agent.kind == AgentKind::Plugin) {
            let (house, name) = (Arc::clone(&self.house), agent.name.clone());
            self.jobs.spawn(async move { Message::Withdrawn(work::withdraw(&house, &name).await) });
        }
        self.take_up();
        let house = Arc::clone(&self.house);
        self.jobs.spawn(async move { Message::Tended(tend(&house).await) });
        let house = Arc::clone(&self.house);
        self.jobs.spawn(async move { Message::Still(standing_still(&house).await) });
    }

    /// Writes into every inbox whose it is; gives those that another workspace serves.
    fn claim(&mut self, roster: &Roster) -> HashSet<PathBuf> {
        let mut foreign = HashSet::new();
        let Some(claims) = &self.house.owns else {
            return foreign;
        };
        for inbox in roster.inboxes() {
            if let Err(error) = claim(inbox.folder, &claims.owner, claims.over) {
                foreign.insert(inbox.folder.to_owned());
                if self.desk.say_once(inbox.folder) {
                    tracing::error!(agent = %inbox.owner, "{error}");
                    self.summary.undelivered.push(format!("{}: {error}", inbox.owner));
                }
            }
        }
        foreign
    }

    fn scan(&mut self, owner: &str, folder: &Path) {
        if self.foreign.contains(folder) {
            return;
        }
        let (owner, folder) = (owner.to_owned(), folder.to_owned());
        self.jobs.spawn_blocking(move || {
            let found = scan(&folder);
            Message::Scanned(owner, folder, found)
        });
    }

    /// Looks at the inboxes that report nothing themselves and whose time has come.
    fn poll(&mut self, now: Instant) {
        let roster = self.house.roster();
        for inbox in roster.inboxes() {
            let due = self.polls.get(inbox.folder).is_some_and(|at| *at <= now);
            if let Some(poll) = inbox.poll.filter(|_| due) {
                self.polls.insert(inbox.folder.to_owned(), now + poll);
                self.scan(inbox.owner, inbox.folder);
            }
        }
    }

    fn take_up(&mut self) {
        let house = Arc::clone(&self.house);
        self.jobs.spawn(async move { Message::Recovered(take_up(&house).await) });
    }

    fn scanned(&mut self, agent: &str, inbox: &Path, found: Result<Vec<Found>, IntakeError>) {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                if self.desk.say_once(inbox) {
                    tracing::warn!(%agent, "{error}");
                    if self.mode == Mode::Once {
                        self.summary.undelivered.push(format!("{agent}: {error}"));
                    }
                }
                return;
            }
        };
        let now = Instant::now();
        self.desk.keep_only(inbox, &found);
        for found in &found {
            match found.kind {
                FoundKind::File => self.desk.found(found, agent, now),
                FoundKind::Directory | FoundKind::Other => self.say_ignored(&found.path, "it is not a regular file"),
            }
        }
    }

    fn say_ignored(&mut self, path: &Path, reason: &str) {
        if self.desk.say_once(path) {
            tracing::warn!(file = %self.house.shown(path), "left where it is: {reason}; handoffs are .json or .md files");
        }
    }

    fn change(&mut self, change: Change) {
        match change {
            // Soon, not at once: whoever makes one folder makes more.
            Change::Rescan => self.next_reconcile = self.next_reconcile.min(Instant::now() + limits::RESCAN),
            Change::Complete(path) => self.path_changed(&path, Seen::Complete),
            Change::Touched(path) => self.path_changed(&path, Seen::Present),
        }
    }

    fn path_changed(&mut self, path: &Path, seen: Seen) {
        let now = Instant::now();
        let concerned = self.triggers.iter().enumerate().filter(|(_, trigger)| trigger.concerns(path));
        let concerned: Vec<usize> = concerned.map(|(number, _)| number).collect();
        for number in concerned {
            self.arm(number);
        }
        let folder = path.parent();
        if folder.is_some() && folder == self.house.wake.as_deref() {
            self.take_up();
            return;
        }
        let roster = self.house.roster();
        let served = folder.filter(|folder| !self.foreign.contains(*folder));
        if let Some(owner) = served.and_then(|folder| roster.owner_of(folder)) {
            self.desk.notice(path, owner, seen, now);
        }
    }

    /// Has a trigger looked at when its folder was quiet, or was busy for long enough.
    fn arm(&mut self, number: usize) {
        let Some(debounce) = self.triggers.get(number).map(|trigger| trigger.debounce) else {
            return;
        };
        let now = Instant::now();
        let (first, at) = self.armed.entry(number).or_insert((now, now));
        *at = (now + debounce).min(*first + debounce * limits::DEBOUNCE_AT_MOST);
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        if now >= self.next_reconcile {
            self.reconcile();
        } else if self.next_due.is_some_and(|due| now >= due) {
            self.next_due = None;
            self.take_up();
        }
        self.poll(now);
    }

    fn stop(&mut self, times: u8) {
        self.stopping = true;
        self.closing.cancel();
        if times >= 2 {
            self.house.ending.cancel();
        }
        let running: usize = self.working.values().sum();
        if running > 0 {
            tracing::info!("{running} running, waiting for the end (again to cancel)");
        }
    }

    /// Starts whatever can be started now.
    fn start_jobs(&mut self) {
        let now = Instant::now();
        if !self.stopping {
            self.start_new(now);
        }
        // What is settled is delivered, whatever else ends.
        while let Some(batch) = self.carriers.begin(now) {
            self.carry(batch);
        }
    }

    fn start_new(&mut self, now: Instant) {
        let room = limits::CAPTURES_AT_ONCE.saturating_sub(self.desk.in_hand());
        for (path, waiting) in self.desk.take(room, now) {
            self.capture(path, waiting.agent.to_string(), waiting.seen, waiting.unfinished);
        }
        let due: Vec<usize> = self.armed.iter().filter(|(_, (_, at))| *at <= now).map(|(number, _)| *number).collect();
        for number in due {
            self.armed.remove(&number);
            if let Some(trigger) = self.triggers.get(number).cloned() {
                let house = Arc::clone(&self.house);
                self.jobs.spawn(async move { Message::Fired(trigger::fire(&house, trigger).await) });
            }
        }
        let (ready, later) = std::mem::take(&mut self.undelivered).into_iter().partition(|(at, ..)| *at <= now);
        self.undelivered = later;
        for (_, id, tries) in ready {
            self.carriers.ask(id, tries + 1);
        }
    }

    fn capture(&mut self, path: PathBuf, agent: String, seen: Seen, unfinished: bool) {
        let (house, held) = (Arc::clone(&self.house), Held::File(path.clone()));
        let job = self.jobs.spawn(async move {
            let taken = capture(&house, &agent, path.clone(), seen, unfinished).await;
            Message::Captured(agent, path, taken)
        });
        self.held.insert(job.id(), held);
    }

    fn carry(&mut self, batch: Vec<Asked>) {
        let (house, held) = (Arc::clone(&self.house), Held::Deliveries(batch.clone()));
        let job = self.jobs.spawn(async move {
            let carried = carry_all(&house, batch.iter().map(|(id, _)| id.clone()).collect()).await;
            Message::Carried(batch, carried)
        });
        self.held.insert(job.id(), held);
    }

    /// Sees to it that a worker of the agent runs.
    fn kick(&mut self, agent: String) {
        let most = self.house.roster().get(&agent).map_or(1, |agent| agent.settings.concurrency.max(1));
        let workers = self.working.entry(agent.clone()).or_default();
        if self.stopping || *workers >= most {
            self.more_work.insert(agent);
            return;
        }
        *workers += 1;
        self.work(agent, Vec::new());
    }

    /// Has a worker of the agent go on with `begun`, or with whatever waits.
    fn work(&mut self, agent: String, begun: Vec<Begun>) {
        let (house, listener) = (Arc::clone(&self.house), Arc::clone(&self.listener));
        let (cancel, closing) = (self.house.ending.clone(), self.closing.clone());
        let held = Held::Agent(agent.clone());
        let job = self.jobs.spawn(async move {
            let worked = work::next(&house, &agent, begun, (&cancel, &closing), Some(&listener)).await;
            Message::Worked(agent, worked)
        });
        self.held.insert(job.id(), held);
    }

    fn hear(&mut self, done: Result<(Id, Message), JoinError>) {
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
        let (house, agent) = (Arc::clone(&self.house), agent.to_owned());
        self.jobs.spawn(async move {
            let released = release(&house, agent).await;
            let taken_up = take_up(&house).await;
            Message::Recovered(released.and(taken_up))
        });
    }

    fn heard(&mut self, message: Message) {
        match message {
            Message::Scanned(agent, inbox, found) => self.scanned(&agent, &inbox, found),
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
            Message::Fired(Ok(fired)) => {
                if let Some((agent, more)) = fired {
                    self.kick(agent);
                    (0..self.triggers.len()).filter(|_| more).for_each(|number| self.arm(number));
                }
            }
            Message::Recovered(Ok((agents, due))) => {
                for agent in agents {
                    self.kick(agent);
                }
                if let Some(due) = due {
                    self.take_up_in(due);
                }
            }
            Message::Tended(Err(error))
            | Message::Still(Err(error))
            | Message::Withdrawn(Err(error))
            | Message::Fired(Err(error))
            | Message::Recovered(Err(error)) => {
                tracing::error!("{error}");
                self.take_up_in(limits::CARRY_AGAIN);
                self.give_up_once(&error);
            }
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
            self.carriers.ask(id, 1);
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
            Ok(Taken::Moving(ids)) => {
                self.summary.captured += 1;
                self.desk.keep(path);
                for id in ids {
                    self.carriers.ask(id, 1);
                }
            }
            Ok(Taken::Settled { state, carry, released }) => {
                let file = self.house.shown(path);
                if state == State::NeedsHuman {
                    tracing::warn!(%file, %state, "`baton why` tells more");
                } else if state != State::Quarantined {
                    tracing::info!(%file, %state, "taken in");
                }
                self.summary.captured += 1;
                *self.summary.settled.entry(state.as_str()).or_default() += 1;
                self.desk.keep(path);
                for id in carry {
                    self.carriers.ask(id, 1);
                }
                if released {
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
            self.desk.keep(path);
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
        tracing::info!(task = %settled.id, agent = %settled.agent, state = %settled.state, "{}", settled.text);
        *self.summary.settled.entry(settled.state.as_str()).or_default() += 1;
        self.carriers.ask(settled.id, 1);
        if settled.state == State::Waiting || settled.released {
            self.take_up_in(Duration::ZERO);
        }
    }

    fn carried(&mut self, batch: Vec<Asked>, carried: Result<Vec<Carried>, DispatchError>) {
        self.carriers.ended(&batch);
        let mut carried: HashMap<String, Carried> = match carried {
            Ok(carried) => carried.into_iter().map(|carried| (carried.task.clone(), carried)).collect(),
            Err(error) => return batch.into_iter().for_each(|(id, tries)| self.not_carried(id, tries, &error)),
        };
        for (id, tries) in batch {
            let Some(carried) = carried.remove(&id) else {
                continue;
            };
            for path in carried.news {
                self.path_changed(&path, Seen::Complete);
            }
            if let Some(error) = carried.error {
                self.not_carried(id, tries, &error);
            }
        }
    }

    fn not_carried(&mut self, id: String, tries: u32, error: &DispatchError) {
        tracing::warn!(task = %id, "could not be delivered: {error}");
        if self.mode == Mode::Once && tries >= limits::CARRY_TRIES {
            self.summary.undelivered.push(format!("{id}: {error}"));
            return;
        }
        let pause =
            limits::CARRY_AGAIN.saturating_mul(2_u32.saturating_pow(tries - 1)).min(limits::CARRY_AGAIN_AT_MOST);
        self.undelivered.push((Instant::now() + pause, id, tries));
    }

    fn wake_at(&self) -> Instant {
        let mut wake = self.next_reconcile;
        if !self.stopping {
            let undelivered = self.undelivered.iter().map(|(at, ..)| *at).min();
            let armed = self.armed.values().map(|(_, at)| *at).min();
            let room = self.desk.in_hand() < limits::CAPTURES_AT_ONCE;
            let file = self.desk.next_at().filter(|_| room);
            let poll = self.polls.values().min().copied();
            wake = [file, armed, undelivered, self.next_due, poll].into_iter().flatten().fold(wake, Instant::min);
        }
        self.carriers.next_at().map_or(wake, |next| wake.min(next))
    }

    fn is_done(&self) -> bool {
        let idle = self.jobs.is_empty() && self.carriers.is_idle();
        if self.stopping {
            return idle;
        }
        let quiet = self.desk.is_clear() && self.armed.is_empty() && self.undelivered.is_empty();
        self.mode == Mode::Once && idle && quiet && self.next_due.is_none()
    }
}

/// The tasks that do not move: a queue that stands still must not go unseen.
async fn standing_still(house: &Arc<House>) -> Result<Vec<Stalled>, DispatchError> {
    let now = Timestamp::now();
    Ok(house.ledger.write(move |tx| task::stalled_in(tx, now, &task::Limits::default())).await?)
}

/// Takes up what was left and tells who has work and when the next retry is due.
async fn take_up(house: &Arc<House>) -> Result<(Vec<String>, Option<Duration>), DispatchError> {
    recover(house, None).await?;
    let now = Timestamp::now();
    let me = house.owner.clone();
    let look = move |tx: &Tx<'_>| Ok((task::agents_with_work(tx)?, task::next_due(tx)?, task::to_stop(tx, &me)?));
    let (agents, due, stop) = house.ledger.write(look).await?;
    for id in &stop {
        house.running.stop(id);
    }
    Ok((agents, due.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO))))
}
