//! What a task waits for: ids of other tasks, as its sender wrote them (a handoff id, the sender's own task id, or Baton's).
//!
//! A row stands for one id that is still open. Ids may name tasks that are not here yet.

use rusqlite::params;

use super::Task;
use super::row::select_in;
use crate::LedgerError;
use crate::database::Tx;

/// Records what a task waits for; an id twice counts once.
///
/// # Errors
/// When the database fails.
pub fn add_dependencies(tx: &Tx<'_>, id: &str, needs: &[String]) -> Result<(), LedgerError> {
    let mut insert =
        tx.connection.prepare_cached("INSERT OR IGNORE INTO dependencies (task, needs) VALUES (?1, ?2)")?;
    needs.iter().try_for_each(|need| insert.execute([id, need]).map(drop))?;
    Ok(())
}

/// What a task still waits for.
///
/// # Errors
/// When the database fails.
pub fn dependencies(tx: &Tx<'_>, id: &str) -> Result<Vec<String>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT needs FROM dependencies WHERE task = ?1 ORDER BY needs")?;
    let rows = select.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The tasks that wait for something of this name.
///
/// # Errors
/// When the database fails.
pub fn dependents(tx: &Tx<'_>, name: &str) -> Result<Vec<Task>, LedgerError> {
    select_in(tx, "WHERE id IN (SELECT task FROM dependencies WHERE needs = ?1) ORDER BY created_at, rowid", [name])
}

/// What `id` waited for under this name is done.
///
/// # Errors
/// When the database fails.
pub fn satisfy(tx: &Tx<'_>, id: &str, name: &str) -> Result<(), LedgerError> {
    let mut delete = tx.connection.prepare_cached("DELETE FROM dependencies WHERE task = ?1 AND needs = ?2")?;
    delete.execute(params![id, name])?;
    Ok(())
}

/// A task waits for nothing any more.
///
/// # Errors
/// When the database fails.
pub fn drop_dependencies(tx: &Tx<'_>, id: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("DELETE FROM dependencies WHERE task = ?1")?.execute([id])?;
    Ok(())
}

/// The newest request that an id names, duplicates aside.
///
/// # Errors
/// When the database fails.
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
