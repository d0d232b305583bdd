//! Finds tasks by id, file, key, state and other properties.

use baton_core::State;
use baton_core::handoff::Original;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::row::{OUTCOMES, origin, select_in, sql_list, state_list, summary, summary_columns, timestamp};
use super::{Origin, Task, TaskFilter, TaskSummary};
use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::inspect::{form, has_form};

/// The task with exactly this id.
pub fn get_in(tx: &Tx<'_>, id: &str) -> Result<Task, LedgerError> {
    let mut tasks = select_in(tx, "WHERE id = ?1", [id])?;
    tasks.pop().ok_or_else(|| LedgerError::Corrupt { what: "a task", value: id.to_owned() })
}

/// The RETURN with exactly this id.
pub fn return_with_id(tx: &Tx<'_>, id: &str) -> Result<Option<Task>, LedgerError> {
    Ok(select_in(tx, "WHERE id = ?1 AND kind = 'RETURN'", [id])?.pop())
}

/// The open or succeeded task with this dedupe key, other than `except`. If several tasks match, the task with the same
/// substance, otherwise the oldest task. Succeeded tasks that were captured before `since` are ignored. Disputed, failed,
/// dead and cancelled tasks are ignored too, because a user who drops their file again wants to repeat the request.
pub fn with_key(
    tx: &Tx<'_>,
    key: &str,
    substance: Option<&str>,
    except: Option<&str>,
    since: Option<Timestamp>,
) -> Result<Option<Task>, LedgerError> {
    let rest = "WHERE dedupe_key = ?1 AND id IS NOT ?2
                AND state NOT IN ('duplicate', 'disputed', 'failed', 'dead', 'cancelled', 'rejected')
                AND (created_at >= ?4 OR state <> 'succeeded')
                ORDER BY substance IS ?3 DESC, created_at, rowid LIMIT 1";
    let since = since.map_or(i64::MIN, Timestamp::as_millisecond);
    Ok(select_in(tx, rest, params![key, except, substance, since])?.pop())
}

/// The newest task whose file is now at `file`.
pub fn at_file(tx: &Tx<'_>, file: &str) -> Result<Option<Task>, LedgerError> {
    let rest = "WHERE file = ?1 AND archived_at IS NULL ORDER BY created_at DESC, rowid DESC LIMIT 1";
    Ok(select_in(tx, rest, [file])?.pop())
}

/// Every request of `sender` with exactly this id. There are several requests if the file was dropped again or is in several
/// folders.
pub fn requests_with_id(tx: &Tx<'_>, sender: &str, handoff_id: &str) -> Result<Vec<Task>, LedgerError> {
    select_in(tx, REQUESTS_WITH_ID, [handoff_id, sender])
}

/// The tasks of [`requests_with_id`].
pub(super) const REQUESTS_WITH_ID: &str =
    "WHERE handoff_id = ?1 AND +sender = ?2 AND kind <> 'RETURN' ORDER BY created_at, rowid";

