//! Open requests. If the sender of a request is known, the request obliges its agent to send a RETURN, unless the request is
//! a repetition.

use jiff::Timestamp;
use rusqlite::params;

use super::Task;
use super::row::{CHECKS, COLUMNS, select_in, task};
use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::inspect::has_form;

const OBLIGES: &str =
    "origin = 'handoff' AND kind <> 'RETURN' AND sender IS NOT NULL AND sender <> 'baton' AND agent <> '*'
                       AND state <> 'duplicate'";

const OPEN: &str =
    "(returned_at IS NULL AND state IN ('captured', 'queued', 'running', 'waiting', 'needs_grant', 'needs_human',
                    'needs_approval', 'delivered'))";

/// How a request was closed. The compliance of its agent counts these reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The agent that received the request answered it.
    Answered,
    /// A RETURN answered the request, but no agent of this workspace signed the RETURN.
    AnsweredByOther,
    /// No agent answered the request in time.
    Stale,
}

impl CloseReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::AnsweredByOther => "by_other",
            Self::Stale => "stale",
        }
    }
}

/// Records how a request was closed.
pub fn set_closing(tx: &Tx<'_>, id: &str, closing: CloseReason) -> Result<(), LedgerError> {
    let sql = "UPDATE tasks SET closing = ?2 WHERE id = ?1";
    tx.connection.prepare_cached(sql)?.execute(params![id, closing.as_str()])?;
    Ok(())
}

/// The compliance of one agent: numbers of requests. Each request counts as open or in exactly one of `answered`,
/// `by_other`, `stale`, `cancelled` and `undeliverable`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compliance {
    pub agent: String,
    /// Requests that ask for a RETURN.
    pub asked: u64,
    /// Requests without a RETURN yet.
    pub open: u64,
    /// Open requests that are overdue.
    pub overdue: u64,
    /// Requests that the agent answered.
    pub answered: u64,
    /// Requests that were answered by a RETURN that no agent of the workspace signed.
    pub by_other: u64,
    /// Answered requests whose work was reported, but not checked with a result.
    pub reported: u64,
    /// Answered requests whose work was verified by a plugin or by Baton.
    pub verified: u64,
    /// Answered requests whose work was refuted by a plugin or by Baton.
    pub refuted: u64,
    /// Requests that were archived because no agent answered them.
    pub stale: u64,
    /// Requests that a person cancelled or their sender withdrew.
    pub cancelled: u64,
    /// Requests that never reached the agent: they were rejected, refused or unreadable.
    pub undeliverable: u64,
}

/// The compliance of every agent since `since`. A request is overdue if it was captured before `overdue_before` or its
/// deadline has passed.
pub fn obligations(
    reader: &Reader,
    since: Timestamp,
    overdue_before: Timestamp,
    now: Timestamp,
) -> Result<Vec<Compliance>, LedgerError> {
    let evidence = if has_form(reader, CHECKS)? { "evidence" } else { "NULL" };
    let sql = format!(
        "SELECT agent, count(*), sum({OPEN}), sum({OPEN} AND (created_at < ?2 OR coalesce(deadline < ?3, 0))),
                sum(NOT {OPEN} AND closing IS 'answered'), sum(NOT {OPEN} AND closing IS 'by_other'),
                sum(NOT {OPEN} AND closing IS 'stale'),
                sum(NOT {OPEN} AND closing IS NULL AND state = 'cancelled'),
                sum(NOT {OPEN} AND closing IS NULL AND state <> 'cancelled'),
                sum({evidence} IS 'reported'), sum({evidence} IS 'verified'), sum({evidence} IS 'refuted')
         FROM tasks WHERE {OBLIGES} AND created_at >= ?1 GROUP BY agent ORDER BY agent"
    );
    let mut select = reader.connection.prepare_cached(&sql)?;
    let times = [since, overdue_before, now].map(Timestamp::as_millisecond);
    let count = |row: &rusqlite::Row<'_>, column| row.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    let rows = select.query_map(times, |row| {
        Ok(Compliance {
            agent: row.get(0)?,
            asked: count(row, 1)?,
            open: count(row, 2)?,
            overdue: count(row, 3)?,
            answered: count(row, 4)?,
            by_other: count(row, 5)?,
            stale: count(row, 6)?,
            cancelled: count(row, 7)?,
            undeliverable: count(row, 8)?,
            reported: count(row, 9)?,
            verified: count(row, 10)?,
            refuted: count(row, 11)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The open obligations, oldest first, at most `limit`.
pub fn open_obligations(reader: &Reader, limit: u32) -> Result<Vec<Task>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM tasks WHERE {OBLIGES} AND {OPEN} ORDER BY created_at, rowid LIMIT ?1");
    let mut select = reader.connection.prepare_cached(&sql)?;
    let rows = select.query_map([limit], |row| Ok(task(row)))?;
    rows.map(|row| row?).collect()
}

/// A step of the escalation policy. Each step happens once for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscalationStep {
    /// Baton reminds the agent.
    Reminded,
    /// The sender gets a notice.
    Escalated,
    /// The operator gets a notice.
    Reviewed,
}

impl EscalationStep {
    fn column(self) -> &'static str {
        match self {
            Self::Reminded => "reminded_at",
            Self::Escalated => "escalated_at",
            Self::Reviewed => "reviewed_at",
        }
    }
}

/// At most `limit` requests that were delivered to an external agent before `before`, or whose deadline has passed, and
/// for which `step` has not happened yet.
pub fn due_for_step(
    tx: &Tx<'_>,
    step: EscalationStep,
    before: Timestamp,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Task>, LedgerError> {
    let column = step.column();
    let rest = format!(
        "WHERE state = 'delivered' AND {column} IS NULL AND {OBLIGES}
         AND (created_at < ?1 OR deadline < ?2) ORDER BY created_at, rowid LIMIT ?3"
    );
    select_in(tx, &rest, params![before.as_millisecond(), now.as_millisecond(), limit])
}

/// Records that a step has happened.
pub fn record_step(tx: &Tx<'_>, id: &str, step: EscalationStep, at: Timestamp) -> Result<(), LedgerError> {
    let sql = format!("UPDATE tasks SET {} = ?2 WHERE id = ?1", step.column());
    tx.connection.prepare_cached(&sql)?.execute(params![id, at.as_millisecond()])?;
    Ok(())
}

/// At most `limit` tasks that were delivered to external agents before `before`.
pub fn delivered_before(tx: &Tx<'_>, before: Timestamp, limit: u32) -> Result<Vec<String>, LedgerError> {
    let sql = "SELECT id FROM tasks WHERE state = 'delivered' AND created_at < ?1 ORDER BY created_at, rowid LIMIT ?2";
    let mut select = tx.connection.prepare_cached(sql)?;
    let rows = select.query_map(params![before.as_millisecond(), limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
