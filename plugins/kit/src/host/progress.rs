//! Progress and cancellation.

use baton_plugin_sdk::{Error, progress};

use super::Host;

/// Progress and cancellation.
pub trait Progress {
    /// Reports progress; `percent` is 0 to 100.
    fn report(&self, percent: u8, message: &str);

    /// True if the task was cancelled.
    fn cancelled(&self) -> bool;

    /// Reports progress between two steps.
    ///
    /// # Errors
    /// `retryable` if the task was cancelled.
    fn step(&self, percent: u8, message: &str) -> Result<(), Error> {
        self.report(percent, message);
        if self.cancelled() { Err(Error::Retryable(format!("the task was cancelled: {message}"))) } else { Ok(()) }
    }
}

/// Ignores progress and is never cancelled.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _: u8, _: &str) {}

    fn cancelled(&self) -> bool {
        false
    }
}

impl Progress for Host {
    fn report(&self, percent: u8, message: &str) {
        progress::report(Some(percent), message);
    }

    fn cancelled(&self) -> bool {
        progress::cancelled()
    }
}
