//! Follows the chain of events for as long as the daemon runs, and has the receivers told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_dispatch::notices;
use baton_ledger::{Ledger, LedgerError, Reader, event};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, sleep_until};

use super::process::Deadline;
use super::rate::{NoticeGroup, Queue, Rate};
use super::receiver::{Receiver, receivers};
use crate::workspace::{Notify, Workspace};

/// The pauses before the second and the third try of a notice.
const AGAIN: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(30)];

/// The pause between a commit and the reading of its events: a busy ledger is read at most so often.
const GATHER: Duration = Duration::from_millis(100);

/// How often the ledger is read although this process wrote nothing: other commands write too.
const LOOK: Duration = Duration::from_mins(1);

/// Notices that are kept in full while they wait.
const KEPT: usize = 64;

/// How many events without a notice may follow the mark in the ledger before it is moved.
const BEHIND: i64 = 1_000;

/// The reader of the chain that tells a person.
pub(crate) struct Follower {
    stop: watch::Sender<bool>,
    now: Arc<AtomicBool>,
    job: JoinHandle<()>,
}

impl Follower {
    /// Starts to follow, from the event that a person was last told of; from the newest one where nobody was ever told. `None`
    /// where nobody is to be told, or nobody can be.
    pub(crate) async fn start(workspace: &Workspace, ledger: &Ledger) -> Result<Option<Self>, LedgerError> {
        let reader = ledger.reader()?;
        let told = notices::notified(&reader)?;
        let Some(notify) = workspace.config.notify() else {
            if told.is_some() {
                ledger.write(notices::forget).await?;
            }
            return Ok(None);
        };
        let told = match told {
            Some(told) => told,
            None => {
                let newest = event::newest(&reader)?;
                ledger.write(move |tx| notices::set_notified(tx, newest)).await?;
                newest
            }
        };
        let receivers = receivers(workspace, &notify);
        if receivers.is_empty() {
            return Ok(None);
        }
        let (stop, stopped) = watch::channel(false);
        let now = Arc::new(AtomicBool::new(false));
        let follow = Follow {
            rate: Rate::new(notify.per_minute),
            queue: Queue::after(told),
            told,
            reader: Some(reader),
            ledger: ledger.clone(),
            receivers,
            workspace: workspace.root.display().to_string(),
            notify,
            stop: stopped,
            end_all: None,
            now: Arc::clone(&now),
        };
        Ok(Some(Self { stop, now, job: tokio::spawn(follow.run()) }))
    }

    /// Tells what is left and ends: no program runs longer than the time that one notice may take from now, or than until
    /// `asked` is ready. What is not told by then is told after the next start.
    pub(crate) async fn finish(self, asked: impl Future<Output = ()>) {
        self.stop.send_replace(true);
        let mut job = self.job;
        tokio::select! {
            ended = &mut job => drop(ended),
            () = asked => {
                self.now.store(true, Ordering::Relaxed);
                drop(job.await);
            }
        }
    }
}

struct Follow {
    ledger: Ledger,
    /// Absent while a job has it.
    reader: Option<Reader>,
    notify: Notify,
    receivers: Vec<Receiver>,
    workspace: String,
    queue: Queue,
    rate: Rate,
    /// The event that the ledger has as the last one that was told.
    told: i64,
    stop: watch::Receiver<bool>,
    /// When the last program has to end, once the daemon ends.
    end_all: Option<Instant>,
    /// Whether every program has to end.
    now: Arc<AtomicBool>,
}

/// The result of telling.
#[derive(PartialEq, Eq)]
enum NotifyResult {
    /// Everybody was told, or it was tried often enough.
    Done,
    /// The daemon ends before everybody was told.
    Later,
}

