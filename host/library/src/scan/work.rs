//! Several jobs read files; one writer commits all results that wait for it in one transaction, while the jobs continue.

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

/// Readings of one transaction at most. They are committed when they come; more than one there are only when jobs are faster
/// than commits.
const GROUP: usize = 64;

/// Files that are tried once more at the end because they were replaced while they were read. Of more of them the rest is
/// read by the next scan.
const CHANGED: usize = 10_000;

/// The sources of a scan, as its jobs see them.
pub(super) struct Sources<'a> {
    places: &'a [SourceRoot],
    /// The volume of each when it was listed.
    devices: Vec<u64>,
    /// Those that cannot be reached any more.
    pub(super) lost: Vec<AtomicBool>,
    why: Mutex<Vec<(usize, String)>>,
    /// Folders within the sources whose separate volume was unmounted.
    unmounted: Mutex<BTreeSet<(usize, PathBuf)>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(places: &'a [SourceRoot], devices: Vec<u64>) -> Self {
        let lost = places.iter().map(|_| AtomicBool::new(false)).collect();
        Self { places, devices, lost, why: Mutex::default(), unmounted: Mutex::default() }
    }

    /// Whether a file's failure is its source's: looked at only when a file cannot be read.
    fn is_lost(&self, job: &Job, reading: &FileReading) -> bool {
        let ReadingOutcome::Without { reason: "not_found" | "unreadable" | "changed", .. } = &reading.outcome else {
            return false;
        };
        let Some((place, device)) = self.places.get(job.source).zip(self.devices.get(job.source).copied()) else {
            return false;
        };
        let why = match place.reach() {
            Err(error) => error.to_string(),
            // The folder that it is mounted at is there without it.
            Ok(volume) if volume.device != device => "its volume is not there any more".to_owned(),
            Ok(_) => return self.is_unmounted(job, device),
        };
        if !self.lost.get(job.source).is_none_or(|lost| lost.swap(true, Ordering::Relaxed)) {
            self.why.lock().unwrap_or_else(PoisonError::into_inner).push((job.source, why));
        }
        true
    }

    /// Whether it lay on a volume within its source that is not there.
    fn is_unmounted(&self, job: &Job, device: u64) -> bool {
        let folder = unmounted(&job.waiting.path, device).filter(|_| job.waiting.mounted);
        let mut all = self.unmounted.lock().unwrap_or_else(PoisonError::into_inner);
        folder.map(|folder| all.insert((job.source, folder.to_owned()))).is_some()
    }

    /// The folders within sources that lost their volume.
    pub(super) fn unmounted(&self) -> BTreeSet<(usize, PathBuf)> {
        std::mem::take(&mut *self.unmounted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The sources that were lost, and why.
    pub(super) fn lost(&self) -> Vec<(usize, String)> {
        std::mem::take(&mut *self.why.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) struct Pass<'a> {
    pub(super) pool: &'a ThreadPool,
    pub(super) read: &'a ReadFn<'a>,
    pub(super) stop: &'a AtomicBool,
    pub(super) sources: &'a Sources<'a>,
    pub(super) begun: &'a ItemsInProgress,
    /// Whether a file that is replaced has failed, instead of being tried again.
    pub(super) last: bool,
}

impl Pass<'_> {
    /// Reads what is in the queue; returns what is to be tried again.
    pub(super) fn run(
        &self,
        queue: &Queue,
        library: &mut Library,
        reads: &mut Reads,
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Vec<Job>, CatalogError> {
        let over = AtomicBool::new(false);
        let done = std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(self.pool.current_num_threads());
            let over = &over;
            scope.spawn(move || self.pool.broadcast(|_| self.work(queue, &sender, over)));
            let done = self.write(&receiver, library, reads, tell);
            over.store(true, Ordering::Relaxed);
            // Jobs that wait to hand something over end when nobody takes it.
            drop(receiver);
            done
        })?;
        match queue.failure() {
            Some(error) => Err(error),
            None => Ok(done),
        }
    }

    /// One job: one file after the other.
    fn work(&self, queue: &Queue, sender: &SyncSender<(Job, FileVerdict)>, over: &AtomicBool) {
        let goes_on = || !self.stop.load(Ordering::Relaxed) && !over.load(Ordering::Relaxed);
        while goes_on()
            && let Some(job) = queue.next(&self.sources.lost)
        {
            let verdict = self
                .begun
                .reading(job.waiting.item, || one::read(&job.waiting, self.read, self.stop))
                .unwrap_or_else(|| one::put_away(&job.waiting));
            let lost = match &verdict {
                FileVerdict::Read(reading, _) | FileVerdict::Changed(reading) => self.sources.is_lost(&job, reading),
                FileVerdict::Stopped => false,
            };
            if !lost && sender.send((job, verdict)).is_err() {
                return;
            }
        }
    }

    fn write(
        &self,
        receiver: &Receiver<(Job, FileVerdict)>,
        library: &mut Library,
        reads: &mut Reads,
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Vec<Job>, CatalogError> {
        let mut again = Vec::new();
        while let Ok(first) = receiver.recv() {
            let group = std::iter::once(first).chain(receiver.try_iter().take(GROUP - 1));
            let done: Vec<_> = group.filter_map(|(job, verdict)| self.settle(job, verdict, &mut again)).collect();
            let (news, same): (Vec<&Done>, Vec<&Done>) =
                done.iter().partition(|(_, reading, compared)| is_news(reading, *compared));
            if !news.is_empty() {
                let readings: Vec<FileReading> = news.iter().map(|(_, reading, _)| reading.clone()).collect();
                library.record(&readings, Timestamp::now())?;
            }
            if !same.is_empty() {
                let reading = |(job, _, compared): &&Done| ComparedReading {
                    item: job.waiting.item,
                    is_intact: *compared == Some(Comparison::Same),
                };
                let items: Vec<ComparedReading> = same.iter().map(reading).collect();
                library.compared(&items, Timestamp::now())?;
            }
            for (job, reading, compared) in &done {
                count(reads, reading, *compared);
                tell(&event(&job.waiting.path, reading, *compared));
            }
        }
        Ok(again)
    }

    /// What is written of a verdict, if anything is.
    fn settle(&self, job: Job, verdict: FileVerdict, again: &mut Vec<Job>) -> Option<Done> {
        match verdict {
            FileVerdict::Read(reading, compared) => Some((job, reading, compared)),
            FileVerdict::Changed(reading) if self.last => Some((job, reading, None)),
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

/// Whether something is to be written: not what was compared and is as it was, and not that a file which was fingerprinted
/// cannot be reached now. Its volume may be gone; the next listing tells what is.
fn is_news(reading: &FileReading, compared: Option<Comparison>) -> bool {
    match (compared, &reading.outcome) {
        (None, _) => true,
        // One that was read by an older Baton is known to be damaged since now.
        (Some(Comparison::Same), ReadingOutcome::Fingerprinted(heard)) => heard.damage.is_some(),
        (Some(Comparison::Same), _) => false,
        (Some(Comparison::Differs), outcome) => {
            !matches!(outcome, ReadingOutcome::Without { reason: "not_found" | "unreadable", .. })
        }
    }
}

/// An item, its reading, and how that compares with the previous one.
type Done = (Job, FileReading, Option<Comparison>);

fn count(reads: &mut Reads, reading: &FileReading, compared: Option<Comparison>) {
    reads.items += 1;
    reads.bytes += reading.size;
    match &reading.outcome {
        ReadingOutcome::Fingerprinted(heard) => {
            reads.fingerprinted += 1;
            reads.audio_ms += heard.duration_ms;
            reads.damaged += u64::from(heard.damage.is_some());
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
        ReadingOutcome::Fingerprinted(heard) => {
            (ItemState::Fingerprinted, heard.damage.as_deref().map(|damage| ("damaged", damage)))
        }
        ReadingOutcome::Without { state, reason, detail, .. } => (*state, Some((*reason, detail.as_str()))),
    };
    Event::Read { path, size: reading.size, state, why, compared }
}
