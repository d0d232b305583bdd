//! The steps of a batch: temporaries, `staged`, renames, moves, `done`. Runs on a thread that may block.
//!
//! Each step is done for all tasks before the next one begins, so that a folder is put onto the disk once and the ledger is
//! written to once, however many tasks there are. For each delivery the order stays: its temporary and its folder are on
//! the disk before `staged` is, `staged` before the rename, the rename before `done`. What fails holds up what comes after
//! it in its own task (a file does not leave the inbox before its RETURN is there) and nothing of another one.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use baton_intake::sync_folder;
use baton_ledger::outbox;
use baton_ledger::{Ledger, LedgerError, Tx};
use fail::fail_point;
use jiff::Timestamp;

use super::files::{ActiveDelivery, DeliveryStep};
use super::record::{self, DeliveryOutcome};
use crate::{Context, DispatchError, limits};

/// Delivers everything that is open for `tasks`; tells of each. What it writes down waits in the lane of `ledger`.
pub(super) fn deliver_batch(context: &Arc<Context>, ledger: &Ledger, tasks: Vec<String>) -> Vec<Delivered> {
    let mut waiting: VecDeque<String> = tasks.into();
    let mut delivered = Vec::new();
    while !waiting.is_empty() {
        let mut batch = load(context, ledger, &mut waiting);
        fail_point!("carry.loaded");
        stage(&mut batch);
        fail_point!("carry.before_staged");
        tell_staged(ledger, &mut batch);
        fail_point!("carry.staged");
        publish(&mut batch);
        fail_point!("carry.published");
        move_files(&mut batch);
        publish_reasons(&mut batch);
        fail_point!("carry.before_done");
        record(context, ledger, &mut batch);
        fail_point!("carry.done");
        delivered.extend(batch.into_iter().map(TaskDeliveries::delivered));
    }
    delivered
}

/// The open deliveries of one task, in order.
struct TaskDeliveries {
    task: String,
    items: Vec<ActiveDelivery>,
    /// What was delivered has brought more to deliver.
    more: bool,
    /// The ledger could not be read or written.
    error: Option<LedgerError>,
}

impl TaskDeliveries {
    fn of(context: &Context, task: String, open: Vec<outbox::Delivery>) -> Self {
        Self {
            task,
            items: open.into_iter().map(|delivery| ActiveDelivery::of(context, delivery)).collect(),
            more: false,
            error: None,
        }
    }

    /// What may go on: everything before the first that failed.
    fn live(&mut self) -> impl Iterator<Item = &mut ActiveDelivery> {
        let sound = self.error.is_none();
        self.items.iter_mut().take_while(move |item| sound && item.error.is_none())
    }

    fn delivered(self) -> Delivered {
        let failed = self.items.iter().position(|item| item.error.is_some()).unwrap_or(self.items.len());
        let (mut news, mut error) = (Vec::new(), self.error.map(DispatchError::from));
        for (place, item) in self.items.into_iter().enumerate() {
            if place < failed && error.is_none() {
                news.extend(item.news);
            } else if place == failed {
                error = error.or(item.error.map(DispatchError::from));
            }
        }
        Delivered { task: self.task, news, more: self.more, error }
    }
}

/// Does `job` for what may go on, one after the other: what fails holds up what comes after it in its task.
fn each(batch: &mut [TaskDeliveries], wanted: impl Fn(&ActiveDelivery) -> bool, job: impl Fn(&mut ActiveDelivery)) {
    for task_deliveries in batch.iter_mut().filter(|task_deliveries| task_deliveries.error.is_none()) {
        for item in &mut task_deliveries.items {
            if item.error.is_none() && wanted(item) {
                job(item);
            }
            if item.error.is_some() {
                break;
            }
        }
    }
}

fn live(batch: &mut [TaskDeliveries]) -> impl Iterator<Item = &mut ActiveDelivery> {
    batch.iter_mut().flat_map(TaskDeliveries::live)
}

