//! Opens and creates the file and migrates it.

use std::path::Path;
use std::time::Duration;

use baton_sqlite::{check_files, form, form_after, migrate};
use rusqlite::{Connection, OpenFlags};

use crate::CatalogError;

/// How long a statement waits for another connection. A plugin's batch of 10,000 rows locks the database for a shorter time.
const BUSY: Duration = Duration::from_secs(2);

/// Step `n` migrates form `n` to form `n + 1`. A released step is never edited.
const MIGRATIONS: [&str; 13] = [
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
];

/// A connection that reads the catalog.
pub struct Catalog {
    pub(crate) connection: Connection,
}

impl Catalog {
    /// Opens the catalog; `None` before the first write.
    ///
    /// # Errors
    /// When the file exists and cannot be read, or is newer than this build.
    pub fn open(path: &Path) -> Result<Option<Self>, CatalogError> {
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        prepare(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|source| cannot_open(path, source))?;
        connection.busy_timeout(BUSY)?;
        Ok(Some(Self { connection }))
    }
}

/// Creates a missing file and migrates it.
///
/// # Errors
/// When the file cannot be created or opened, or is newer than this build.
pub fn prepare(path: &Path) -> Result<(), CatalogError> {
    open_writable(path).map(drop)
}

/// Opens a connection for writing. Creates and migrates the file if necessary.
pub(crate) fn open_writable(path: &Path) -> Result<Connection, CatalogError> {
    let failed = |source| cannot_open(path, source);
    check_files(path)?;
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY)?;
    if form(&connection).map_err(failed)? != form_after(&MIGRATIONS) {
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        migrate::<CatalogError>(&mut connection, &MIGRATIONS)?;
    }
    Ok(connection)
}

fn cannot_open(path: &Path, source: rusqlite::Error) -> CatalogError {
    CatalogError::Open { path: path.to_owned(), source }
}
