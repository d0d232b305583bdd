//! Finds the tasks that an argument of the command line names.

use std::collections::HashSet;

use baton_core::State;
use rusqlite::Connection;

use super::Task;
use super::row::{base_name, select_sql, task};
use crate::LedgerError;
use crate::database::Reader;

/// The maximum number of tasks that are read. If there are more, [`TaskMatches::more`] is set.
const MOST: usize = 10_000;

/// The tasks that the argument may name.
#[derive(Clone, Debug)]
pub struct TaskMatches {
    /// Oldest first. Of repeated requests, only the first task.
    pub tasks: Vec<Task>,
    /// Whether the argument is only a prefix of their ids.
    pub by_prefix: bool,
    /// Whether the argument matches more tasks, which were not read.
    pub more: bool,
}

/// Every task that `word` may name: the task with this id; otherwise all tasks with this handoff id or file name, and
/// all tasks whose id starts with it; otherwise all tasks with this title.
pub fn matching(reader: &Reader, word: &str) -> Result<TaskMatches, LedgerError> {
    let connection = &reader.connection;
    let mut ids = with(connection, "id", word)?;
    let mut by_prefix = false;
    if ids.is_empty() {
        ids = with(connection, "handoff_id", word)?;
        ids.extend(with(connection, "file_name", base_name(word))?);
        by_prefix = ids.is_empty();
        ids.extend(begun_with(connection, word)?);
    }
    if ids.is_empty() {
        ids = with(connection, "title", word)?;
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
    // A repetition does no work, so its name means the first request.
    if tasks.iter().any(|task| task.state != State::Duplicate) {
        tasks.retain(|task| task.state != State::Duplicate);
    }
    Ok(TaskMatches { tasks, by_prefix, more })
}

/// The ids of the tasks whose `column` is `?1`, oldest first.
pub(super) fn with_sql(column: &str) -> String {
    format!("SELECT id FROM tasks WHERE {column} = ?1 ORDER BY created_at, rowid LIMIT {MOST}")
}

fn with(connection: &Connection, column: &str, key: &str) -> Result<Vec<String>, LedgerError> {
    let mut select = connection.prepare_cached(&with_sql(column))?;
    let rows = select.query_map([key], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The ids in a range.
pub(super) const RANGE_SQL: &str = "SELECT id FROM tasks WHERE id >= ?1 AND id < ?2 LIMIT 100";

fn begun_with(connection: &Connection, begin: &str) -> Result<Vec<String>, LedgerError> {
    if begin.is_empty() || !begin.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let begin = begin.to_ascii_lowercase();
    let mut select = connection.prepare_cached(RANGE_SQL)?;
    let found = select.query_map([&begin, &format!("{begin}g")], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
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
    fn a_word_that_means_more_tasks_than_are_read_says_so() {
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
    }
}
