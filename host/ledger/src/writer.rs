//! The writing thread: takes the waiting jobs, runs each in a savepoint, commits once, then replies to all. Jobs wait in
//! lanes ([`Ledger::in_lane`]), which take turns, and a transaction accepts jobs only for a short time. If a transaction
//! contains the last job of a lane while another lane has more jobs, it ends even sooner. So if one agent has many jobs, a
//! write of another agent waits only for a few of these jobs and one commit.
//!
//! A failed job is rolled back without effect on the others. A failed commit (full disk) fails every job of the group.
//! A reply of `Ok` always means that the bytes are on the disk, in the files that have the ledger's names: after each
//! commit, the device and inode of these names are compared with the open files.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use fail::fail_point;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use crate::database::{Reader, Tx};
use crate::lanes::Lanes;
use crate::presence::LedgerFiles;
use crate::{LedgerError, open};

/// The maximum number of jobs in the channel, and also the maximum number of jobs in all lanes. Further senders wait. With
/// 1 KiB for each job, channel and lanes need 2 MiB.
const QUEUE: usize = 1024;

/// The maximum number of jobs in one transaction. Many jobs share the fsync, and the first one does not wait long.
const GROUP: usize = 256;

/// After this time a transaction accepts no more jobs. A commit takes about the same time.
const GROUP_TIME: Duration = Duration::from_millis(10);

/// As [`GROUP_TIME`], for a transaction that contains the last job of a lane while another lane has more jobs: the
/// caller in the short lane does not wait for the others. Not zero, so that the long lane still shares its commits.
const SHORT_GROUP_TIME: Duration = Duration::from_millis(2);

/// Why all jobs of a group failed.
#[derive(Clone)]
enum Failure {
    Commit(String),
    Lost(PathBuf),
}

impl From<Failure> for LedgerError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Commit(why) => Self::Commit(why),
            Failure::Lost(path) => Self::Lost { path },
        }
    }
}

type GroupResult = Result<(), Failure>;
type Job = Box<dyn FnOnce(Option<&Tx<'_>>) -> Answer + Send>;
/// Sends the result to the caller after the commit of the group.
type Answer = Box<dyn FnOnce(GroupResult) + Send>;

/// A job and its lane.
struct QueuedJob {
    lane: Arc<str>,
    job: Job,
}

/// The progress of the writing thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriterProgress {
    /// The number of committed transactions that changed a row.
    pub commits: u64,
    /// The file of the ledger that was deleted or replaced.
    pub lost: Option<PathBuf>,
}

/// The state that the handles and the writing thread share.
struct SharedState {
    presence: LedgerFiles,
    pulse: watch::Sender<WriterProgress>,
}

impl SharedState {
    /// Checks that the open files still have the ledger's names. After a file was lost, every check fails.
    fn check(&self) -> GroupResult {
        if let Some(path) = &self.pulse.borrow().lost {
            return Err(Failure::Lost(path.clone()));
        }
        let Some(missing) = self.presence.missing() else { return Ok(()) };
        self.pulse.send_modify(|pulse| pulse.lost = Some(missing.to_owned()));
        Err(Failure::Lost(missing.to_owned()))
    }
}

/// A handle of the ledger. It is cheap to clone; the file is closed when the last clone is dropped.
#[derive(Clone)]
pub struct Ledger {
    path: PathBuf,
    jobs: mpsc::SyncSender<QueuedJob>,
    lane: Arc<str>,
    shared: Arc<SharedState>,
}

impl Ledger {
    /// Opens or creates the ledger at `path` and starts its writing thread. `owner` is the name of this process in
    /// leases and deliveries.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a ledger, or is newer than this build.
    pub fn open(path: &Path, owner: &str) -> Result<Self, LedgerError> {
        let connection = open::open(path)?;
        let shared = Arc::new(SharedState { presence: LedgerFiles::of(path), pulse: watch::Sender::default() });
        let (jobs, waiting) = mpsc::sync_channel(QUEUE);
        let spawned = std::thread::Builder::new().name("ledger".to_owned()).spawn({
            let (owner, shared) = (owner.to_owned(), Arc::clone(&shared));
            move || work(connection, &owner, &shared, &waiting)
        });
        spawned.map_err(|_| LedgerError::Closed)?;
        Ok(Self { path: path.to_owned(), jobs, lane: "".into(), shared })
    }

    /// A handle whose jobs wait in the lane `lane`. The lanes take turns.
    #[must_use]
    pub fn in_lane(&self, lane: &str) -> Self {
        Self { lane: lane.into(), ..self.clone() }
    }

    /// A channel that reports each commit and the loss of a file.
    #[must_use]
    pub fn pulse(&self) -> watch::Receiver<WriterProgress> {
        self.shared.pulse.subscribe()
    }

    /// Checks that the open files still have the ledger's names.
    ///
    /// # Errors
    /// [`LedgerError::Lost`] when one was deleted or replaced.
    pub fn check_files(&self) -> Result<(), LedgerError> {
        Ok(self.shared.check()?)
    }

