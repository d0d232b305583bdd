//! Creates the file and migrates it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::LedgerError;
use crate::database::{form, form_after, migrate};
use crate::plugin_sql::limits::BUSY;

/// Step `n` brings form `n` to form `n + 1`. Never edited once released, only added to.
const MIGRATIONS: [&str; 12] = [
    include_str!("../../migrations/catalog/0001.sql"),
    include_str!("../../migrations/catalog/0002.sql"),
    include_str!("../../migrations/catalog/0003.sql"),
    include_str!("../../migrations/catalog/0004.sql"),
    include_str!("../../migrations/catalog/0005.sql"),
    include_str!("../../migrations/catalog/0006.sql"),
    include_str!("../../migrations/catalog/0007.sql"),
    include_str!("../../migrations/catalog/0008.sql"),
    include_str!("../../migrations/catalog/0009.sql"),
    include_str!("../../migrations/catalog/0010.sql"),
    include_str!("../../migrations/catalog/0011.sql"),
    include_str!("../../migrations/catalog/0012.sql"),
];

/// The catalog, for reading.
pub struct Catalog {
    pub(super) connection: Connection,
}

impl Catalog {
    /// Opens it; `None` when nothing was ever written.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is newer than this build.
    pub fn open(path: &Path) -> Result<Option<Self>, LedgerError> {
        if !path.is_file() {
            return Ok(None);
        }
        prepare(path)?;
        let opened = |source| LedgerError::Open { path: path.to_owned(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(opened)?;
        connection.busy_timeout(BUSY)?;
        Ok(Some(Self { connection }))
    }
}

/// Makes the file where it is missing and brings it to today's form.
///
/// # Errors
/// When it cannot be made or opened, or is newer than this build.
pub fn prepare(path: &Path) -> Result<(), LedgerError> {
    let opened = |source| LedgerError::Open { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(opened)?;
    connection.busy_timeout(BUSY)?;
    if form(&connection).map_err(opened)? == form_after(&MIGRATIONS) {
        return Ok(());
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(opened)?;
    migrate(&mut connection, &MIGRATIONS)
}
