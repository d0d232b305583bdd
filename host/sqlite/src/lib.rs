//! Code for all SQLite files of the host: the kinds of the files on the disk, the format of a database (its
//! `user_version`), the migrations to the current format, and hints for errors of SQLite.
//!
//! Each database has its own crate, its own migrations and its own error type.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// A newer Baton wrote the file.
#[derive(Debug, thiserror::Error)]
#[error("has format {found}, this baton supports formats up to {known}: update baton")]
pub struct NewerForm {
    /// The file's `user_version`.
    pub found: i64,
    /// The newest format that this build supports.
    pub known: i64,
}

/// A database, or a file of SQLite beside it, is not a regular file.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct NotAFile {
    /// The file.
    pub path: PathBuf,
    /// Its kind, and the fix.
    pub source: io::Error,
}

/// The endings of the files that SQLite opens for a database.
const ENDINGS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Returns an error if the database or a file beside it is not a regular file: SQLite would block on a pipe, and would
/// follow a link to another place. A missing file is not an error here.
pub fn check_files(path: &Path) -> Result<(), NotAFile> {
    for ending in ENDINGS {
        let path = with_ending(path, ending);
        match baton_files::check(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => return Err(NotAFile { path, source }),
            _ => {}
        }
    }
    Ok(())
}

/// The format of the file: the number of migrations that were run on it; 0 before the first one is committed.
pub fn form(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// The format of a database after these migrations.
#[must_use]
pub fn form_after(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

/// Runs the missing migrations of a database in one transaction.
///
/// # Errors
/// [`NewerForm`] when the database was migrated by a newer program.
pub fn migrate<E>(connection: &mut Connection, migrations: &[&str]) -> Result<(), E>
where
    E: From<rusqlite::Error> + From<NewerForm>,
{
    migrate_around(connection, migrations, |_, _| Ok(()), |_, ()| Ok(()))
}

/// Runs [`migrate`] with one step before it and one step after it, in the same transaction. `before` gets the current
/// format of the database.
///
/// # Errors
/// [`NewerForm`] when the database was migrated by a newer program.
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

/// Appends `ending` to the path: `-wal` for the write-ahead log of a database, `-shm` for the index of that log.
#[must_use]
pub fn with_ending(path: &Path, ending: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A hint for the operator, to be appended to the error message. Empty if SQLite's message is sufficient.
#[must_use]
pub fn hint(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "; free some disk space on its volume (`baton doctor` shows which)",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "; stop the program that locks the database",
        _ => "",
    }
}