impl Follow {
    async fn run(mut self) {
        let mut pulse = self.ledger.pulse();
        loop {
            if pulse.borrow_and_update().lost.is_some() {
                return;
            }
            let stops = self.stops();
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the events to be told could not be read");
            }
            if self.queue.is_empty() {
                self.note_place().await;
                if stops {
                    return;
                }
                tokio::select! {
                    changed = pulse.changed() => match changed {
                        Ok(()) => sleep(GATHER).await,
                        Err(_) => return,
                    },
                    () = sleep(LOOK) => {}
                    () = asked(&mut self.stop) => {}
                }
                continue;
            }
            let now = Instant::now();
            let room = self.rate.room(now);
            let over = self.now.load(Ordering::Relaxed) || self.end_all.is_some_and(|end| now >= end);
            if over || room == 0 {
                if stops {
                    return;
                }
                let next = self.rate.next(now);
                tokio::select! {
                    () = sleep_until(next.into()) => {}
                    () = asked(&mut self.stop) => {}
                }
                continue;
            }
            let Some(letter) = self.queue.take(room) else { continue };
            self.rate.gave(now);
            let up_to = letter.up_to;
            if self.tell(letter).await == NotifyResult::Later {
                return;
            }
            self.note(up_to).await;
        }
    }

    /// Whether the daemon ends. From then on there is a limit to all that is still told.
    fn stops(&mut self) -> bool {
        let stops = *self.stop.borrow() || self.stop.has_changed().is_err();
        if stops && self.end_all.is_none() {
            self.end_all = Some(Instant::now() + self.notify.timeout);
        }
        stops
    }

    /// Reads the events that were not read yet.
    async fn look(&mut self) -> Result<(), LedgerError> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.ledger.reader()?,
        };
        let (read, on) = (self.queue.read, self.notify.on.clone());
        let job = spawn_blocking(move || {
            let batch = notices::after(&reader, read, &on, KEPT);
            (reader, batch)
        });
        let (reader, batch) = job.await.map_err(|_| LedgerError::Closed)?;
        self.reader = Some(reader);
        self.queue.add(batch?, KEPT);
        Ok(())
    }

    /// Has every receiver told; one that fails is tried again.
    async fn tell(&mut self, letter: NoticeGroup) -> NotifyResult {
        let letter = Arc::new(letter);
        let mut left = self.receivers.clone();
        for pause in AGAIN.into_iter().map(Some).chain([None]) {
            left = self.tell_each(&letter, left, pause).await;
            let Some(pause) = pause.filter(|_| !left.is_empty()) else { break };
            if self.stops() {
                return NotifyResult::Later;
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = asked(&mut self.stop) => return NotifyResult::Later,
            }
        }
        NotifyResult::Done
    }

    /// Tells each of `left`; gives those that did not get it.
    async fn tell_each(
        &mut self,
        letter: &Arc<NoticeGroup>,
        left: Vec<Receiver>,
        again: Option<Duration>,
    ) -> Vec<Receiver> {
        let mut failed = Vec::new();
        for receiver in left {
            let at = Instant::now() + self.notify.timeout;
            let end = Deadline { at: self.end_all.map_or(at, |end| end.min(at)), now: Arc::clone(&self.now) };
            let (letter, workspace, inner) = (Arc::clone(letter), self.workspace.clone(), receiver.clone());
            let task = letter.first.task.id.clone();
            let told = spawn_blocking(move || inner.tell(&letter, &workspace, &end)).await;
            if let Err(error) = told.unwrap_or_else(|_| Err("it was not run".to_owned())) {
                let name = receiver.name();
                let then = again.map_or_else(
                    || "this notice is not tried again".to_owned(),
                    |pause| format!("trying again in {} s", pause.as_secs()),
                );
                tracing::warn!(%task, "{name} failed, {then}: {error}");
                failed.push(receiver);
            }
        }
        failed
    }

    /// Notes that a person was told up to this event.
    async fn note(&mut self, up_to: i64) {
        match self.ledger.write(move |tx| notices::set_notified(tx, up_to)).await {
            Ok(()) => self.told = up_to,
            Err(error) => tracing::warn!(%error, "a notice was given and that is not noted; a restart gives it again"),
        }
    }

    /// Notes the place in the chain where much was read and nothing was to be told.
    async fn note_place(&mut self) {
        if self.queue.read - self.told >= BEHIND {
            self.note(self.queue.read).await;
        }
    }
}

/// Waits until the daemon ends.
async fn asked(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender was dropped: the daemon ends too.
    drop(stop.wait_for(|stop| *stop).await);
}