/// Takes tasks from `waiting` until their bytes are enough for one batch.
fn load(context: &Arc<Context>, ledger: &Ledger, waiting: &mut VecDeque<String>) -> Vec<TaskDeliveries> {
    let asked: Vec<String> = waiting.iter().cloned().collect();
    let inner = Arc::clone(context);
    let read = ledger.write_blocking(move |tx| {
        let (mut loaded, mut bytes) = (Vec::new(), 0);
        for task in asked {
            let open = outbox::open_of(tx, &task, |owner| inner.is_gone(owner))?;
            bytes += open.iter().map(|delivery| delivery.bytes.as_ref().map_or(0, Vec::len)).sum::<usize>();
            loaded.push(open);
            if bytes >= limits::DELIVERY_BATCH_BYTES {
                break;
            }
        }
        Ok(loaded)
    });
    match read {
        Ok(loaded) => {
            let tasks: Vec<String> = waiting.drain(..loaded.len().min(waiting.len())).collect();
            tasks.into_iter().zip(loaded).map(|(task, open)| TaskDeliveries::of(context, task, open)).collect()
        }
        // A row that cannot be read is the trouble of its own task.
        Err(error) => load_first(context, ledger, waiting, error).into_iter().collect(),
    }
}

/// Takes the first task alone.
fn load_first(
    context: &Arc<Context>,
    ledger: &Ledger,
    waiting: &mut VecDeque<String>,
    error: LedgerError,
) -> Option<TaskDeliveries> {
    let alone = waiting.len() == 1;
    let task = waiting.pop_front()?;
    let (id, inner) = (task.clone(), Arc::clone(context));
    let open = move |tx: &Tx<'_>| outbox::open_of(tx, &id, |owner| inner.is_gone(owner));
    let read = if alone { Err(error) } else { ledger.write_blocking(open) };
    Some(match read {
        Ok(open) => TaskDeliveries::of(context, task, open),
        Err(error) => TaskDeliveries { task, items: Vec::new(), more: false, error: Some(error) },
    })
}

/// Temporaries onto the disk.
fn stage(batch: &mut [TaskDeliveries]) {
    let mut pending: Vec<&mut ActiveDelivery> = live(batch).filter(|item| item.wants_staging()).collect();
    // A disk that is asked to flush several files at once does so together.
    let share = pending.len().div_ceil(limits::FLUSHES_AT_ONCE).max(limits::FLUSHES_A_THREAD);
    std::thread::scope(|scope| {
        let mut shares = pending.chunks_mut(share);
        let own = shares.next();
        for share in shares {
            let work = move || share.iter_mut().for_each(|item| item.stage());
            drop(std::thread::Builder::new().name("flush".to_owned()).spawn_scoped(scope, work));
        }
        own.into_iter().flatten().for_each(|item| item.stage());
    });
    // What no thread could be had for.
    pending.iter_mut().filter(|item| item.wants_staging() && item.error.is_none()).for_each(|item| item.stage());
    fail_point!("carry.temporaries_written");
    sync_folders(batch, |item| if item.step == DeliveryStep::Written { vec![item.folder.clone()] } else { Vec::new() });
}

/// The ledger is told that they are there.
fn tell_staged(ledger: &Ledger, batch: &mut [TaskDeliveries]) {
    let written = batch.iter_mut().map(|task_deliveries| {
        let written = task_deliveries.live().filter(|item| item.step == DeliveryStep::Written);
        written.map(|item| (item.delivery.id, item.delivery.name.clone())).collect::<Vec<_>>()
    });
    let written: Vec<_> = written.collect();
    tell(ledger, batch, written, |tx, written| {
        written.iter().try_for_each(|(id, name)| outbox::staged(tx, *id, name)).map(|()| false)
    });
}

/// Temporaries get their names.
fn publish(batch: &mut [TaskDeliveries]) {
    let named_now = |item: &ActiveDelivery| !item.is_move() && !item.is_reason();
    each(batch, named_now, ActiveDelivery::publish);
    fail_point!("carry.renames_made");
    sync_folders(batch, |item| if named_now(item) { vec![item.folder.clone()] } else { Vec::new() });
}

/// Files go to the archive, each after all else of its task is delivered.
fn move_files(batch: &mut [TaskDeliveries]) {
    each(batch, ActiveDelivery::is_move, ActiveDelivery::move_file);
    fail_point!("carry.moves_made");
    sync_folders(batch, |item| if item.is_move() { item.folders_of_move() } else { Vec::new() });
}

/// Reasons get the name that belongs to the file that they are about, whatever number that got in the archive.
fn publish_reasons(batch: &mut [TaskDeliveries]) {
    for task_deliveries in batch.iter_mut().filter(|task_deliveries| task_deliveries.error.is_none()) {
        if task_deliveries.items.iter().any(|item| item.error.is_some()) {
            continue;
        }
        let archived = task_deliveries.items.iter().find_map(|item| item.archived_as().map(str::to_owned));
        for item in task_deliveries.items.iter_mut().filter(|item| item.is_reason()) {
            match &archived {
                Some(archived) => item.publish_beside(archived),
                None => item.publish(),
            }
        }
    }
    sync_folders(batch, |item| if item.is_reason() { vec![item.folder.clone()] } else { Vec::new() });
}

