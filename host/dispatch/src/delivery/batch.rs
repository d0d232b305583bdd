//! The steps of a batch: temporary files, `staged`, renames, moves, `done`. Runs on a thread that may block.
//!
//! Each step is done for all tasks before the next step starts. So Baton flushes each folder once and writes to the ledger
//! once, independent of the number of tasks. Within one delivery the order is fixed: the temporary file and its folder are
//! flushed to the disk, `staged` is recorded, the file is renamed, `done` is recorded. A failed delivery stops the later
//! deliveries of the same task, because a file must not leave the inbox before its RETURN is delivered. It does not stop the
//! deliveries of other tasks.

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

/// Delivers everything that is open for `tasks`. Its transactions use the queue of `ledger`.
pub(super) fn deliver_batch(context: &Arc<Context>, ledger: &Ledger, tasks: Vec<String>) -> Vec<DeliveryResult> {
    let mut waiting: VecDeque<String> = tasks.into();
    let mut delivered = Vec::new();
    while !waiting.is_empty() {
        let mut batch = load(context, ledger, &mut waiting);
        fail_point!("delivery.loaded");
        stage(&mut batch);
        fail_point!("delivery.before_staged");
        record_staged(ledger, &mut batch);
        fail_point!("delivery.staged");
        publish(&mut batch);
        fail_point!("delivery.published");
        move_files(&mut batch);
        publish_reasons(&mut batch);
        fail_point!("delivery.before_done");
        record(context, ledger, &mut batch);
        fail_point!("delivery.done");
        delivered.extend(batch.into_iter().map(TaskDeliveries::delivered));
    }
    delivered
}

/// The open deliveries of one task, in order.
struct TaskDeliveries {
    task: String,
    items: Vec<ActiveDelivery>,
    /// True if the deliveries have created more deliveries.
    more: bool,
    /// Why the ledger could not be read or written.
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

    /// The deliveries before the first failed delivery.
    fn live(&mut self) -> impl Iterator<Item = &mut ActiveDelivery> {
        let has_no_error = self.error.is_none();
        self.items.iter_mut().take_while(move |item| has_no_error && item.error.is_none())
    }

    fn delivered(self) -> DeliveryResult {
        let failed = self.items.iter().position(|item| item.error.is_some()).unwrap_or(self.items.len());
        let (mut changed, mut error) = (Vec::new(), self.error.map(DispatchError::from));
        for (place, item) in self.items.into_iter().enumerate() {
            if place < failed && error.is_none() {
                changed.extend(item.changed);
            } else if place == failed {
                error = error.or(item.error.map(DispatchError::from));
            }
        }
        DeliveryResult { task: self.task, changed, more: self.more, error }
    }
}

/// Calls `job` for the wanted deliveries, one after the other. Stops within a task at the first delivery that fails.
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

/// Takes tasks from `waiting` until their files are large enough for one batch.
fn load(context: &Arc<Context>, ledger: &Ledger, waiting: &mut VecDeque<String>) -> Vec<TaskDeliveries> {
    let asked: Vec<String> = waiting.iter().cloned().collect();
    // Read the deliveries of this process without waiting for the thread that writes to the ledger. `take_over` reads the
    // others.
    let own = read_own(context, ledger, &asked).unwrap_or_default();
    let read = if own.is_empty() { take_over(context, ledger, asked) } else { Ok(own) };
    match read {
        Ok(loaded) => {
            let tasks: Vec<String> = waiting.drain(..loaded.len().min(waiting.len())).collect();
            tasks.into_iter().zip(loaded).map(|(task, open)| TaskDeliveries::of(context, task, open)).collect()
        }
        // A row that cannot be read affects only its own task.
        Err(error) => load_first(context, ledger, waiting, error).into_iter().collect(),
    }
}

/// The open deliveries of the first tasks of `asked`, up to the first task with a delivery of another process.
fn read_own(context: &Context, ledger: &Ledger, asked: &[String]) -> Result<Vec<Vec<outbox::Delivery>>, LedgerError> {
    let reader = ledger.reader()?;
    until_full(asked.iter().map_while(|task| outbox::own_open_of(&reader, &context.owner, task).transpose()))
}

/// The open deliveries of the first tasks of `asked`. Deliveries of ended processes are assigned to this process.
fn take_over(
    context: &Arc<Context>,
    ledger: &Ledger,
    asked: Vec<String>,
) -> Result<Vec<Vec<outbox::Delivery>>, LedgerError> {
    let context = Arc::clone(context);
    ledger.write_blocking(move |tx| {
        until_full(asked.iter().map(|task| outbox::open_of(tx, task, |owner| context.is_gone(owner))))
    })
}

/// Collects the deliveries of tasks until their files are large enough for one batch.
fn until_full(
    tasks: impl Iterator<Item = Result<Vec<outbox::Delivery>, LedgerError>>,
) -> Result<Vec<Vec<outbox::Delivery>>, LedgerError> {
    let (mut loaded, mut bytes) = (Vec::new(), 0);
    for open in tasks {
        let open = open?;
        bytes += open.iter().map(|delivery| delivery.bytes.as_ref().map_or(0, Vec::len)).sum::<usize>();
        loaded.push(open);
        if bytes >= limits::DELIVERY_BATCH_BYTES {
            break;
        }
    }
    Ok(loaded)
}

/// Loads only the first task.
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

