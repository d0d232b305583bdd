//! Paths that a trigger has processed, with the hash of their content. If the content of a path is unchanged, a restart of
//! the daemon or a new file time makes no task. `files` triggers mark the files for which they fired. The adoption of a
//! folder marks the files that the folder contains.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};

/// Every path that `trigger` has processed, with its hash.
pub fn all(tx: &Tx<'_>, trigger: &str) -> Result<BTreeMap<String, String>, LedgerError> {
    of(tx.connection, trigger)
}

/// As [`all`], outside of a write transaction.
pub fn seen(reader: &Reader, trigger: &str) -> Result<BTreeMap<String, String>, LedgerError> {
    of(&reader.connection, trigger)
}

fn of(connection: &Connection, trigger: &str) -> Result<BTreeMap<String, String>, LedgerError> {
    let mut select = connection.prepare_cached("SELECT path, hash FROM marks WHERE trigger = ?1")?;
    let rows = select.query_map([trigger], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Marks `path` as processed with `hash`.
pub fn set(tx: &Tx<'_>, trigger: &str, path: &str, hash: &str) -> Result<(), LedgerError> {
    let mut upsert = tx.connection.prepare_cached(
        "INSERT INTO marks (trigger, path, hash) VALUES (?1, ?2, ?3)
         ON CONFLICT (trigger, path) DO UPDATE SET hash = excluded.hash",
    )?;
    upsert.execute(params![trigger, path, hash])?;
    Ok(())
}

/// Whether `path` is marked with exactly this hash.
pub fn is_set(tx: &Tx<'_>, trigger: &str, path: &str, hash: &str) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM marks WHERE trigger = ?1 AND path = ?2 AND hash = ?3";
    Ok(tx.connection.prepare_cached(sql)?.query_row([trigger, path, hash], |_| Ok(())).optional()?.is_some())
}

/// Deletes the mark of a path that does not exist any more. So the trigger fires when the path exists again.
pub fn clear(tx: &Tx<'_>, trigger: &str, path: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("DELETE FROM marks WHERE trigger = ?1 AND path = ?2")?.execute([trigger, path])?;
    Ok(())
}
