//! Whoever watches the work: told how far it is, and asked whether it should end. In a component that is the host.

use baton_plugin_sdk::{Error, progress};

/// Progress and cancellation.
pub trait Watch {
    /// Says how far the work is.
    ///
    /// # Errors
    /// `retryable` when the work should end here.
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

/// Nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoWatch;

impl Watch for NoWatch {
    fn step(&self, _: u8, _: &str) -> Result<(), Error> {
        Ok(())
    }
}
