//! The form of the file, its migrations, and the two views on it: [`Tx`] inside a write, [`Reader`] beside it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::{LedgerError, regular_file};

/// A write holds the database for milliseconds; one that waits this long is stuck behind a broken process.
pub(crate) const BUSY: Duration = Duration::from_secs(10);

/// Instructions of SQLite between two calls of `is_over`: about ten microseconds.
const STEPS: i32 = 1_000;

/// Step `n` brings form `n` to form `n + 1`. Never edited once released, only added to.
pub(crate) const MIGRATIONS: [&str; 17] = [
    include_str!("../migrations/0001.sql"),
    include_str!("../migrations/0002.sql"),
    include_str!("../migrations/0003.sql"),
    include_str!("../migrations/0004.sql"),
    include_str!("../migrations/0005.sql"),
    include_str!("../migrations/0006.sql"),
    include_str!("../migrations/0007.sql"),
    include_str!("../migrations/0008.sql"),
    include_str!("../migrations/0009.sql"),
    include_str!("../migrations/0010.sql"),
    include_str!("../migrations/0011.sql"),
    include_str!("../migrations/0012.sql"),
    include_str!("../migrations/0013.sql"),
    include_str!("../migrations/0014.sql"),
    include_str!("../migrations/0015.sql"),
    include_str!("../migrations/0016.sql"),
    include_str!("../migrations/0017.sql"),
];

/// A transaction under way. Everything done through it happens together or not at all.
pub struct Tx<'a> {
    pub(crate) connection: &'a Connection,
    /// The process that writes, as the ledger knows it.
    pub(crate) owner: &'a str,
}

/// A view for reading, with a separate connection; it never waits for a writer.
pub struct Reader {
    pub(crate) connection: Connection,
}

impl Reader {
    /// Opens an existing ledger for reading.
    ///
    /// # Errors
    /// When the file is not there or not a ledger, is newer than this build, or is only being made
    /// ([`LedgerError::Unmade`]): then nothing was written yet.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        check_file(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = |source| LedgerError::Open { path: path.to_owned(), source };
        let connection = Connection::open_with_flags(path, flags).map_err(opened)?;
        connection.busy_timeout(BUSY)?;
        // SQLite reads the file only when it has to; a file that is not a database must fail here.
        match form(&connection).map_err(opened)? {
            0 => Err(LedgerError::Unmade),
            found if found > known() => Err(LedgerError::Newer { found, known: known() }),
            _ => Ok(Self { connection }),
        }
    }

    /// A number that changes whenever another connection has committed something.
    pub fn version(&self) -> Result<i64, LedgerError> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// From now on every read through this view ends as soon as `is_over` returns true; SQLite calls it repeatedly.
    pub fn end_when(&mut self, is_over: impl FnMut() -> bool + Send + 'static) -> Result<(), LedgerError> {
        Ok(self.connection.progress_handler(STEPS, Some(is_over))?)
    }
}

/// The path with more at its end: `-wal` for the write-ahead log of a database, `-shm` for the index of that.
pub(crate) fn with_ending(path: &Path, ending: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The form that the file has (its `user_version`); 0 while it is being made.
pub(crate) fn form(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Refuses what is not a regular file: SQLite would block on a pipe. About a missing file SQLite decides.
pub(crate) fn check_file(path: &Path) -> Result<(), LedgerError> {
    match regular_file::check(path) {
        Err(source) if path.exists() => Err(LedgerError::NotAFile { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

/// What SQLite finds wrong with the pages and, in an `integrity_check`, the indexes of a database; nothing if they are sound.
/// `check` is the name of a pragma with the number of problems after which it stops.
pub(crate) fn damage(connection: &Connection, check: &str) -> Result<Vec<String>, LedgerError> {
    let mut select = connection.prepare(&format!("PRAGMA {check}"))?;
    let rows = select.query_map([], |row| row.get(0))?;
    let mut said = rows.collect::<Result<Vec<String>, _>>()?;
    said.retain(|line| line != "ok");
    Ok(said)
}

/// The newest form that this build knows.
pub(crate) fn known() -> i64 {
    form_after(&MIGRATIONS)
}

/// The form that a database has after these steps.
pub(crate) fn form_after(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// Runs the `steps` that are missing in the database, all or none.
pub(crate) fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), LedgerError> {
    migrate_around(connection, steps, |_, _| Ok(()), |_, ()| Ok(()))
}

/// The same. `before` and `after` run in the same transaction; `before` gets the form that the database has.
pub(crate) fn migrate_around<T>(
    connection: &mut Connection,
    steps: &[&str],
    before: impl FnOnce(&Connection, i64) -> Result<T, LedgerError>,
    after: impl FnOnce(&Connection, T) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let known = form_after(steps);
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = form(&transaction)?;
    if found > known {
        return Err(LedgerError::Newer { found, known });
    }
    let kept = before(&transaction, found)?;
    for step in steps.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    after(&transaction, kept)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}
