//! The queue of each agent, the leases of running tasks, and the search for running tasks whose process has ended.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::Task;
use super::find::get_in;
#[cfg(test)]
use super::row::select_sql;
use super::row::{select_in, timestamp};
use crate::LedgerError;
use crate::database::Tx;

const NEXT: &str = "SELECT id, action, attempts FROM tasks WHERE state = 'queued' AND agent = ?1 ORDER BY priority DESC, created_at, rowid LIMIT 1";

/// When the next waiting task is due.
const NEXT_DUE: &str =
    "SELECT min(min(coalesce(due_at, deadline), coalesce(deadline, due_at))) FROM tasks WHERE state = 'waiting'";

/// The running tasks that the process `?1` has not leased.
const RUNNING: &str = "SELECT id, lease_owner, lease_until FROM tasks WHERE state = 'running' AND lease_owner IS NOT ?1
                       ORDER BY created_at, rowid";

/// The waiting tasks that are due: their backoff has ended, their dependencies have succeeded, or their deadline has
/// passed.
const DUE: &str = "WHERE state = 'waiting' AND (due_at <= ?1 OR deadline < ?1 OR due_at IS NULL AND NOT EXISTS
                   (SELECT 1 FROM dependencies WHERE task = tasks.id)) ORDER BY created_at, rowid LIMIT 1000";

/// The frequent queries, for the test of their query plans.
#[cfg(test)]
pub(super) fn asked() -> [String; 4] {
    [NEXT.to_owned(), NEXT_DUE.to_owned(), RUNNING.to_owned(), select_sql(DUE)]
}

/// The properties of a queued task that decide whether it can be leased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedTask {
    pub id: String,
    pub action: Option<String>,
    /// The number of earlier attempts.
    pub attempts: u32,
}

/// The next queued task of `agent`: by priority, then by age.
pub fn next_queued(tx: &Tx<'_>, agent: &str) -> Result<Option<QueuedTask>, LedgerError> {
    let mut select = tx.connection.prepare_cached(NEXT)?;
    let next = |row: &Row<'_>| Ok(QueuedTask { id: row.get(0)?, action: row.get(1)?, attempts: row.get(2)? });
    Ok(select.query_row([agent], next).optional()?)
}

/// The agents that have queued tasks.
pub fn agents_with_work(tx: &Tx<'_>) -> Result<Vec<String>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT DISTINCT agent FROM tasks WHERE state = 'queued'")?;
    let rows = select.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Leases this task: it becomes `running`, and `owner` holds the lease.
pub fn lease_task(tx: &Tx<'_>, id: &str, owner: &str, lease: Duration, now: Timestamp) -> Result<Task, LedgerError> {
    let until = now.as_millisecond().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
    let mut update = tx.connection.prepare_cached(
        "UPDATE tasks SET state = 'running', reason = '', attempts = attempts + 1, due_at = NULL, lease_owner = ?2,
         lease_until = ?3 WHERE id = ?1
         AND state IN ('captured', 'queued', 'waiting', 'needs_grant', 'needs_human', 'needs_approval', 'delivered')",
    )?;
    if update.execute(params![id, owner, until])? == 0 {
        return Err(LedgerError::Corrupt { what: "a task that cannot be leased", value: id.to_owned() });
    }
    get_in(tx, id)
}

/// The tasks that `owner` runs and that a person has asked to stop.
pub fn to_stop(tx: &Tx<'_>, owner: &str) -> Result<Vec<String>, LedgerError> {
    let sql = "SELECT id FROM tasks WHERE state = 'running' AND stop_asked = 1 AND lease_owner = ?1";
    let mut select = tx.connection.prepare_cached(sql)?;
    let rows = select.query_map([owner], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Renews the lease of a task that `owner` runs.
pub fn heartbeat(tx: &Tx<'_>, id: &str, owner: &str, until: Timestamp) -> Result<(), LedgerError> {
    let mut update = tx
        .connection
        .prepare_cached("UPDATE tasks SET lease_until = ?3 WHERE id = ?1 AND state = 'running' AND lease_owner = ?2")?;
    update.execute(params![id, owner, until.as_millisecond()])?;
    Ok(())
}

/// Gives the lease of a running task, whose owner has ended, to `owner`.
pub fn take_over_lease(
    tx: &Tx<'_>,
    id: &str,
    owner: &str,
    lease: Duration,
    now: Timestamp,
) -> Result<Task, LedgerError> {
    let until = now.as_millisecond().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
    let sql = "UPDATE tasks SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1 AND state = 'running'";
    tx.connection.prepare_cached(sql)?.execute(params![id, owner, until])?;
    get_in(tx, id)
}

/// Whether `owner` still holds the lease of the task. If it does not, it must not record an outcome.
pub fn holds(tx: &Tx<'_>, id: &str, owner: &str) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM tasks WHERE id = ?1 AND state = 'running' AND lease_owner = ?2";
    let held = tx.connection.prepare_cached(sql)?.query_row([id, owner], |_| Ok(())).optional()?;
    Ok(held.is_some())
}

/// Running tasks without a running process: their lease has expired, or the owner of the lease has ended (`is_gone`). Never
/// includes tasks of `me`, even if the clock has changed.
pub fn abandoned(
    tx: &Tx<'_>,
    me: &str,
    now: Timestamp,
    is_gone: impl Fn(&str) -> bool,
) -> Result<Vec<Task>, LedgerError> {
    let mut select = tx.connection.prepare_cached(RUNNING)?;
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let held: Vec<(String, Option<String>, Option<i64>)> = select.query_map([me], row)?.collect::<Result<_, _>>()?;
    let over = |until: Option<i64>| until.is_none_or(|until| until < now.as_millisecond());
    let left = held.iter().filter(|(_, owner, until)| over(*until) || owner.as_deref().is_none_or(&is_gone));
    left.map(|(id, ..)| get_in(tx, id)).collect()
}

/// The first thousand waiting tasks that are due: their backoff has ended, their dependencies have succeeded, or their
/// deadline has passed.
pub fn due(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<Task>, LedgerError> {
    select_in(tx, DUE, [now.as_millisecond()])
}

/// When the next waiting task is due.
pub fn next_due(tx: &Tx<'_>) -> Result<Option<Timestamp>, LedgerError> {
    let mut select = tx.connection.prepare_cached(NEXT_DUE)?;
    let due: Option<i64> = select.query_row([], |row| row.get(0))?;
    due.map(timestamp).transpose()
}
