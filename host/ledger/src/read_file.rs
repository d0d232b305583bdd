//! Files that were read and stay in an inbox, each with a stamp that changes with the file. At its start, the daemon does
//! not read unchanged files again. Rows that another version of Baton wrote are ignored.

use rusqlite::params;

use crate::LedgerError;
use crate::database::{Reader, Tx};

/// A file that was read and stays in its inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFile {
    /// As [`Task::file`](crate::task::Task::file).
    pub file: String,
    /// The size, the times and the inode of the file. One of them changes if the file's bytes change.
    pub stamp: String,
}

/// The version of Baton that reads the files.
const READER: &str = env!("CARGO_PKG_VERSION");

/// Every file that this version has read.
pub fn all(reader: &Reader) -> Result<Vec<ReadFile>, LedgerError> {
    let mut select = reader.connection.prepare("SELECT file, stamp FROM read_files WHERE reader = ?1")?;
    let rows = select.query_map([READER], |row| Ok(ReadFile { file: row.get(0)?, stamp: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records files; a newer stamp replaces the older one.
pub fn keep(tx: &Tx<'_>, files: &[ReadFile]) -> Result<(), LedgerError> {
    let mut upsert = tx.connection.prepare_cached(
        "INSERT INTO read_files (file, stamp, reader) VALUES (?1, ?2, ?3)
         ON CONFLICT (file) DO UPDATE SET stamp = excluded.stamp, reader = excluded.reader",
    )?;
    files.iter().try_for_each(|read| upsert.execute(params![read.file, read.stamp, READER]).map(drop))?;
    Ok(())
}

/// Forgets missing files.
pub fn forget(tx: &Tx<'_>, files: &[String]) -> Result<(), LedgerError> {
    let mut delete = tx.connection.prepare_cached("DELETE FROM read_files WHERE file = ?1")?;
    files.iter().try_for_each(|file| delete.execute([file]).map(drop))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    fn read(file: &str, stamp: &str) -> ReadFile {
        ReadFile { file: file.to_owned(), stamp: stamp.to_owned() }
    }

    #[test]
    fn the_last_stamp_is_used_and_stamps_of_other_versions_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            keep(tx, &[read("a", "1"), read("b", "1"), read("c", "1"), read("d", "1")])?;
            keep(tx, &[read("a", "2")])?;
            forget(tx, &["b".to_owned()])?;
            tx.connection.execute("UPDATE read_files SET reader = 'older' WHERE file = 'c'", [])?;
            Ok(())
        };
        ledger.write_blocking(job).unwrap();
        assert_eq!(all(&ledger.reader().unwrap()).unwrap(), [read("a", "2"), read("d", "1")]);
    }
}
