//! Opens the ledger for writing and migrates it. [`seal`] updates the sums of its tables during the migration.

use std::path::Path;

use baton_core::State;
use baton_sqlite::migrate_around;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::database::{BUSY, MIGRATIONS, check_files, known};
use crate::{LedgerError, seal};

/// The size of SQLite's cache, as a negative number of KiB. The upper pages of the indexes and the newest rows fit into it.
const CACHE: i64 = -16 * 1024;

/// The number of journal pages after which SQLite writes the pages back to the database file: 64 MiB. A handoff changes
/// about fifty pages, and the previous handoff has changed many of the same pages. So SQLite would write these pages far
/// more often if the number were smaller.
const CHECKPOINT: i64 = 16384;

/// The number of cached prepared statements: more than Baton uses.
const STATEMENTS: usize = 128;

/// The first format in which the state of unreadable files is `rejected`.
const RENAMED_STATE: i64 = 18;

/// Opens or creates the file and migrates it.
pub(crate) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let opened = |source| LedgerError::Open { path: path.to_owned(), source };
    check_files(path)?;
    let mut connection = Connection::open(path).map_err(opened)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(opened)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
    // Without this setting, SQLite plans a statement again for each value that might match a partial index.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let before = |connection: &Connection, form| {
        log_renamed_state(connection, form)?;
        seal::before_migration(connection, form, known())
    };
    migrate_around(&mut connection, &MIGRATIONS, before, seal::after_migration)?;
    seal::keep(&connection)?;
    Ok(connection)
}

/// If a task has the old state name of unreadable files, logs that the migration renames this state.
fn log_renamed_state(connection: &Connection, form: i64) -> Result<(), LedgerError> {
    if (1..RENAMED_STATE).contains(&form) {
        let sql = "SELECT count(*) FROM tasks WHERE state = ?1";
        let files: i64 = connection.query_row(sql, [State::FORMER_REJECTED], |row| row.get(0))?;
        if files > 0 {
            tracing::info!("the state `quarantined` of unreadable files is now named `rejected` ({files} tasks)");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use baton_sqlite::NewerForm;

    use super::*;
    use crate::Reader;

    #[test]
    fn opening_twice_keeps_the_format_and_a_newer_format_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        drop(open(&path).unwrap());
        let connection = open(&path).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        assert!(matches!(open(&path), Err(LedgerError::Newer(NewerForm { found: 99, .. }))));
    }

    #[test]
    fn opening_a_ledger_during_its_creation_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        Connection::open(&path).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
        assert!(matches!(Reader::open(&path), Err(LedgerError::Unmade)));
        drop(open(&path).unwrap());
        assert!(Reader::open(&path).is_ok());
    }

    #[test]
    fn errors_when_the_file_is_not_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        std::fs::write(&path, "this is no database, only text of some length".repeat(40)).unwrap();
        assert!(matches!(open(&path), Err(LedgerError::Open { .. })));
    }

    #[test]
    fn a_link_among_the_files_of_a_ledger_is_an_error_and_its_target_is_unchanged() {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let folder = tempfile::tempdir().unwrap();
            let [ledger, target] = ["ledger.db", "target"].map(|name| folder.path().join(name));
            drop(open(&ledger).unwrap());
            let link = baton_sqlite::with_ending(&ledger, ending);
            drop(std::fs::rename(&link, &target));
            for exists in [true, false] {
                drop(std::fs::remove_file(&link));
                std::os::unix::fs::symlink(if exists { "target" } else { "nowhere" }, &link).unwrap();
                let before = std::fs::read(&target).ok();
                for refused in [Reader::open(&ledger).map(drop), crate::Ledger::open(&ledger, "test").map(drop)] {
                    let refused = refused.unwrap_err().to_string();
                    assert!(refused.contains(&format!("{} ", link.display())), "{refused}");
                    assert!(refused.contains("a symbolic link, not a regular file"), "{refused}");
                }
                assert!(std::fs::read(&target).ok() == before, "{ending}: the target was changed");
                assert!(!folder.path().join("nowhere").exists());
            }
        }
    }

    #[test]
    fn a_ledger_that_is_a_pipe_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("ledger.db");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        for refused in [Reader::open(&pipe).map(drop), crate::Ledger::open(&pipe, "test").map(drop)] {
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("ledger.db") && refused.contains("a pipe (FIFO)"), "{refused}");
        }
    }
}
