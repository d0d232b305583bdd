//! Reads a [`Task`] from a row of the table.

use baton_core::handoff::Priority;
use baton_core::{Evidence, OutcomeKind, State};
use jiff::Timestamp;
use rusqlite::Row;

use super::{Origin, Task, TaskSummary};
use crate::LedgerError;
use crate::database::Tx;

/// The columns of a [`Task`], in the order that [`task`] reads.
pub(super) const COLUMNS: &str = "id, agent, origin, kind, handoff_id, sender, title, action, args, body, made_at, paths, priority, \
                       state, reason, attempts, file, input, substance, due_at, created_at, returned_at, archived_at, \
                       deadline, chain_id, chain_phase, answer, stop_asked, task_id, about, request, \
                       reply_to, outcome, evidence";

/// The first format of the ledger that has outcomes.
pub(super) const OUTCOMES: i64 = 16;

/// The first format of the ledger that has checks of RETURNs.
pub(crate) const CHECKS: i64 = 19;

/// The columns of a [`TaskSummary`], in the order that [`summary`] reads. A ledger of an older format `form` lacks some
/// columns; it can be read too, and the next write migrates it.
pub(super) fn summary_columns(form: i64) -> String {
    let since = |first, column| if form >= first { column } else { "NULL" };
    let (outcome, evidence) = (since(OUTCOMES, "outcome"), since(CHECKS, "evidence"));
    format!(
        "id, agent, handoff_id, sender, title, action, state, reason, attempts, file, created_at, returned_at, archived_at, \
         deadline, {outcome}, {evidence}"
    )
}

/// Names as an SQL list. The names must be constants of Baton.
pub(crate) fn sql_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

/// States as an SQL list, including their former names. Events and ledgers of an older format still have the former names.
pub(crate) fn state_list(states: &[State]) -> String {
    let former = states.contains(&State::Rejected).then_some(State::FORMER_REJECTED);
    sql_list(states.iter().map(|state| state.as_str()).chain(former))
}

/// The tasks that a statement with the ending `rest` selects.
pub(super) fn select_in<P: rusqlite::Params>(tx: &Tx<'_>, rest: &str, params: P) -> Result<Vec<Task>, LedgerError> {
    let mut select = tx.connection.prepare_cached(&select_sql(rest))?;
    let rows = select.query_map(params, |row| Ok(task(row)))?;
    rows.map(|row| row?).collect()
}

/// The statement that selects whole tasks.
pub(super) fn select_sql(rest: &str) -> String {
    format!("SELECT {COLUMNS} FROM tasks {rest}")
}

/// As [`select_sql`], without the arguments and bodies of tasks, which may be large.
pub(super) fn light_sql(rest: &str) -> String {
    format!("SELECT {} FROM tasks {rest}", COLUMNS.replace("args, body", "'{}', ''"))
}

pub(super) fn task(row: &Row<'_>) -> Result<Task, LedgerError> {
    let (origin, state_name): (String, String) = (row.get(2)?, row.get(13)?);
    let paths: String = row.get(11)?;
    let optional = |at: Option<i64>| at.map(timestamp).transpose();
    Ok(Task {
        id: row.get(0)?,
        agent: row.get(1)?,
        origin: self::origin(&origin)?,
        kind: row.get(3)?,
        handoff_id: row.get(4)?,
        sender: row.get(5)?,
        title: row.get(6)?,
        action: row.get(7)?,
        args: row.get(8)?,
        body: row.get(9)?,
        made_at: optional(row.get(10)?)?,
        paths: serde_json::from_str(&paths).unwrap_or_default(),
        priority: priority(row.get(12)?),
        state: state(&state_name)?,
        reason: row.get(14)?,
        attempts: row.get(15)?,
        file: row.get(16)?,
        input: row.get(17)?,
        substance: row.get(18)?,
        due_at: optional(row.get(19)?)?,
        created_at: timestamp(row.get(20)?)?,
        returned_at: optional(row.get(21)?)?,
        archived_at: optional(row.get(22)?)?,
        deadline: optional(row.get(23)?)?,
        chain_id: row.get(24)?,
        chain_phase: row.get(25)?,
        answer: row.get(26)?,
        stop_asked: row.get(27)?,
        task_id: row.get(28)?,
        about: row.get(29)?,
        request: row.get(30)?,
        reply_to: row.get(31)?,
        outcome: outcome(row.get(32)?)?,
        evidence: evidence(row.get(33)?)?,
    })
}

pub(super) fn summary(row: &Row<'_>) -> Result<TaskSummary, LedgerError> {
    let state_name: String = row.get(6)?;
    let optional = |at: Option<i64>| at.map(timestamp).transpose();
    Ok(TaskSummary {
        id: row.get(0)?,
        agent: row.get(1)?,
        handoff_id: row.get(2)?,
        sender: row.get(3)?,
        title: row.get(4)?,
        action: row.get(5)?,
        state: state(&state_name)?,
        reason: row.get(7)?,
        attempts: row.get(8)?,
        file: row.get(9)?,
        created_at: timestamp(row.get(10)?)?,
        returned_at: optional(row.get(11)?)?,
        archived_at: optional(row.get(12)?)?,
        deadline: optional(row.get(13)?)?,
        outcome: outcome(row.get(14)?)?,
        evidence: evidence(row.get(15)?)?,
    })
}

pub(super) fn outcome(name: Option<String>) -> Result<Option<OutcomeKind>, LedgerError> {
    let corrupt = |value: String| LedgerError::Corrupt { what: "an outcome", value };
    name.map(|name| name.parse().map_err(|_| corrupt(name))).transpose()
}

pub(crate) fn evidence(name: Option<String>) -> Result<Option<Evidence>, LedgerError> {
    let corrupt = |value: String| LedgerError::Corrupt { what: "an evidence", value };
    name.map(|name| name.parse().map_err(|_| corrupt(name))).transpose()
}

pub(crate) fn timestamp(millisecond: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_millisecond(millisecond)
        .map_err(|_| LedgerError::Corrupt { what: "a time", value: millisecond.to_string() })
}

pub(crate) fn state(name: &str) -> Result<State, LedgerError> {
    name.parse().map_err(|_| LedgerError::Corrupt { what: "a state", value: name.to_owned() })
}

pub(super) fn origin(name: &str) -> Result<Origin, LedgerError> {
    name.parse().map_err(|_| LedgerError::Corrupt { what: "an origin", value: name.to_owned() })
}

fn priority(number: i64) -> Priority {
    match number {
        0 => Priority::Low,
        2 => Priority::High,
        3 => Priority::Critical,
        _ => Priority::Medium,
    }
}

/// The last part of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
