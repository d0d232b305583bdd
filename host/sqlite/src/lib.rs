//! What the SQLite files of the host have in common: the form of a file (its `user_version`), the migrations that bring it to
//! today's form, and what a person can do about an error of SQLite.
//!
//! Each database has its own crate, its own migrations and its own error type.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// A newer Baton wrote the file.
#[derive(Debug, thiserror::Error)]
#[error("has form {found}, this baton knows forms up to {known}: update baton")]
pub struct NewerForm {
    /// The file's `user_version`.
    pub found: i64,
    /// The newest form that this build knows.
    pub known: i64,
}

/// The form of the file: the number of migrations it has had; 0 before the first one is committed.
pub fn form(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// The form that a database has after these migrations.
#[must_use]
pub fn form_after(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

/// Runs the migrations that the database has not had, in one transaction.
///
/// # Errors
/// [`NewerForm`] when the database has had more migrations than these.
pub fn migrate<E>(connection: &mut Connection, migrations: &[&str]) -> Result<(), E>
where
    E: From<rusqlite::Error> + From<NewerForm>,
{
    migrate_around(connection, migrations, |_, _| Ok(()), |_, ()| Ok(()))
}

/// [`migrate`] with a step before and one after, in the same transaction. `before` gets the form that the database has.
///
/// # Errors
/// [`NewerForm`] when the database has had more migrations than these.
pub fn migrate_around<T, E>(
    connection: &mut Connection,
    migrations: &[&str],
    before: impl FnOnce(&Connection, i64) -> Result<T, E>,
    after: impl FnOnce(&Connection, T) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<rusqlite::Error> + From<NewerForm>,
{
    let known = form_after(migrations);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = form(&transaction)?;
    if found > known {
        return Err(NewerForm { found, known }.into());
    }
    let kept = before(&transaction, found)?;
    for migration in migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    after(&transaction, kept)?;
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}

/// The path with more at its end: `-wal` for the write-ahead log of a database, `-shm` for the index of that log.
#[must_use]
pub fn with_ending(path: &Path, ending: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// What the operator can do about an error, to be appended to its message; empty where SQLite's message says it.
#[must_use]
pub fn hint(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "; free some disk space on its volume (`baton doctor` shows which)",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "; stop the program that locks the database",
        _ => "",
    }
}
