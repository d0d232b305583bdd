//! Finds the tasks that an argument of the command line names.

use std::collections::HashSet;

use baton_core::State;
use rusqlite::{Connection, ToSql};

use super::Task;
use super::row::{base_name, select_sql, task};
use crate::LedgerError;
use crate::database::Reader;

/// The maximum number of tasks that are read. If more tasks match, [`TaskMatches::more`] is set.
const MOST: usize = 10_000;

/// The tasks that the argument may name.
#[derive(Clone, Debug)]
pub struct TaskMatches {
    /// The matching tasks, oldest first. Of a request and its repetitions, only the first task.
    pub tasks: Vec<Task>,
    /// True if the argument is only the beginning of the tasks' ids.
    pub by_prefix: bool,
    /// True if the argument matches more tasks, which were not read.
    pub more: bool,
}

/// Every task that `word` may name. This is the task with this id. If there is none: all tasks with this handoff id or file
/// name, and all tasks whose id starts with `word`. If there are none: all tasks with this title.
pub fn matching(reader: &Reader, word: &str) -> Result<TaskMatches, LedgerError> {
    search(reader, word, None)
}

/// As [`matching`], but only among the tasks that `agent` received or sent, or whose RETURN it gets.
pub fn matching_for(reader: &Reader, word: &str, agent: &str) -> Result<TaskMatches, LedgerError> {
    search(reader, word, Some(agent))
}

fn search(reader: &Reader, word: &str, agent: Option<&str>) -> Result<TaskMatches, LedgerError> {
    let connection = &reader.connection;
    let with = |column: &str, key: &str| with(connection, column, key, agent);
    let mut ids = with("id", word)?;
    let mut by_prefix = false;
    if ids.is_empty() {
        ids = with("handoff_id", word)?;
        ids.extend(with("file_name", base_name(word))?);
        by_prefix = ids.is_empty();
        ids.extend(begun_with(connection, word, agent)?);
    }
    if ids.is_empty() {
        ids = with("title", word)?;
        by_prefix = false;
    }
    let more = ids.len() >= MOST;
    let mut select = connection.prepare_cached(&select_sql("WHERE id = ?1"))?;
    let mut tasks = Vec::new();
    let mut seen = HashSet::new();
    for id in ids {
        if seen.insert(id.clone()) {
            tasks.push(select.query_row([id], |row| Ok(task(row)))??);
        }
    }
    // A repetition does no work, so an argument that names it means the first request.
    if tasks.iter().any(|task| task.state != State::Duplicate) {
        tasks.retain(|task| task.state != State::Duplicate);
    }
    Ok(TaskMatches { tasks, by_prefix, more })
}

/// The condition for tasks of one agent. The `+` prevents the use of the index of senders, because a sender has many tasks.
pub(super) const OF_AGENT: &str =
    "AND (+agent = :agent OR +sender = :agent OR sender IS NOT NULL AND reply_to = :agent)";

/// The ids of the tasks whose `column` is `:key`, oldest first. The `+` keeps SQLite from reading all tasks in the order of
/// their age.
pub(super) fn with_sql(column: &str, only: &str) -> String {
    format!("SELECT id FROM tasks WHERE {column} = :key {only} ORDER BY +created_at, rowid LIMIT {MOST}")
}

fn with(connection: &Connection, column: &str, key: &str, agent: Option<&str>) -> Result<Vec<String>, LedgerError> {
    select_ids(connection, &with_sql(column, only(agent)), &[(":key", &key)], agent)
}

/// The condition for the tasks of an agent, if `agent` is given.
fn only(agent: Option<&str>) -> &'static str {
    agent.map_or("", |_| OF_AGENT)
}

/// The ids that a query selects. `agent` is bound if it is given.
fn select_ids(
    connection: &Connection,
    sql: &str,
    bound: &[(&str, &dyn ToSql)],
    agent: Option<&str>,
) -> Result<Vec<String>, LedgerError> {
    let mut select = connection.prepare_cached(sql)?;
    let agent: Vec<(&str, &dyn ToSql)> = agent.iter().map(|agent| (":agent", agent as &dyn ToSql)).collect();
    let rows = select.query_map([bound, &agent].concat().as_slice(), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The ids in a range.
pub(super) fn range_sql(only: &str) -> String {
    format!("SELECT id FROM tasks WHERE id >= :first AND id < :end {only} LIMIT 100")
}

fn begun_with(connection: &Connection, begin: &str, agent: Option<&str>) -> Result<Vec<String>, LedgerError> {
    if begin.is_empty() || !begin.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let begin = begin.to_ascii_lowercase();
    let end = format!("{begin}g");
    select_ids(connection, &range_sql(only(agent)), &[(":first", &begin), (":end", &end)], agent)
}

/// The only task that `word` names, for tests.
#[cfg(test)]
pub(crate) fn find(reader: &Reader, word: &str) -> Result<Option<Task>, LedgerError> {
    Ok(matching(reader, word)?.tasks.pop())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{NewTask, Origin, insert};
    use super::*;
    use crate::{Ledger, Tx};

    #[test]
    fn an_argument_that_matches_too_many_tasks_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let add = |title: &'static str, count: usize| {
            let job = move |tx: &Tx<'_>| {
                let new = NewTask { title: title.to_owned(), ..NewTask::blank("a", Origin::Handoff, State::Queued) };
                (0..count).try_for_each(|_| insert(tx, &new, None, Timestamp::UNIX_EPOCH).map(drop))
            };
            ledger.write_blocking(job).unwrap();
        };
        add("Many", MOST + 1);
        add("Few", 2);
        let found =
            |title: &str| matching(&ledger.reader().unwrap(), title).map(|meant| (meant.tasks.len(), meant.more));
        assert_eq!(found("Many").unwrap(), (MOST, true));
        assert_eq!(found("Few").unwrap(), (2, false));
        let job = |tx: &Tx<'_>| {
            let new = NewTask { title: "Many".to_owned(), ..NewTask::blank("b", Origin::Handoff, State::Queued) };
            insert(tx, &new, None, Timestamp::UNIX_EPOCH)
        };
        let id = ledger.write_blocking(job).unwrap();
        let of_b = matching_for(&ledger.reader().unwrap(), "Many", "b").unwrap();
        assert_eq!(
            of_b.tasks.into_iter().map(|task| task.id).collect::<Vec<_>>(),
            [id],
            "tasks of other agents do not count"
        );
    }
}
