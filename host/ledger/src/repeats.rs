//! Repetitions of requests that are still open. Baton answers a repetition when the first request ends.
//!
//! Every function fails only when the database fails.

use rusqlite::params;

use crate::LedgerError;
use crate::database::Tx;

/// A repetition whose first request is still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    pub task: String,
    /// The folder where the sender reads the RETURN.
    pub folder: String,
}

/// Records that Baton answers `repeat` when the task `first` ends.
pub fn add(tx: &Tx<'_>, first: &str, repeat: &Repeat) -> Result<(), LedgerError> {
    let sql = "INSERT OR REPLACE INTO repeats (task, first, folder) VALUES (?1, ?2, ?3)";
    tx.connection.prepare_cached(sql)?.execute(params![repeat.task, first, repeat.folder])?;
    Ok(())
}

/// Removes the repetitions that wait for the task `first`, and returns them.
pub fn take(tx: &Tx<'_>, first: &str) -> Result<Vec<Repeat>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT task, folder FROM repeats WHERE first = ?1 ORDER BY task")?;
    let rows = select.query_map([first], |row| Ok(Repeat { task: row.get(0)?, folder: row.get(1)? }))?;
    let repeats: Vec<Repeat> = rows.collect::<Result<_, _>>()?;
    if !repeats.is_empty() {
        tx.connection.prepare_cached("DELETE FROM repeats WHERE first = ?1")?.execute([first])?;
    }
    Ok(repeats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    #[test]
    fn a_taken_repetition_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let repeat = |task: &str| Repeat { task: task.to_owned(), folder: "in".to_owned() };
        let taken = ledger.write_blocking(move |tx| {
            add(tx, "first", &repeat("b"))?;
            add(tx, "first", &repeat("a"))?;
            add(tx, "other", &repeat("c"))?;
            Ok([take(tx, "first")?, take(tx, "first")?])
        });
        assert_eq!(
            taken.unwrap().map(|repeats| repeats.into_iter().map(|r| r.task).collect::<Vec<_>>()),
            [vec!["a".to_owned(), "b".to_owned()], Vec::new()]
        );
    }
}
