//! Plans a prune: the longest prefix of the chain in which every event belongs to a settled task that is old enough.

use std::collections::HashMap;

use baton_core::State;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::PruneError;
use super::record::{LEDGER, PruneMark};
use crate::LedgerError;
use crate::database::Reader;
use crate::verify;

/// The number of tasks whose check result is cached. The events of one task are mostly near each other.
const REMEMBERED: usize = 10_000;

/// The events that a prune would delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The first event to delete.
    pub first: i64,
    /// The last event to delete; less than `first` when there is nothing to delete.
    pub last: i64,
    /// The first event that must be kept.
    pub kept: Option<FirstKeptEvent>,
    /// Events are deleted only if their task has had no event since this time.
    pub(super) before: Timestamp,
}

impl Plan {
    /// The number of events to delete.
    #[must_use]
    pub fn events(&self) -> u64 {
        u64::try_from(self.last.saturating_sub(self.first).saturating_add(1)).unwrap_or(0)
    }
}

/// The first event that must be kept, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstKeptEvent {
    pub seq: i64,
    pub task: String,
    /// The reason, as a sentence about the task.
    pub why: &'static str,
}

/// Finds the events that can be deleted: events of tasks without an event since `before`.
///
/// # Errors
/// When the chain is not sound or the ledger cannot be read.
pub fn plan(reader: &Reader, before: Timestamp) -> Result<Plan, PruneError> {
    if let Some(broken) = verify::verify(reader, None)?.broken {
        return Err(PruneError::Broken { seq: broken.seq });
    }
    let snapshot = reader.connection.unchecked_transaction().map_err(LedgerError::from)?;
    Ok(make_plan(&snapshot, before)?)
}

fn make_plan(snapshot: &Connection, before: Timestamp) -> Result<Plan, LedgerError> {
    let gone = PruneMark::read(snapshot)?.map_or(0, |mark| mark.seq);
    let mut plan = Plan { first: gone.saturating_add(1), last: gone, kept: None, before };
    let mut verdicts: HashMap<String, Option<&'static str>> = HashMap::new();
    let mut select = snapshot.prepare("SELECT seq, task FROM events WHERE seq > ?1 ORDER BY seq")?;
    let mut rows = select.query([gone])?;
    while let Some(row) = rows.next()? {
        let (seq, task): (i64, String) = (row.get(0)?, row.get(1)?);
        let why = match verdicts.get(&task) {
            Some(why) => *why,
            None => must_stay(snapshot, &task, before)?,
        };
        if let Some(why) = why {
            plan.kept = Some(FirstKeptEvent { seq, task, why });
            break;
        }
        // Without this check, each prune would delete the record of the previous prune and write a new record.
        if task != LEDGER {
            plan.last = seq;
        }
        if verdicts.len() >= REMEMBERED {
            verdicts.clear();
        }
        verdicts.insert(task, why);
    }
    Ok(plan)
}

/// Why the events of `task` must be kept; `None` if they can be deleted.
pub(super) fn must_stay(
    snapshot: &Connection,
    task: &str,
    before: Timestamp,
) -> Result<Option<&'static str>, LedgerError> {
    if task == LEDGER {
        return Ok(None);
    }
    if !is_settled(snapshot, task)? {
        return Ok(Some("is not done yet"));
    }
    let open = "SELECT 1 FROM outbox WHERE task = ?1 AND state IN ('pending', 'staged') LIMIT 1";
    if snapshot.prepare_cached(open)?.query_row([task], |_| Ok(())).optional()?.is_some() {
        return Ok(Some("has an open delivery"));
    }
    let last = "SELECT at FROM events WHERE task = ?1 ORDER BY seq DESC LIMIT 1";
    let last: Option<i64> = snapshot.prepare_cached(last)?.query_row([task], |row| row.get(0)).optional()?;
    let is_old = last.is_none_or(|at| at < before.as_millisecond());
    Ok((!is_old).then_some("is not old enough"))
}

/// Whether the task is settled. A RETURN that was delivered to an external agent is settled, because nobody has to answer
/// it. An event without a row in `tasks` has no task, so it counts as settled.
fn is_settled(snapshot: &Connection, task: &str) -> Result<bool, LedgerError> {
    let mut select = snapshot.prepare_cached("SELECT state, kind FROM tasks WHERE id = ?1")?;
    let found: Option<(String, String)> = select.query_row([task], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((state, kind)) = found else {
        return Ok(true);
    };
    let state = crate::task::state(&state)?;
    Ok(state.is_final() || state == State::Delivered && kind == "RETURN")
}