    /// Waits until a write or [`Ledger::check_files`] finds that a file of the ledger was deleted or replaced.
    pub async fn lost(&self) -> LedgerError {
        let mut pulse = self.pulse();
        match pulse.wait_for(|pulse| pulse.lost.is_some()).await {
            Ok(pulse) => LedgerError::Lost { path: pulse.lost.clone().unwrap_or_default() },
            Err(_) => LedgerError::Closed,
        }
    }

    /// The path of the ledger.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A view for reading.
    ///
    /// # Errors
    /// [`LedgerError::Lost`] when a file of the ledger was deleted or replaced; otherwise when it cannot be opened.
    pub fn reader(&self) -> Result<Reader, LedgerError> {
        Reader::open(&self.path).or_else(|error| self.check_files().and(Err(error)))
    }

    /// Runs `job` in a transaction and returns after the commit.
    ///
    /// # Errors
    /// When `job` fails or the commit fails. In both cases nothing of `job` is written.
    pub async fn write<T, F>(&self, job: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, LedgerError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = self.waiting(package(job, move |result| drop(answer.send(result))));
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(mpsc::TrySendError::Full(job)) => {
                let jobs = self.jobs.clone();
                let sent = tokio::task::spawn_blocking(move || jobs.send(job)).await;
                sent.map_err(|_| LedgerError::Closed)?.map_err(|_| LedgerError::Closed)?;
            }
            Err(mpsc::TrySendError::Disconnected(_)) => return Err(LedgerError::Closed),
        }
        answered.await.map_err(|_| LedgerError::Closed)?
    }

    /// Runs `job` without waiting for it, for callers that cannot wait (a `Drop`). A failure is logged.
    pub fn write_detached<F>(&self, job: F)
    where
        F: FnOnce(&Tx<'_>) -> Result<(), LedgerError> + Send + 'static,
    {
        let job = self.waiting(package(job, |result| {
            if let Err(error) = result {
                tracing::warn!(%error, "a write to the ledger failed");
            }
        }));
        if let Err(mpsc::TrySendError::Full(job)) = self.jobs.try_send(job) {
            let jobs = self.jobs.clone();
            drop(std::thread::Builder::new().name("ledger-told".to_owned()).spawn(move || drop(jobs.send(job))));
        }
    }

    /// As [`Ledger::write`], for callers without a runtime.
    ///
    /// # Errors
    /// As [`Ledger::write`].
    pub fn write_blocking<T, F>(&self, job: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, LedgerError> + Send + 'static,
    {
        self.send(job)?.recv().map_err(|_| LedgerError::Closed)?
    }

    /// As [`Ledger::write_blocking`], but the caller waits later, so that jobs that are sent together can share a
    /// commit.
    ///
    /// # Errors
    /// When the ledger is closed.
    pub fn send<T, F>(&self, job: F) -> Result<mpsc::Receiver<Result<T, LedgerError>>, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, LedgerError> + Send + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        let job = self.waiting(package(job, move |result| drop(answer.send(result))));
        self.jobs.send(job).map_err(|_| LedgerError::Closed)?;
        Ok(answered)
    }

    fn waiting(&self, job: Job) -> QueuedJob {
        QueuedJob { lane: Arc::clone(&self.lane), job }
    }
}

