//! Follows the chain of events while the daemon runs, and sends notices.

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

/// The pause between a commit and the reading of its events. It limits how often a busy ledger is read.
const GATHER: Duration = Duration::from_millis(100);

/// The interval of reads without a commit of this process, because other commands write too.
const READ_INTERVAL: Duration = Duration::from_mins(1);

/// The maximum number of waiting notices that are kept in full. Further notices are only counted.
const KEPT: usize = 64;

/// The maximum number of events between the mark in the ledger and the newest event. If so many events cause no notice,
/// Baton moves the mark.
const BEHIND: i64 = 1_000;

/// The task that reads the chain and sends notices.
pub(crate) struct Follower {
    stop: watch::Sender<bool>,
    now: Arc<AtomicBool>,
    job: JoinHandle<()>,
}

impl Follower {
    /// Starts after the last reported event, or at the newest event if the ledger has no mark. Returns `None` if
    /// notices are off, or have no usable receiver.
    pub(crate) async fn start(workspace: &Workspace, ledger: &Ledger) -> Result<Option<Self>, LedgerError> {
        let reader = ledger.reader()?;
        let last_notified = notices::notified(&reader)?;
        let Some(notify) = workspace.config.notify() else {
            if last_notified.is_some() {
                ledger.write(notices::forget).await?;
            }
            return Ok(None);
        };
        let last_notified = match last_notified {
            Some(last_notified) => last_notified,
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
            queue: Queue::after(last_notified),
            last_notified,
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

    /// Sends the remaining notices and ends. Programs may run until the timeout of one notice has passed from now, or until
    /// `stop` is ready. Notices that could not be sent are sent after the next start.
    pub(crate) async fn finish(self, stop: impl Future<Output = ()>) {
        self.stop.send_replace(true);
        let mut job = self.job;
        tokio::select! {
            ended = &mut job => drop(ended),
            () = stop => {
                self.now.store(true, Ordering::Relaxed);
                drop(job.await);
            }
        }
    }
}

struct Follow {
    ledger: Ledger,
    /// `None` while a job uses it.
    reader: Option<Reader>,
    notify: Notify,
    receivers: Vec<Receiver>,
    workspace: String,
    queue: Queue,
    rate: Rate,
    /// The last reported event according to the ledger.
    last_notified: i64,
    stop: watch::Receiver<bool>,
    /// The time at which all programs must end. Set when the daemon ends.
    end_all: Option<Instant>,
    /// If true, every program must end immediately.
    now: Arc<AtomicBool>,
}

/// The result of sending a notice.
#[derive(PartialEq, Eq)]
enum NotifyResult {
    /// All receivers got it, or the tries are used up.
    Done,
    /// The daemon ended before all receivers got it.
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
            if let Err(error) = self.read_events().await {
                tracing::warn!(%error, "cannot read the events for notices");
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
                    () = sleep(READ_INTERVAL) => {}
                    () = stop_requested(&mut self.stop) => {}
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
                    () = stop_requested(&mut self.stop) => {}
                }
                continue;
            }
            let Some(group) = self.queue.take(room) else { continue };
            self.rate.record_notice(now);
            let up_to = group.up_to;
            if self.send(group).await == NotifyResult::Later {
                return;
            }
            self.note(up_to).await;
        }
    }

    /// True if the daemon ends. From then on the remaining notices have a time limit.
    fn stops(&mut self) -> bool {
        let stops = *self.stop.borrow() || self.stop.has_changed().is_err();
        if stops && self.end_all.is_none() {
            self.end_all = Some(Instant::now() + self.notify.timeout);
        }
        stops
    }

    /// Reads new events.
    async fn read_events(&mut self) -> Result<(), LedgerError> {
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

    /// Sends a notice to every receiver; repeats it for receivers that fail.
    async fn send(&mut self, group: NoticeGroup) -> NotifyResult {
        let group = Arc::new(group);
        let mut left = self.receivers.clone();
        for pause in AGAIN.into_iter().map(Some).chain([None]) {
            left = self.send_to_each(&group, left, pause).await;
            let Some(pause) = pause.filter(|_| !left.is_empty()) else { break };
            if self.stops() {
                return NotifyResult::Later;
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = stop_requested(&mut self.stop) => return NotifyResult::Later,
            }
        }
        NotifyResult::Done
    }

    /// Sends a notice to each receiver in `left`. Returns those that failed.
    async fn send_to_each(
        &mut self,
        group: &Arc<NoticeGroup>,
        left: Vec<Receiver>,
        again: Option<Duration>,
    ) -> Vec<Receiver> {
        let mut failed = Vec::new();
        for receiver in left {
            let at = Instant::now() + self.notify.timeout;
            let end = Deadline { at: self.end_all.map_or(at, |end| end.min(at)), now: Arc::clone(&self.now) };
            let (group, workspace, inner) = (Arc::clone(group), self.workspace.clone(), receiver.clone());
            let task = group.first.task.id.clone();
            let sent = spawn_blocking(move || inner.send(&group, &workspace, &end)).await;
            if let Err(error) = sent.unwrap_or_else(|_| Err("it was not run".to_owned())) {
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

    /// Records the last reported event.
    async fn note(&mut self, up_to: i64) {
        match self.ledger.write(move |tx| notices::set_notified(tx, up_to)).await {
            Ok(()) => self.last_notified = up_to,
            Err(error) => {
                tracing::warn!(%error, "the last notified event cannot be recorded; a restart may send notices again");
            }
        }
    }

    /// Records the position in the chain after many events without a notice.
    async fn note_place(&mut self) {
        if self.queue.read - self.last_notified >= BEHIND {
            self.note(self.queue.read).await;
        }
    }
}

/// Waits until the daemon ends.
async fn stop_requested(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender was dropped, so the daemon ends too.
    drop(stop.wait_for(|stop| *stop).await);
}
