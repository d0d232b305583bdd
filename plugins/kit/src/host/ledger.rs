//! The ledger of the workspace, for reading.

use baton_plugin_sdk::ledger::{self, Entry, Range};

use super::{Host, ServiceError};

/// The ledger.
pub trait Ledger {
    /// Tasks of every agent, newest first.
    ///
    /// # Errors
    /// As `tasks` in `wit/ledger.wit`.
    fn tasks(&self, range: &Range) -> Result<Vec<Entry>, ServiceError>;

    /// Requests that external agents have not answered, oldest first, at most `most`.
    ///
    /// # Errors
    /// As `open-requests` in `wit/ledger.wit`.
    fn open_requests(&self, most: u32) -> Result<Vec<Entry>, ServiceError>;

    /// The newest refuted RETURN of each disputed request, oldest requests first, at most `most`.
    ///
    /// # Errors
    /// As `disputed` in `wit/ledger.wit`.
    fn disputed(&self, most: u32) -> Result<Vec<Entry>, ServiceError>;

    /// The bytes of the file that a task was captured from.
    ///
    /// # Errors
    /// As `input` in `wit/ledger.wit`.
    fn input(&self, task: &str) -> Result<Option<Vec<u8>>, ServiceError>;
}

impl Ledger for Host {
    fn tasks(&self, range: &Range) -> Result<Vec<Entry>, ServiceError> {
        Ok(ledger::tasks(range)?)
    }

    fn open_requests(&self, most: u32) -> Result<Vec<Entry>, ServiceError> {
        Ok(ledger::open_requests(most)?)
    }

    fn disputed(&self, most: u32) -> Result<Vec<Entry>, ServiceError> {
        Ok(ledger::disputed(most)?)
    }

    fn input(&self, task: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Ok(ledger::input(task)?)
    }
}
