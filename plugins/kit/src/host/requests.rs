//! Services that take effect when the task settles with an outcome: requests to agents, watched files, and judgements
//! about RETURNs.

use baton_plugin_sdk::evidence::{self, Judgement};
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

    /// Withdraws the open request with this deduplication key.
    ///
    /// # Errors
    /// As `withdraw` in `wit/handoffs.wit`.
    fn withdraw(&self, dedupe_key: &str, reason: &str) -> Result<(), EmitError>;
}

/// Starts a task when files change.
pub trait FileWatch {
    /// Replaces the watched files of `key`.
    ///
    /// # Errors
    /// As `set` in `wit/watch.wit`.
    fn set(&self, key: &str, files: Vec<Seen>) -> Result<(), ServiceError>;
}

/// Judges RETURNs.
pub trait ReturnJudge {
    /// Records whether the work that a RETURN reports exists.
    ///
    /// # Errors
    /// As `judge` in `wit/evidence.wit`.
    fn judge(&self, judgement: &Judgement) -> Result<(), ServiceError>;
}

impl ReturnJudge for Host {
    fn judge(&self, judgement: &Judgement) -> Result<(), ServiceError> {
        Ok(evidence::judge(judgement)?)
    }
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
