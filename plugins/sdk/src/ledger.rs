//! The ledger of the workspace, for reading. `wit/ledger.wit` defines permissions and costs.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, ledger};
//!
//! fn failed_since(moment: &str) -> Result<usize, Error> {
//!     let tasks = ledger::tasks(&ledger::Range { since: Some(moment.to_owned()), ..ledger::newest(1_000) })?;
//!     Ok(tasks.iter().filter(|task| task.state == "failed").count())
//! }
//! ```

pub use crate::bindings::baton::plugin::ledger::{Entry, Error, Range};

use crate::bindings::baton::plugin::ledger as generated;

/// The newest tasks, at most `most`: for [`tasks`].
#[must_use]
pub fn newest(most: u32) -> Range {
    Range { since: None, until: None, most }
}

/// Tasks of every agent, newest first.
///
/// # Errors
/// As `tasks` in `wit/ledger.wit`.
pub fn tasks(range: &Range) -> Result<Vec<Entry>, Error> {
    generated::tasks(range)
}

/// The requests that external agents have not answered, oldest first, at most `most`.
///
/// # Errors
/// As `open-requests` in `wit/ledger.wit`.
pub fn open_requests(most: u32) -> Result<Vec<Entry>, Error> {
    generated::open_requests(most)
}

/// The newest refuted RETURN of each disputed request, oldest requests first, at most `most`.
///
/// # Errors
/// As `disputed` in `wit/ledger.wit`.
pub fn disputed(most: u32) -> Result<Vec<Entry>, Error> {
    generated::disputed(most)
}

/// The bytes of the file from which a task was captured; `None` if the task had no file, or the ledger no longer has the bytes.
///
/// # Errors
/// As `input` in `wit/ledger.wit`.
pub fn input(task: &str) -> Result<Option<Vec<u8>>, Error> {
    generated::input(task)
}

impl Entry {
    /// True if the plugin ended the task with an outcome of any kind. If so, the task's reports, findings and requests are
    /// valid.
    #[must_use]
    pub fn has_outcome(&self) -> bool {
        self.state == "succeeded" || self.outcome.is_some()
    }
}

/// For tests, which set only the fields that they need.
impl Default for Entry {
    fn default() -> Self {
        let text = String::new;
        Self {
            id: text(),
            agent: text(),
            from: None,
            title: text(),
            kind: text(),
            origin: text(),
            action: None,
            state: text(),
            outcome: None,
            evidence: None,
            reason: text(),
            attempts: 0,
            created_at: text(),
            ended_at: None,
            deadline: None,
            file: None,
        }
    }
}

/// A missing grant is `needs-grant`, the rest `permanent`.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::NeedsGrant(text),
            Error::Invalid(text) | Error::TooLarge(text) | Error::Failed(text) => Self::Permanent(text),
        }
    }
}
