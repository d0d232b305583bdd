//! Progress and cancellation as a trait. In a component the host implements it.

use baton_plugin_sdk::{Error, progress};

/// Progress and cancellation.
pub trait Watch {
    /// Reports progress.
    ///
    /// # Errors
    /// `retryable` when the task was cancelled.
    fn step(&self, percent: u8, message: &str) -> Result<(), Error>;
}

/// The host.
#[derive(Clone, Copy, Debug)]
pub struct Host;

impl Watch for Host {
    fn step(&self, percent: u8, message: &str) -> Result<(), Error> {
        progress::report(Some(percent), message);
        if progress::cancelled() { Err(Error::Retryable("it was cancelled".to_owned())) } else { Ok(()) }
    }
}

/// Ignores progress and is never cancelled.
#[derive(Clone, Copy, Debug)]
pub struct NoWatch;

impl Watch for NoWatch {
    fn step(&self, _: u8, _: &str) -> Result<(), Error> {
        Ok(())
    }
}
