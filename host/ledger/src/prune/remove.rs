//! Deletes the rows in small transactions, with pauses for other writers.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::plan::{Plan, must_stay};
use super::record::PruneMark;
use crate::database::Tx;
use crate::{Ledger, LedgerError};

/// The maximum number of events that one transaction deletes. Such a transaction takes some milliseconds.
const CHUNK: i64 = 500;

/// The shortest pause between two transactions. A waiting SQLite writer tries again after at most a tenth of a second,
/// mostly much earlier.
const PAUSE: Duration = Duration::from_millis(5);

/// Kinds of finished deliveries whose rows are not needed any more. Deliveries into an inbox are kept, because they identify
/// Baton's own files (`outbox::has_delivered`).
const KINDS: &str = "'artifact', 'reason', 'archive'";

/// The removed events.
#[derive(Default)]
pub(super) struct RemovedEvents {
    /// The number of the last removed event.
    pub(super) last: i64,
    /// The number of captured files whose bytes were removed.
    pub(super) inputs: u64,
}

/// Removes the events of `plan` and the data that belongs to them.
pub(super) fn remove(ledger: &Ledger, plan: &Plan, now: Timestamp) -> Result<RemovedEvents, LedgerError> {
    let mut removed = RemovedEvents { last: plan.first.saturating_sub(1), inputs: 0 };
    loop {
        let (begun, last, before) = (Instant::now(), plan.last, plan.before);
        let step = ledger.write_blocking(move |tx| chunk(tx, last, before, now))?;
        let Some(step) = step else { break };
        removed.last = step.last;
        removed.inputs = removed.inputs.saturating_add(step.inputs);
        sleep(begun.elapsed().max(PAUSE));
    }
    sweep_outbox(ledger)?;
    Ok(removed)
}

/// An event to delete.
struct RemovableEvent {
    seq: i64,
    hash: String,
    task: String,
    input: Option<String>,
}

/// Removes the next events up to `last`. Returns `None` if there are no more events, or if the task of the next event has
/// become active again.
fn chunk(tx: &Tx<'_>, last: i64, before: Timestamp, now: Timestamp) -> Result<Option<RemovedEvents>, LedgerError> {
    let going = next(tx, last, before)?;
    let Some(end) = going.last() else {
        return Ok(None);
    };
    tx.connection.prepare_cached("DELETE FROM events WHERE seq <= ?1")?.execute([end.seq])?;
    PruneMark { seq: end.seq, hash: end.hash.clone() }.write(tx, now)?;
    let tasks: BTreeSet<&str> = going.iter().map(|event| event.task.as_str()).collect();
    for task in tasks {
        strip(tx, task)?;
    }
    let hashes: BTreeSet<&str> = going.iter().filter_map(|event| event.input.as_deref()).collect();
    let mut inputs = 0;
    for hash in hashes {
        inputs += delete_unused_input(tx, hash)?;
    }
    Ok(Some(RemovedEvents { last: end.seq, inputs }))
}

/// The next events to remove. If a task became active after the prune was planned, its events are kept.
fn next(tx: &Tx<'_>, last: i64, before: Timestamp) -> Result<Vec<RemovableEvent>, LedgerError> {
    let gone = PruneMark::read(tx.connection)?.map_or(0, |mark| mark.seq);
    let sql = "SELECT seq, hash, task, input_hash FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3";
    let mut select = tx.connection.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(RemovableEvent { seq: row.get(0)?, hash: row.get(1)?, task: row.get(2)?, input: row.get(3)? })
    };
    let mut going: Vec<RemovableEvent> = Vec::new();
    for event in select.query_map(params![gone, last, CHUNK], read)? {
        let event = event?;
        let known = going.last().is_some_and(|before| before.task == event.task);
        if !known && must_stay(tx.connection, &event.task, before)?.is_some() {
            break;
        }
        going.push(event);
    }
    Ok(going)
}

/// Deletes the arguments, the body, the paths, the findings, the logs and the checks of a task without events.
fn strip(tx: &Tx<'_>, task: &str) -> Result<(), LedgerError> {
    let left = "SELECT 1 FROM events WHERE task = ?1 LIMIT 1";
    if tx.connection.prepare_cached(left)?.query_row([task], |_| Ok(())).optional()?.is_some() {
        return Ok(());
    }
    let empty = "UPDATE tasks SET body = '', args = '{}', paths = '[]' WHERE id = ?1";
    tx.connection.prepare_cached(empty)?.execute([task])?;
    for table in ["findings", "flags", "attempt_logs", "return_checks", "command_checks", "command_runs"] {
        tx.connection.prepare_cached(&format!("DELETE FROM {table} WHERE task = ?1"))?.execute([task])?;
    }
    Ok(())
}

/// Deletes captured bytes, unless a task that still has events uses them.
fn delete_unused_input(tx: &Tx<'_>, hash: &str) -> Result<u64, LedgerError> {
    let sql = "DELETE FROM inputs WHERE hash = ?1 AND NOT EXISTS
               (SELECT 1 FROM tasks WHERE tasks.input = ?1 AND EXISTS (SELECT 1 FROM events WHERE task = tasks.id))";
    Ok(tx.connection.prepare_cached(sql)?.execute([hash])? as u64)
}

/// Deletes finished deliveries of tasks without events. Searches for them outside of a transaction. This is safe, because a
/// task without events gets an event before its next delivery.
fn sweep_outbox(ledger: &Ledger) -> Result<(), LedgerError> {
    let rest = format!(
        "state IN ('done', 'lost') AND kind IN ({KINDS}) AND NOT EXISTS (SELECT 1 FROM events WHERE task = outbox.task)"
    );
    let reader = ledger.reader()?;
    let mut after = 0;
    loop {
        let sql = format!("SELECT id FROM outbox WHERE id > ?1 AND {rest} ORDER BY id LIMIT {CHUNK}");
        let mut select = reader.connection.prepare_cached(&sql)?;
        let ids: Vec<i64> = select.query_map([after], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let Some(last) = ids.last() else {
            return Ok(());
        };
        after = *last;
        let sql = format!("DELETE FROM outbox WHERE id = ?1 AND {rest}");
        ledger.write_blocking(move |tx| {
            let mut delete = tx.connection.prepare_cached(&sql)?;
            ids.iter().try_for_each(|id| delete.execute([id]).map(drop).map_err(LedgerError::from))
        })?;
        sleep(PAUSE);
    }
}
