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

/// The bytes of the file that a task was captured from; none when it had no file or they are not kept any more.
///
/// # Errors
/// As `input` in `wit/ledger.wit`.
pub fn input(task: &str) -> Result<Option<Vec<u8>>, Error> {
    generated::input(task)
}

/// What the host does about it: a missing grant asks for it, the rest is for good.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::NeedsGrant(text),
            Error::Invalid(text) | Error::TooLarge(text) | Error::Failed(text) => Self::Permanent(text),
        }
    }
}
