//! Jobs read files in parallel. One writer commits all waiting results in one transaction.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use baton_catalog::CatalogError;
use baton_catalog::library::{ComparedReading, FileReading, ItemState, Library, ReadingOutcome};
use jiff::Timestamp;
use rayon::ThreadPool;

use super::in_progress::ItemsInProgress;
use super::one::{self, FileVerdict};
use super::queue::{Job, Queue};
use super::{Comparison, Event, ReadFn, Reads};
use crate::source::{SourceRoot, unmounted};

/// The maximum of readings in one transaction. A transaction has more than one reading only if the jobs are faster than the
/// commits.
const GROUP: usize = 64;

/// The maximum of files that are tried again because they were replaced while they were read. The next scan reads the others.
const CHANGED: usize = 10_000;

/// The sources of a scan, shared by its jobs.
pub(super) struct Sources<'a> {
    roots: &'a [SourceRoot],
    /// The volume of each source at its listing.
    devices: Vec<u64>,
    /// The unreachable sources.
    pub(super) unreachable: Vec<AtomicBool>,
    why: Mutex<Vec<(usize, String)>>,
    /// Folders within sources whose volume was unmounted, with the position of the source.
    unmounted: Mutex<BTreeSet<(usize, PathBuf)>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(roots: &'a [SourceRoot], devices: Vec<u64>) -> Self {
        let unreachable = roots.iter().map(|_| AtomicBool::new(false)).collect();
        Self { roots, devices, unreachable, why: Mutex::default(), unmounted: Mutex::default() }
    }

    /// True if a file failed because its source is unreachable. Checked only for files that cannot be read.
    fn is_unreachable(&self, job: &Job, reading: &FileReading) -> bool {
        let ReadingOutcome::Without { reason: "not_found" | "unreadable" | "changed", .. } = &reading.outcome else {
            return false;
        };
        let Some((root, device)) = self.roots.get(job.source).zip(self.devices.get(job.source).copied()) else {
            return false;
        };
        let why = match root.volume() {
            Err(error) => error.to_string(),
            // The mount folder exists without the volume.
            Ok(volume) if volume.device != device => "its volume is not mounted any more".to_owned(),
            Ok(_) => return self.is_unmounted(job, device),
        };
        if !self.unreachable.get(job.source).is_none_or(|unreachable| unreachable.swap(true, Ordering::Relaxed)) {
            self.why.lock().unwrap_or_else(PoisonError::into_inner).push((job.source, why));
        }
        true
    }

    /// True if the file was on a volume within its source that is not mounted any more.
    fn is_unmounted(&self, job: &Job, device: u64) -> bool {
        let folder = unmounted(&job.waiting.path, device).filter(|_| job.waiting.mounted);
        let mut all = self.unmounted.lock().unwrap_or_else(PoisonError::into_inner);
        folder.map(|folder| all.insert((job.source, folder.to_owned()))).is_some()
    }

    /// The folders within sources whose volume was unmounted.
    pub(super) fn unmounted(&self) -> BTreeSet<(usize, PathBuf)> {
        std::mem::take(&mut *self.unmounted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The positions of the unreachable sources, with the reasons.
    pub(super) fn take_unreachable(&self) -> Vec<(usize, String)> {
        std::mem::take(&mut *self.why.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) struct Pass<'a> {
    pub(super) pool: &'a ThreadPool,
    pub(super) read: &'a ReadFn<'a>,
    pub(super) stop: &'a AtomicBool,
    pub(super) sources: &'a Sources<'a>,
    pub(super) in_progress: &'a ItemsInProgress,
    /// True if this is the last pass: a file that is replaced while it is read fails and is not tried again.
    pub(super) last: bool,
}

impl Pass<'_> {
    /// Reads all files of the queue. Returns the files to try again.
    pub(super) fn run(
        &self,
        queue: &Queue,
        library: &mut Library,
        reads: &mut Reads,
        progress: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Vec<Job>, CatalogError> {
        let over = AtomicBool::new(false);
        let done = std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(self.pool.current_num_threads());
            let over = &over;
            scope.spawn(move || self.pool.broadcast(|_| self.work(queue, &sender, over)));
            let done = self.write(&receiver, library, reads, progress);
            over.store(true, Ordering::Relaxed);
            // Without a receiver, a job that waits to send a result ends.
            drop(receiver);
            done
        })?;
        match queue.failure() {
            Some(error) => Err(error),
            None => Ok(done),
        }
    }

    /// One job: reads files in sequence.
    fn work(&self, queue: &Queue, sender: &SyncSender<(Job, FileVerdict)>, over: &AtomicBool) {
        let must_continue = || !self.stop.load(Ordering::Relaxed) && !over.load(Ordering::Relaxed);
        while must_continue()
            && let Some(job) = queue.next(&self.sources.unreachable)
        {
            let verdict = self
                .in_progress
                .run(job.waiting.item, || one::read(&job.waiting, self.read, self.stop))
                .unwrap_or_else(|| one::give_up(&job.waiting));
            let unreachable = match &verdict {
                FileVerdict::Read(reading, _) | FileVerdict::Changed(reading) => {
                    self.sources.is_unreachable(&job, reading)
                }
                FileVerdict::Stopped => false,
            };
            if !unreachable && sender.send((job, verdict)).is_err() {
                return;
            }
        }
    }

    fn write(
        &self,
        receiver: &Receiver<(Job, FileVerdict)>,
        library: &mut Library,
        reads: &mut Reads,
        progress: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Vec<Job>, CatalogError> {
        let mut again = Vec::new();
        while let Ok(first) = receiver.recv() {
            let group = std::iter::once(first).chain(receiver.try_iter().take(GROUP - 1));
            let done: Vec<_> = group.filter_map(|(job, verdict)| self.to_result(job, verdict, &mut again)).collect();
            let (changed, same): (Vec<&FileResult>, Vec<&FileResult>) =
                done.iter().partition(|one| must_be_recorded(&one.reading, one.compared));
            if !changed.is_empty() {
                let readings: Vec<FileReading> = changed.iter().map(|one| one.reading.clone()).collect();
                library.record(&readings, Timestamp::now())?;
            }
            if !same.is_empty() {
                let reading = |one: &&FileResult| ComparedReading {
                    item: one.job.waiting.item,
                    is_intact: one.compared == Some(Comparison::Same),
                };
                let items: Vec<ComparedReading> = same.iter().map(reading).collect();
                library.record_compared(&items, Timestamp::now())?;
            }
            for FileResult { job, reading, compared } in &done {
                count(reads, reading, *compared);
                progress(&event(&job.waiting.path, reading, *compared));
            }
        }
        Ok(again)
    }

    /// Converts a verdict to a reading to commit; `None` if there is nothing to commit.
    fn to_result(&self, job: Job, verdict: FileVerdict, again: &mut Vec<Job>) -> Option<FileResult> {
        match verdict {
            FileVerdict::Read(reading, compared) => Some(FileResult { job, reading, compared }),
            FileVerdict::Changed(reading) if self.last => Some(FileResult { job, reading, compared: None }),
            FileVerdict::Changed(_) => {
                if again.len() < CHANGED {
                    again.push(job);
                }
                None
            }
            FileVerdict::Stopped => None,
        }
    }
}

/// True if a reading must be committed. An unchanged file is not committed. A file that has a fingerprint but cannot be
/// reached now is not committed either: its volume may be unmounted, and the next listing decides.
fn must_be_recorded(reading: &FileReading, compared: Option<Comparison>) -> bool {
    match (compared, &reading.outcome) {
        (None, _) => true,
        // An older Baton may have read the file without detecting the damage.
        (Some(Comparison::Same), ReadingOutcome::Fingerprinted(audio)) => audio.damage.is_some(),
        (Some(Comparison::Same), _) => false,
        (Some(Comparison::Differs), outcome) => {
            !matches!(outcome, ReadingOutcome::Without { reason: "not_found" | "unreadable", .. })
        }
    }
}

struct FileResult {
    job: Job,
    reading: FileReading,
    /// The comparison with the previous reading, if there is one.
    compared: Option<Comparison>,
}

fn count(reads: &mut Reads, reading: &FileReading, compared: Option<Comparison>) {
    reads.items += 1;
    reads.bytes += reading.size;
    match &reading.outcome {
        ReadingOutcome::Fingerprinted(audio) => {
            reads.fingerprinted += 1;
            reads.audio_ms += audio.duration_ms;
            reads.damaged += u64::from(audio.damage.is_some());
        }
        ReadingOutcome::Without { state, reason, .. } => {
            let by_reason = if *state == ItemState::Skipped { &mut reads.skipped } else { &mut reads.failed };
            *by_reason.entry(reason).or_default() += 1;
        }
    }
    match compared {
        Some(Comparison::Same) => reads.same += 1,
        Some(Comparison::Differs) => reads.differ += 1,
        None => {}
    }
}

fn event<'a>(path: &'a Path, reading: &'a FileReading, compared: Option<Comparison>) -> Event<'a> {
    let (state, why) = match &reading.outcome {
        ReadingOutcome::Fingerprinted(audio) => {
            (ItemState::Fingerprinted, audio.damage.as_deref().map(|damage| ("damaged", damage)))
        }
        ReadingOutcome::Without { state, reason, detail, .. } => (*state, Some((*reason, detail.as_str()))),
    };
    Event::Read { path, size: reading.size, state, why, compared }
}
