//! The connections that read the ledger for all sessions of a process. There are several, so that a slow query does not
//! delay other sessions.

use std::sync::{Mutex, PoisonError};

use baton_ledger::{Ledger, LedgerError, Reader};
use tokio::sync::Semaphore;

/// The maximum number of connections, and so of queries that run at the same time.
const MOST: usize = 4;

/// Opens a connection when all others are in use.
pub(super) struct Readers {
    ledger: Ledger,
    idle: Mutex<Vec<Reader>>,
    turns: Semaphore,
}

impl Readers {
    /// The readers of `ledger`. Opens the first one.
    pub(super) fn new(ledger: Ledger) -> Result<Self, LedgerError> {
        let first = ledger.reader()?;
        Ok(Self { ledger, idle: Mutex::new(vec![first]), turns: Semaphore::new(MOST) })
    }

    /// The permits for queries. Each query needs one while it runs.
    pub(super) fn turns(&self) -> &Semaphore {
        &self.turns
    }

    /// Runs a query on an idle connection. Blocks. The caller has a permit of [`Readers::turns`].
    pub(super) fn run<T>(&self, read: impl FnOnce(&Reader) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = idle.map_or_else(|| self.ledger.reader(), Ok)?;
        let found = read(&reader);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        found
    }
}