/// Combines a job with the reply to its sender after the commit.
fn package<T, F, A>(job: F, answer: A) -> Job
where
    T: Send + 'static,
    F: FnOnce(&Tx<'_>) -> Result<T, LedgerError> + Send + 'static,
    A: FnOnce(Result<T, LedgerError>) + Send + 'static,
{
    Box::new(move |tx| {
        let result = tx.map_or(Err(LedgerError::Closed), |tx| in_savepoint(tx, job));
        Box::new(move |verdict: GroupResult| answer(verdict.map_err(LedgerError::from).and(result)))
    })
}

fn in_savepoint<T, F>(tx: &Tx<'_>, job: F) -> Result<T, LedgerError>
where
    F: FnOnce(&Tx<'_>) -> Result<T, LedgerError>,
{
    let run = |sql: &str| tx.connection.prepare_cached(sql)?.execute([]);
    run("SAVEPOINT job")?;
    // A panic in a job must not end the writing thread.
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(tx)));
    let result = caught.unwrap_or(Err(LedgerError::Closed));
    if result.is_err() {
        run("ROLLBACK TO job")?;
    }
    run("RELEASE job")?;
    result
}

fn work(mut connection: Connection, owner: &str, shared: &SharedState, waiting: &mpsc::Receiver<QueuedJob>) {
    let mut lanes = Lanes::default();
    loop {
        if lanes.is_empty() {
            let Ok(first) = waiting.recv() else { return };
            lanes.add(first.lane, first.job);
        }
        let jobs = group(&mut lanes, waiting);
        match shared.check() {
            Ok(()) => commit_group(&mut connection, owner, shared, jobs),
            Err(lost) => jobs.for_each(|job| job(None)(Err(lost.clone()))),
        }
    }
}

/// The jobs of one transaction, at least one. Jobs that arrive in the meantime wait in their lanes.
fn group(lanes: &mut Lanes<Job>, waiting: &mpsc::Receiver<QueuedJob>) -> impl Iterator<Item = Job> {
    let (mut taken, mut since, mut time) = (0, None, GROUP_TIME);
    std::iter::from_fn(move || {
        let begun = *since.get_or_insert_with(Instant::now);
        if taken == GROUP || taken > 0 && begun.elapsed() >= time {
            return None;
        }
        taken += 1;
        for arrived in waiting.try_iter().take(QUEUE.saturating_sub(lanes.len())) {
            lanes.add(arrived.lane, arrived.job);
        }
        let before = lanes.count();
        let job = lanes.next();
        if (1..before).contains(&lanes.count()) {
            time = SHORT_GROUP_TIME;
        }
        job
    })
}

fn commit_group(connection: &mut Connection, owner: &str, shared: &SharedState, jobs: impl Iterator<Item = Job>) {
    let mut answers: Vec<Answer> = Vec::new();
    let before = connection.total_changes();
    let verdict = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => {
            for job in jobs {
                // A full disk ends the whole transaction. A later job gets no `Tx`, because it would commit separately.
                let alive = !transaction.is_autocommit();
                let tx = Tx { connection: &transaction, owner };
                answers.push(job(alive.then_some(&tx)));
            }
            if transaction.is_autocommit() {
                Err(Failure::Commit("the transaction was rolled back".to_owned()))
            } else {
                fail_point!("ledger.before_commit");
                let done = transaction.commit().map_err(|error| Failure::Commit(error.to_string()));
                done.and_then(|()| shared.check())
            }
        }
        Err(error) => {
            // The ledger cannot be written. Run the jobs only to drop their reply channels.
            tracing::error!(%error, "the ledger cannot begin a transaction");
            answers.extend(jobs.map(|job| job(None)));
            Err(Failure::Commit(error.to_string()))
        }
    };
    fail_point!("ledger.committed");
    if verdict.is_ok() && connection.total_changes() != before {
        shared.pulse.send_modify(|pulse| pulse.commits += 1);
    }
    for answer in answers {
        answer(verdict.clone());
        fail_point!("ledger.answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark;

    #[tokio::test]
    async fn a_failing_job_undoes_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let good = ledger.write(|tx| mark::set(tx, "t", "a", "1"));
        let bad = ledger.write(|tx| {
            mark::set(tx, "t", "b", "1")?;
            Err::<(), _>(LedgerError::Closed)
        });
        let (good, bad) = tokio::join!(good, bad);
        assert!(good.is_ok() && bad.is_err());
        let marks = ledger.write(|tx| mark::all(tx, "t")).await.unwrap();
        assert_eq!(marks.into_keys().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn a_transaction_ends_early_after_the_last_job_of_a_lane() {
        let arrived = mpsc::channel::<QueuedJob>().1;
        let job = || -> Job { Box::new(|_| Box::new(|_| ())) };
        // Each job takes a millisecond.
        let taken = |lanes: &mut Lanes<Job>| {
            group(lanes, &arrived).inspect(|_| std::thread::sleep(Duration::from_millis(1))).count()
        };
        let mut lanes = Lanes::default();
        (0..100).for_each(|_| lanes.add("flooded".into(), job()));
        lanes.add("other".into(), job());
        assert!(taken(&mut lanes) <= 3, "the only job of `other` waits for few other jobs");
        assert!(taken(&mut lanes) <= 11, "only `flooded` is left");
        lanes.add("other".into(), job());
        while lanes.count() == 2 {
            taken(&mut lanes);
        }
        assert!(lanes.len() > 60);
    }

    #[test]
    fn many_jobs_of_one_lane_do_not_hold_up_another_lane() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let (go, gate) = mpsc::channel::<()>();
        // No other write starts before all jobs wait in their lanes.
        let blocking = move |_: &Tx<'_>| {
            let _opened = gate.recv();
            Ok(())
        };
        let first = ledger.send(blocking).unwrap();
        let (done, order) = mpsc::channel();
        let send = |lane: &str, number: usize| {
            let (done, name) = (done.clone(), format!("{lane} {number}"));
            let job = move |_: &Tx<'_>| {
                drop(done.send(name));
                Ok(())
            };
            ledger.in_lane(lane).send(job).unwrap()
        };
        let flood: Vec<_> = (0..600).map(|number| send("flooded", number)).collect();
        let other = send("other", 0);
        go.send(()).unwrap();
        first.recv().unwrap().unwrap();
        other.recv().unwrap().unwrap();
        for answer in flood {
            answer.recv().unwrap().unwrap();
        }
        drop(done);
        let order: Vec<String> = order.into_iter().collect();
        let place = order.iter().position(|name| name == "other 0").unwrap();
        assert!(place <= 2, "its turn was after {place} jobs of the flooded lane");
        let flooded: Vec<String> = order.into_iter().filter(|name| name.starts_with("flooded")).collect();
        assert_eq!(flooded, (0..600).map(|number| format!("flooded {number}")).collect::<Vec<_>>());
    }
}