/// The ledger is told what became of each.
fn record(context: &Arc<Context>, ledger: &Ledger, batch: &mut [TaskDeliveries]) {
    let outcomes = batch.iter_mut().map(|task_deliveries| {
        let task = task_deliveries.task.clone();
        (
            task,
            task_deliveries.live().filter_map(|item| DeliveryOutcome::of(item)).collect::<Vec<_>>(),
            Arc::clone(context),
        )
    });
    let outcomes: Vec<_> = outcomes.collect();
    tell(ledger, batch, outcomes, |tx, (task, outcomes, context)| {
        record::record(tx, context, task, outcomes, Timestamp::now())
    });
}

/// Puts every folder that `of` names onto the disk, once; what lies in one that fails has failed.
fn sync_folders(batch: &mut [TaskDeliveries], of: impl Fn(&ActiveDelivery) -> Vec<PathBuf>) {
    let mut tried: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for item in live(batch) {
        for folder in of(item) {
            let failed = match tried.get(&folder) {
                // Asked again, so that each has an error of its own to tell.
                Some(false) | None => sync_folder(&folder).err(),
                Some(true) => None,
            };
            tried.insert(folder, failed.is_none());
            item.error = item.error.take().or(failed);
        }
    }
}

/// Writes `news`, one value for each task, in pieces that need not share a commit, so that a large batch holds up no other
/// writer for long. When a piece fails, each of it is written alone: a row that cannot be changed is the trouble of its own
/// task. `job` says whether its task has got more to deliver by it.
fn tell<T>(
    ledger: &Ledger,
    batch: &mut [TaskDeliveries],
    news: Vec<T>,
    job: fn(&Tx<'_>, &T) -> Result<bool, LedgerError>,
) where
    T: Send + Sync + 'static,
{
    let news = Arc::new(news);
    let pieces = (0..news.len()).step_by(limits::TOLD_AT_ONCE).map(|from| {
        let all = Arc::clone(&news);
        let piece = move |tx: &Tx<'_>| {
            all.iter().skip(from).take(limits::TOLD_AT_ONCE).map(|one| job(tx, one)).collect::<Result<Vec<_>, _>>()
        };
        (from, ledger.send(piece))
    });
    // All of them wait before the first is waited for.
    let pieces: Vec<_> = pieces.collect();
    for (from, sent) in pieces {
        let written = sent.and_then(|answer| answer.recv().unwrap_or(Err(LedgerError::Closed)));
        let parcels = batch.iter_mut().enumerate().skip(from).take(limits::TOLD_AT_ONCE);
        match written {
            Ok(more) => parcels.zip(more).for_each(|((_, task_deliveries), more)| task_deliveries.more |= more),
            Err(_) => {
                for (place, task_deliveries) in parcels.filter(|(_, task_deliveries)| task_deliveries.error.is_none()) {
                    let all = Arc::clone(&news);
                    let alone = move |tx: &Tx<'_>| all.get(place).map_or(Ok(false), |one| job(tx, one));
                    match ledger.write_blocking(alone) {
                        Ok(more) => task_deliveries.more |= more,
                        Err(error) => task_deliveries.error = Some(error),
                    }
                }
            }
        }
    }
}

/// Where a crash is played.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CrashPoint {
    Staged,
    Told,
    Published,
    Moved,
}

/// Carries up to the end of a step and no further, as if the power had gone.
#[cfg(test)]
pub(super) fn stop_after(context: &Arc<Context>, tasks: Vec<String>, stop: CrashPoint) {
    let mut batch = load(context, &context.ledger, &mut tasks.into());
    stage(&mut batch);
    if stop >= CrashPoint::Told {
        tell_staged(&context.ledger, &mut batch);
    }
    if stop >= CrashPoint::Published {
        publish(&mut batch);
    }
    if stop >= CrashPoint::Moved {
        move_files(&mut batch);
    }
}

/// What became of the deliveries of one task.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub(crate) task: String,
    /// The files that are news now: handoffs and RETURNs in agents' inboxes, and what was found in place of a file that
    /// should have been archived.
    pub(crate) news: Vec<PathBuf>,
    /// Whether what was delivered has brought more to deliver.
    pub(crate) more: bool,
    /// Why one could not be delivered; it and those after it stay open for another try.
    pub(crate) error: Option<DispatchError>,
}
