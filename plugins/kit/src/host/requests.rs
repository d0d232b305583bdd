//! Services that take effect when the task settles with an outcome: requests to agents, and watched files.

use baton_plugin_sdk::handoffs::{self, Draft, EmitError};
use baton_plugin_sdk::watch::{self, Seen};

use super::{Host, ServiceError};

/// Sends requests to agents.
pub trait RequestSender {
    /// Sends a request.
    ///
    /// # Errors
    /// As `emit` in `wit/handoffs.wit`.
    fn send(&self, draft: &Draft) -> Result<(), EmitError>;

    /// Withdraws the open request of a key.
    ///
    /// # Errors
    /// As `withdraw` in `wit/handoffs.wit`.
    fn withdraw(&self, dedupe_key: &str, reason: &str) -> Result<(), EmitError>;
}

/// Starts a task when files change.
pub trait FileWatch {
    /// Watches these files in place of those that were watched under `key`.
    ///
    /// # Errors
    /// As `set` in `wit/watch.wit`.
    fn set(&self, key: &str, files: Vec<Seen>) -> Result<(), ServiceError>;
}

impl RequestSender for Host {
    fn send(&self, draft: &Draft) -> Result<(), EmitError> {
        handoffs::emit(draft)
    }

    fn withdraw(&self, dedupe_key: &str, reason: &str) -> Result<(), EmitError> {
        handoffs::withdraw(dedupe_key, reason)
    }
}

impl FileWatch for Host {
    fn set(&self, key: &str, files: Vec<Seen>) -> Result<(), ServiceError> {
        Ok(watch::set(key, files)?)
    }
}