/// The requests to external agents that a RETURN may answer. The references of the RETURN are tried in the order of their
/// reliability: handoff id, file name, task id, token. If a reference matches a request, the later references are not used.
pub fn answered_by(tx: &Tx<'_>, original: &Original) -> Result<Vec<Task>, LedgerError> {
    for (column, key) in
        [("handoff_id", &original.handoff_id), ("file_name", &original.file_name), ("task_id", &original.task_id)]
    {
        let rest =
            format!("WHERE {column} = ?1 AND state = 'delivered' AND kind <> 'RETURN' ORDER BY created_at, rowid");
        let found = key.as_deref().map(|key| select_in(tx, &rest, [key])).transpose()?.unwrap_or_default();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let Some(token) = original.token.as_deref().map(digits) else {
        return Ok(Vec::new());
    };
    let rest = "WHERE state = 'delivered' AND kind <> 'RETURN' AND task_id IS NOT NULL ORDER BY created_at, rowid";
    let open = select_in(tx, rest, [])?;
    Ok(open.into_iter().filter(|task| task.task_id.as_deref().is_some_and(|id| is_token_of(&token, id))).collect())
}

/// The open and ended requests that match the references of a RETURN, newest first. If a reference matches a request, the
/// later references are not used. A token alone is not sufficient.
pub fn named_by(tx: &Tx<'_>, original: &Original) -> Result<Vec<Task>, LedgerError> {
    for (column, key) in
        [("handoff_id", &original.handoff_id), ("file_name", &original.file_name), ("task_id", &original.task_id)]
    {
        let rest = format!(
            "WHERE {column} = ?1 AND kind <> 'RETURN' AND state NOT IN ('duplicate', 'rejected')
             ORDER BY created_at DESC, rowid DESC"
        );
        let found = key.as_deref().map(|key| select_in(tx, &rest, [key])).transpose()?.unwrap_or_default();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Whether the RETURN `id` has triggered a task for `agent`.
pub fn has_triggered(tx: &Tx<'_>, id: &str, agent: &str) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM tasks WHERE about = ?1 AND agent = ?2 LIMIT 1";
    Ok(tx.connection.prepare_cached(sql)?.query_row([id, agent], |_| Ok(())).optional()?.is_some())
}

/// The RETURNs of `sender` that ended no request and refer to one of `names`.
pub fn unmatched(tx: &Tx<'_>, sender: &str, names: &[&str]) -> Result<Vec<Task>, LedgerError> {
    let rest = "WHERE answers = ?1 AND kind = 'RETURN' AND +sender = ?2 ORDER BY created_at, rowid";
    let found = names.iter().map(|name| select_in(tx, rest, [*name, sender]));
    Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// An id without its hyphens.
fn digits(id: &str) -> String {
    id.chars().filter(|c| *c != '-').flat_map(char::to_lowercase).collect()
}

/// Whether `token` is the whole id, its first eight digits, or its first and last eight digits.
fn is_token_of(token: &str, id: &str) -> bool {
    let id = digits(id);
    let (Some(first), Some(last)) = (id.get(..8), id.len().checked_sub(8).and_then(|from| id.get(from..))) else {
        return false;
    };
    token == id || id.len() > 16 && (token == first || token == format!("{first}{last}"))
}

/// The SQL condition for a task whose file is still in the inbox.
const WAITS: &str = "file IS NOT NULL AND archived_at IS NULL
                     AND state IN ('captured', 'queued', 'running', 'waiting', 'needs_grant', 'needs_human', 'needs_approval', 'delivered')
                     AND state NOT IN ('captured', 'running', 'delivered')";

/// A task whose file is in an inbox.
#[derive(Clone, Debug)]
pub struct InboxTask {
    pub id: String,
    /// As [`Task::file`].
    pub file: String,
    /// As [`Task::input`].
    pub input: Option<String>,
    pub since: Timestamp,
}

/// Every task of `agent` that waits with its file in the inbox.
pub fn waiting_files(tx: &Tx<'_>, agent: &str) -> Result<Vec<InboxTask>, LedgerError> {
    let sql = format!("SELECT id, file, input, created_at FROM tasks WHERE agent = ?1 AND {WAITS}");
    let mut select = tx.connection.prepare_cached(&sql)?;
    let rows = select.query_map([agent], |row| {
        let (id, file, input) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(timestamp(row.get(3)?).map(|since| InboxTask { id, file, input, since }))
    })?;
    rows.map(|row| row?).collect()
}

/// Whether the task still waits with its file at `file`.
pub fn waits_with(tx: &Tx<'_>, id: &str, file: &str) -> Result<bool, LedgerError> {
    let sql = format!("SELECT 1 FROM tasks WHERE id = ?1 AND file = ?2 AND {WAITS}");
    Ok(tx.connection.prepare_cached(&sql)?.query_row([id, file], |_| Ok(())).optional()?.is_some())
}

/// The running tasks of `agent` that `owner` holds.
pub fn held_by(tx: &Tx<'_>, agent: &str, owner: &str) -> Result<Vec<Task>, LedgerError> {
    let rest = "WHERE state = 'running' AND agent = ?1 AND lease_owner = ?2 ORDER BY created_at, rowid";
    select_in(tx, rest, [agent, owner])
}

/// The name that the task's file had when it was captured.
pub fn file_name(tx: &Tx<'_>, id: &str) -> Result<Option<String>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT file_name FROM tasks WHERE id = ?1")?;
    Ok(select.query_row([id], |row| row.get(0)).optional()?.flatten())
}

/// The bytes of a captured file.
pub fn input(tx: &Tx<'_>, hash: &str) -> Result<Option<Vec<u8>>, LedgerError> {
    read_bytes(tx.connection, hash)
}

/// As [`input`], for a reader.
pub fn content(reader: &Reader, hash: &str) -> Result<Option<Vec<u8>>, LedgerError> {
    read_bytes(&reader.connection, hash)
}

fn read_bytes(connection: &Connection, hash: &str) -> Result<Option<Vec<u8>>, LedgerError> {
    let mut select = connection.prepare_cached("SELECT bytes FROM inputs WHERE hash = ?1")?;
    Ok(select.query_row([hash], |row| row.get(0)).optional()?)
}

/// The newest tasks that match `filter`, newest first.
pub fn recent(reader: &Reader, filter: &TaskFilter, limit: u32) -> Result<Vec<TaskSummary>, LedgerError> {
    let mut tasks = Vec::new();
    each_recent(reader, filter, limit, |task| tasks.push(task))?;
    Ok(tasks)
}

/// Calls `each` for the newest `limit` tasks, newest first. Reads one task at a time, because a ledger may be larger than
/// the memory.
pub fn each_recent(
    reader: &Reader,
    filter: &TaskFilter,
    limit: u32,
    mut each: impl FnMut(TaskSummary),
) -> Result<(), LedgerError> {
    let agent = filter.agent.clone().map(Value::from);
    let since = filter.since.map(|since| Value::from(since.as_millisecond()));
    let bound = std::iter::once(Value::from(limit)).chain(agent).chain(since);
    let mut select = reader.connection.prepare_cached(&recent_sql(filter, form(reader)?.found))?;
    let mut rows = select.query(params_from_iter(bound))?;
    while let Some(row) = rows.next()? {
        each(summary(row)?);
    }
    Ok(())
}

/// A task and its origin; `None` if no task has this id.
pub fn summary_of(reader: &Reader, id: &str) -> Result<Option<(TaskSummary, Origin)>, LedgerError> {
    let columns = summary_columns(form(reader)?.found);
    let sql = format!("SELECT {columns}, origin FROM tasks WHERE id = ?1");
    let mut select = reader.connection.prepare_cached(&sql)?;
    let mut rows = select.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let name: String = row.get("origin")?;
    Ok(Some((summary(row)?, origin(&name)?)))
}

/// Builds the query. The names of states and outcomes are written into the SQL text, because they come from Baton. Other
/// values are bound.
pub(super) fn recent_sql(filter: &TaskFilter, form: i64) -> String {
    let mut only: Vec<String> = state_condition(filter, form >= OUTCOMES).into_iter().collect();
    only.extend(filter.agent.is_some().then(|| "agent = ?2".to_owned()));
    only.extend(
        filter.since.is_some().then(|| format!("created_at >= ?{}", if filter.agent.is_some() { 3 } else { 2 })),
    );
    let columns = summary_columns(form);
    let only = if only.is_empty() { String::new() } else { format!("WHERE {} ", only.join(" AND ")) };
    format!("SELECT {columns} FROM tasks {only}ORDER BY created_at DESC, rowid DESC LIMIT ?1")
}

/// The condition for states and outcomes.
fn state_condition(filter: &TaskFilter, has_outcomes: bool) -> Option<String> {
    let states = state_list(&filter.states);
    let outcomes = sql_list(filter.outcomes.iter().map(|outcome| outcome.as_str()));
    match (states.is_empty(), outcomes.is_empty() || !has_outcomes) {
        (true, true) if filter.outcomes.is_empty() => None,
        // A ledger of an older format has no outcomes.
        (_, true) => Some(format!("state IN ({states})")),
        (true, false) => Some(format!("outcome IN ({outcomes})")),
        (false, false) => Some(format!("(state IN ({states}) OR outcome IN ({outcomes}))")),
    }
}

/// The condition for requests that are not final. It must be identical to the condition of the index `tasks_asked`.
pub(super) const ASKED_SQL: &str =
    "SELECT agent, count(*) FROM tasks INDEXED BY tasks_asked WHERE state IN ('captured', 'queued', 'running', 'waiting', 'needs_grant',
     'needs_human', 'needs_approval', 'delivered') AND kind <> 'RETURN' AND origin <> 'call' GROUP BY agent";

/// The number of open tasks of each agent.
pub fn open_by_agent(reader: &Reader) -> Result<Vec<(String, u64)>, LedgerError> {
    let mut select = reader.connection.prepare_cached(ASKED_SQL)?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many tasks of an agent have a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskCount {
    /// The agent.
    pub agent: String,
    /// The state.
    pub state: State,
    /// The number of tasks.
    pub count: u64,
}

/// The number of tasks in each of these states, by agent and state. Does not include tasks of `baton run` and RETURNs.
pub fn open_by_state(reader: &Reader, states: &[State]) -> Result<Vec<TaskCount>, LedgerError> {
    let sql = format!(
        "SELECT agent, state, count(*) FROM tasks WHERE state IN ({}) AND kind <> 'RETURN' AND origin <> 'call'
         GROUP BY agent, state ORDER BY agent, state",
        state_list(states)
    );
    let mut select = reader.connection.prepare(&sql)?;
    let mut rows = select.query([])?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, count): (String, i64) = (row.get(1)?, row.get(2)?);
        let count = u64::try_from(count).unwrap_or(0);
        open.push(TaskCount { agent: row.get(0)?, state: super::state(&name)?, count });
    }
    Ok(open)
}

/// Every task in `state`. `state` must not be a final state.
pub fn in_state(tx: &Tx<'_>, state: State) -> Result<Vec<Task>, LedgerError> {
    select_in(tx, &in_state_sql(state), [])
}

/// The use of each limit by the last attempt of a task, as a JSON object.
pub fn usage(reader: &Reader, id: &str) -> Result<Option<String>, LedgerError> {
    // The first format with this column.
    if !has_form(reader, 5)? {
        return Ok(None);
    }
    let mut select = reader.connection.prepare_cached("SELECT usage FROM tasks WHERE id = ?1")?;
    Ok(select.query_row([id], |row| row.get(0)).optional()?.flatten())
}

/// The next steps that the plugin of an ended task reported.
pub fn next_steps(reader: &Reader, id: &str) -> Result<Vec<String>, LedgerError> {
    if !has_form(reader, OUTCOMES)? {
        return Ok(Vec::new());
    }
    read_next_steps(&reader.connection, id)
}

/// As [`next_steps`], in a transaction.
pub fn next_steps_in(tx: &Tx<'_>, id: &str) -> Result<Vec<String>, LedgerError> {
    read_next_steps(tx.connection, id)
}

fn read_next_steps(connection: &Connection, id: &str) -> Result<Vec<String>, LedgerError> {
    let mut select = connection.prepare_cached("SELECT next_steps FROM tasks WHERE id = ?1")?;
    let steps: Option<String> = select.query_row([id], |row| row.get(0)).optional()?.flatten();
    let corrupt = |value: &str| LedgerError::Corrupt { what: "next steps", value: value.to_owned() };
    steps.map_or(Ok(Vec::new()), |steps| serde_json::from_str(&steps).map_err(|_| corrupt(&steps)))
}

/// The state is written into the SQL text and not bound, so that SQLite can use the partial index.
pub(super) fn in_state_sql(state: State) -> String {
    format!("WHERE state = '{}' ORDER BY created_at, rowid", state.as_str())
}