/// Writes the temporary files and flushes them.
fn stage(batch: &mut [TaskDeliveries]) {
    let mut pending: Vec<&mut ActiveDelivery> = live(batch).filter(|item| item.wants_staging()).collect();
    // Several flushes at the same time share one commit of the journal.
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
    // Write the files of threads that could not be started.
    pending.iter_mut().filter(|item| item.wants_staging() && item.error.is_none()).for_each(|item| item.stage());
    fail_point!("delivery.temporaries_written");
    sync_folders(batch, |item| if item.step == DeliveryStep::Written { vec![item.folder.clone()] } else { Vec::new() });
}

/// Records that the temporary files are on the disk.
fn record_staged(ledger: &Ledger, batch: &mut [TaskDeliveries]) {
    let written = batch.iter_mut().map(|task_deliveries| {
        let written = task_deliveries.live().filter(|item| item.step == DeliveryStep::Written);
        written.map(|item| (item.delivery.id, item.delivery.name.clone())).collect::<Vec<_>>()
    });
    let written: Vec<_> = written.collect();
    write_pieces(ledger, batch, written, |tx, written| {
        written.iter().try_for_each(|(id, name)| outbox::staged(tx, *id, name)).map(|()| false)
    });
}

/// Renames the temporary files to their final names.
fn publish(batch: &mut [TaskDeliveries]) {
    let named_now = |item: &ActiveDelivery| !item.is_move() && !item.is_reason();
    each(batch, named_now, ActiveDelivery::publish);
    for item in live(batch) {
        item.keep_latest();
    }
    fail_point!("delivery.renames_made");
    sync_folders(batch, |item| if named_now(item) { vec![item.folder.clone()] } else { Vec::new() });
}

/// Moves files to the archive. Each file is moved after all other deliveries of its task.
fn move_files(batch: &mut [TaskDeliveries]) {
    each(batch, ActiveDelivery::is_move, ActiveDelivery::move_file);
    fail_point!("delivery.moves_made");
    sync_folders(batch, |item| if item.is_move() { item.folders_of_move() } else { Vec::new() });
}

/// Renames reason files. A reason file is named after its archived file, whose final name may end with a number.
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

/// Records the outcome of each delivery.
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
    write_pieces(ledger, batch, outcomes, |tx, (task, outcomes, context)| {
        record::record(tx, context, task, outcomes, Timestamp::now())
    });
}

/// Flushes once each folder that `of` returns. If the flush of a folder fails, the deliveries into that folder fail.
fn sync_folders(batch: &mut [TaskDeliveries], of: impl Fn(&ActiveDelivery) -> Vec<PathBuf>) {
    let mut tried: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for item in live(batch) {
        for folder in of(item) {
            let failed = match tried.get(&folder) {
                // Try again for each delivery, so that each one has its own error.
                Some(false) | None => sync_folder(&folder).err(),
                Some(true) => None,
            };
            tried.insert(folder, failed.is_none());
            item.error = item.error.take().or(failed);
        }
    }
}

/// Writes `values`, one for each task, in several transactions, so that a large batch does not delay other writers for long.
/// If a transaction fails, writes each of its values separately, because a row that cannot be changed must affect only its
/// own task. `job` returns whether its task has more to deliver.
fn write_pieces<T>(
    ledger: &Ledger,
    batch: &mut [TaskDeliveries],
    values: Vec<T>,
    job: fn(&Tx<'_>, &T) -> Result<bool, LedgerError>,
) where
    T: Send + Sync + 'static,
{
    let values = Arc::new(values);
    let pieces = (0..values.len()).step_by(limits::ROWS_AT_ONCE).map(|from| {
        let all = Arc::clone(&values);
        let piece = move |tx: &Tx<'_>| {
            all.iter().skip(from).take(limits::ROWS_AT_ONCE).map(|one| job(tx, one)).collect::<Result<Vec<_>, _>>()
        };
        (from, ledger.send(piece))
    });
    // Send all transactions before waiting for the first reply.
    let pieces: Vec<_> = pieces.collect();
    for (from, sent) in pieces {
        let written = sent.and_then(|answer| answer.recv().unwrap_or(Err(LedgerError::Closed)));
        let tasks = batch.iter_mut().enumerate().skip(from).take(limits::ROWS_AT_ONCE);
        match written {
            Ok(more) => tasks.zip(more).for_each(|((_, task_deliveries), more)| task_deliveries.more |= more),
            Err(_) => {
                for (place, task_deliveries) in tasks.filter(|(_, task_deliveries)| task_deliveries.error.is_none()) {
                    let all = Arc::clone(&values);
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

/// The point at which a test simulates a crash.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CrashPoint {
    Staged,
    Recorded,
    Published,
    Moved,
}

/// Delivers up to the end of the step `stop`. The rest is not done, as after a power failure.
#[cfg(test)]
pub(super) fn stop_after(context: &Arc<Context>, tasks: Vec<String>, stop: CrashPoint) {
    let mut batch = load(context, &context.ledger, &mut tasks.into());
    stage(&mut batch);
    if stop >= CrashPoint::Recorded {
        record_staged(&context.ledger, &mut batch);
    }
    if stop >= CrashPoint::Published {
        publish(&mut batch);
    }
    if stop >= CrashPoint::Moved {
        move_files(&mut batch);
    }
}

/// The result of the deliveries of one task.
#[derive(Debug)]
pub(crate) struct DeliveryResult {
    pub(crate) task: String,
    /// The files that the engine must read: handoffs and RETURNs that were written to agents' inboxes, and a file that now
    /// has the path of a file that should have been archived.
    pub(crate) changed: Vec<PathBuf>,
    /// True if the deliveries have caused more deliveries.
    pub(crate) more: bool,
    /// Why a delivery failed. This delivery and the later ones stay open for another try.
    pub(crate) error: Option<DispatchError>,
}
