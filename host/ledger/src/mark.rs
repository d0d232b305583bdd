//! What a `files` trigger has already acted on: the content hash of each path. A path whose hash is the marked one does
//! not fire again, so a restart or a touched file makes no work.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::LedgerError;
use crate::database::Tx;

/// Every path that `trigger` has seen, with its hash.
///
/// # Errors
/// When the database fails.
pub fn all(tx: &Tx<'_>, trigger: &str) -> Result<BTreeMap<String, String>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT path, hash FROM marks WHERE trigger = ?1")?;
    let rows = select.query_map([trigger], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Marks `path` as seen with `hash`.
///
/// # Errors
/// When the database fails.
pub fn set(tx: &Tx<'_>, trigger: &str, path: &str, hash: &str) -> Result<(), LedgerError> {
    let mut upsert = tx.connection.prepare_cached(
        "INSERT INTO marks (trigger, path, hash) VALUES (?1, ?2, ?3)
         ON CONFLICT (trigger, path) DO UPDATE SET hash = excluded.hash",
    )?;
    upsert.execute(params![trigger, path, hash])?;
    Ok(())
}

/// Forgets `path`: it is gone, and fires again when it comes back.
///
/// # Errors
/// When the database fails.
pub fn clear(tx: &Tx<'_>, trigger: &str, path: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("DELETE FROM marks WHERE trigger = ?1 AND path = ?2")?.execute([trigger, path])?;
    Ok(())
}
