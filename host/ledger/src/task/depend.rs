//! Dependencies: ids of other tasks, as the sender wrote them: a handoff id, the sender's task id, or Baton's task id.
//!
//! A row is one open dependency. The task with the id in the row may not exist yet.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::Task;
use super::row::{select_in, timestamp};
use crate::LedgerError;
use crate::database::{Reader, Tx};

/// The prefix of a dependency that needs a verified RETURN. Without the prefix, a succeeded task is sufficient.
pub const VERIFIED: &str = "verified:";

/// The id or title in a dependency, without [`VERIFIED`].
#[must_use]
pub fn dependency_name(need: &str) -> &str {
    need.strip_prefix(VERIFIED).unwrap_or(need)
}

/// Records the dependencies of a task. An id that occurs twice is recorded once.
pub fn add_dependencies(tx: &Tx<'_>, id: &str, needs: &[String]) -> Result<(), LedgerError> {
    let mut insert =
        tx.connection.prepare_cached("INSERT OR IGNORE INTO dependencies (task, needs) VALUES (?1, ?2)")?;
    needs.iter().try_for_each(|need| insert.execute([id, need]).map(drop))?;
    Ok(())
}

/// The open dependencies of a task.
pub fn dependencies(tx: &Tx<'_>, id: &str) -> Result<Vec<String>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT needs FROM dependencies WHERE task = ?1 ORDER BY needs")?;
    let rows = select.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The tasks that have the dependency `name`.
pub fn dependents(tx: &Tx<'_>, name: &str) -> Result<Vec<Task>, LedgerError> {
    select_in(tx, "WHERE id IN (SELECT task FROM dependencies WHERE needs = ?1) ORDER BY created_at, rowid", [name])
}

/// Removes a dependency of `id` that has succeeded.
pub fn satisfy(tx: &Tx<'_>, id: &str, name: &str) -> Result<(), LedgerError> {
    let mut delete = tx.connection.prepare_cached("DELETE FROM dependencies WHERE task = ?1 AND needs = ?2")?;
    delete.execute(params![id, name])?;
    Ok(())
}

/// Removes all dependencies of a task.
pub fn drop_dependencies(tx: &Tx<'_>, id: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("DELETE FROM dependencies WHERE task = ?1")?.execute([id])?;
    Ok(())
}

/// The newest request with a title.
pub(super) const TITLED: &str = "WHERE title = ?1 AND kind <> 'RETURN' AND state <> 'duplicate'
     ORDER BY +created_at DESC, rowid DESC LIMIT 1";

/// The newest request with the id in this dependency. If there is none, the newest request with this title. Duplicates are
/// ignored.
pub fn named_or_titled(tx: &Tx<'_>, need: &str) -> Result<Option<Task>, LedgerError> {
    let name = dependency_name(need);
    if let Some(found) = named(tx, name)? {
        return Ok(Some(found));
    }
    Ok(select_in(tx, TITLED, [name])?.pop())
}

/// A waiting task with a dependency that matches no task's id or title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDependency {
    pub task: String,
    pub agent: String,
    pub title: String,
    /// The dependency, as the sender wrote it.
    pub needs: String,
    pub since: Timestamp,
}

/// The waiting tasks with a dependency that matches no task's id or title, oldest first.
pub fn unknown_dependencies(reader: &Reader) -> Result<Vec<UnknownDependency>, LedgerError> {
    unknown(&reader.connection, Timestamp::MAX)
}

/// As [`unknown_dependencies`], in a transaction, for tasks that were captured before `before`.
pub fn unknown_dependencies_in(tx: &Tx<'_>, before: Timestamp) -> Result<Vec<UnknownDependency>, LedgerError> {
    unknown(tx.connection, before)
}

fn unknown(connection: &Connection, before: Timestamp) -> Result<Vec<UnknownDependency>, LedgerError> {
    let name =
        format!("CASE WHEN d.needs LIKE '{VERIFIED}%' THEN substr(d.needs, {}) ELSE d.needs END", VERIFIED.len() + 1);
    let sql = format!(
        "SELECT t.id, t.agent, t.title, d.needs, t.created_at FROM dependencies AS d JOIN tasks AS t ON t.id = d.task
         WHERE t.state = 'waiting' AND t.created_at < ?1
         AND NOT EXISTS (SELECT 1 FROM tasks WHERE id = {name} AND kind <> 'RETURN' AND state <> 'duplicate')
         AND NOT EXISTS (SELECT 1 FROM tasks WHERE handoff_id = {name} AND kind <> 'RETURN' AND state <> 'duplicate')
         AND NOT EXISTS (SELECT 1 FROM tasks WHERE task_id = {name} AND kind <> 'RETURN' AND state <> 'duplicate')
         AND NOT EXISTS (SELECT 1 FROM tasks WHERE title = {name} AND kind <> 'RETURN' AND state <> 'duplicate')
         ORDER BY t.created_at, t.rowid LIMIT 100"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([before.as_millisecond()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (task, agent, title, needs) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        found.push(UnknownDependency { task, agent, title, needs, since: timestamp(row.get(4)?)? });
    }
    Ok(found)
}

/// Whether a request has the id or title in this dependency, by the rule of [`named_or_titled`].
pub fn is_named(reader: &Reader, need: &str) -> Result<bool, LedgerError> {
    let name = dependency_name(need);
    let sql = "SELECT EXISTS (SELECT 1 FROM tasks WHERE id = ?1 AND kind <> 'RETURN')
             OR EXISTS (SELECT 1 FROM tasks WHERE handoff_id = ?1 AND kind <> 'RETURN')
             OR EXISTS (SELECT 1 FROM tasks WHERE task_id = ?1 AND kind <> 'RETURN')
             OR EXISTS (SELECT 1 FROM tasks WHERE title = ?1 AND kind <> 'RETURN')";
    Ok(reader.connection.prepare_cached(sql)?.query_row([name], |row| row.get(0))?)
}

/// The newest request with this id. Duplicates are ignored.
pub fn named(tx: &Tx<'_>, name: &str) -> Result<Option<Task>, LedgerError> {
    for column in ["id", "handoff_id", "task_id"] {
        let rest = format!(
            "WHERE {column} = ?1 AND kind <> 'RETURN' AND state <> 'duplicate' ORDER BY created_at DESC, rowid DESC LIMIT 1"
        );
        if let Some(found) = select_in(tx, &rest, [name])?.pop() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
