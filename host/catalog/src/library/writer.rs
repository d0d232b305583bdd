//! The one connection that writes the library.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::CatalogError;
use crate::open::open_writable;

/// How long a write waits for another connection. A plugin's batch locks the catalog for some seconds at most, and a scan
/// that takes hours must not fail because of such a lock.
const BUSY: Duration = Duration::from_mins(1);

/// The size of SQLite's cache, in KiB (a negative number): enough for the upper pages of the indexes.
const CACHE: i64 = -8 * 1024;

/// The number of prepared statements that are cached: more than the library has.
const STATEMENTS: usize = 32;

/// The connection that writes the library.
pub struct Library {
    pub(super) connection: Connection,
}

impl Library {
    /// Opens the catalog for writing; creates a missing file.
    ///
    /// # Errors
    /// When the file cannot be created or opened, or is newer than this build.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        let connection = open_writable(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.pragma_update(None, "cache_size", CACHE)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self { connection })
    }

    pub(super) fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }
}
