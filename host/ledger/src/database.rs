//! The format of the file, its migrations, and two types for access: [`Tx`] for writes, [`Reader`] for reads.

use std::path::Path;
use std::time::Duration;

use baton_sqlite::{NewerForm, NotAFile, form, form_after};
use rusqlite::{Connection, OpenFlags};

use crate::LedgerError;

/// How long a connection waits for a lock of another process. A write locks the database for milliseconds, so a process that
/// holds the lock longer than this is broken.
pub(crate) const BUSY: Duration = Duration::from_secs(10);

/// The number of SQLite instructions between two calls of `is_over`. This number of instructions takes about ten
/// microseconds.
const STEPS: i32 = 1_000;

/// Step `n` migrates from format `n` to format `n + 1`. A released step is never edited; new steps are added.
pub(crate) const MIGRATIONS: [&str; 24] = [
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
    include_str!("../migrations/0018.sql"),
    include_str!("../migrations/0019.sql"),
    include_str!("../migrations/0020.sql"),
    include_str!("../migrations/0021.sql"),
    include_str!("../migrations/0022.sql"),
    include_str!("../migrations/0023.sql"),
    include_str!("../migrations/0024.sql"),
];

/// An open transaction. Either all its writes are committed or none of them.
pub struct Tx<'a> {
    pub(crate) connection: &'a Connection,
    /// The name of the writing process, as the ledger stores it.
    pub(crate) owner: &'a str,
}

/// A separate connection for reading. It never waits for a writer.
pub struct Reader {
    pub(crate) connection: Connection,
}

impl Reader {
    /// Opens an existing ledger for reading.
    ///
    /// # Errors
    /// When the file is missing, is not a ledger, or has a newer format than this version of Baton supports.
    /// [`LedgerError::Unmade`] when another process is creating the file.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        check_files(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = |source| LedgerError::Open { path: path.to_owned(), source };
        let connection = Connection::open_with_flags(path, flags).map_err(opened)?;
        connection.busy_timeout(BUSY)?;
        // SQLite reads the file at the first query, so this query detects a file that is not a database.
        match form(&connection).map_err(opened)? {
            0 => Err(LedgerError::Unmade),
            found if found > known() => Err(NewerForm { found, known: known() }.into()),
            _ => Ok(Self { connection }),
        }
    }

    /// A number that changes when another connection has committed something.
    pub fn version(&self) -> Result<i64, LedgerError> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// Sets a check that ends reads of this reader: a read fails as soon as `is_over` returns true. SQLite calls `is_over`
    /// repeatedly during a read.
    pub fn end_when(&mut self, is_over: impl FnMut() -> bool + Send + 'static) -> Result<(), LedgerError> {
        Ok(self.connection.progress_handler(STEPS, Some(is_over))?)
    }
}

/// Returns an error if the database or a file beside it is not a regular file. A missing file is not an error here.
pub(crate) fn check_files(path: &Path) -> Result<(), LedgerError> {
    baton_sqlite::check_files(path).map_err(|NotAFile { path, source }| LedgerError::NotAFile { path, source })
}

/// The problems that SQLite finds in the pages of a database. `check` is the name of a pragma with the maximum number of
/// problems, for example `quick_check(20)`. The pragma `integrity_check` also checks the indexes.
pub(crate) fn damage(connection: &Connection, check: &str) -> rusqlite::Result<Vec<String>> {
    let mut select = connection.prepare(&format!("PRAGMA {check}"))?;
    let rows = select.query_map([], |row| row.get(0))?;
    let mut said = rows.collect::<rusqlite::Result<Vec<String>>>()?;
    said.retain(|line| line != "ok");
    Ok(said)
}

/// The newest format that this version of Baton supports.
pub(crate) fn known() -> i64 {
    form_after(&MIGRATIONS)
}
