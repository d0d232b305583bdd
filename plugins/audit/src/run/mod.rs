//! Runs one task, by action: `audit` for plans, `check-return` for one RETURN, `health` for the health check,
//! `session-review` for a range of commits and the handoffs of that time.
//!
//! This module calls the steps in their order; each step is in a separate module.

mod answer;
mod audit;
mod earlier;
mod health;
mod issues;
mod narrow;
mod outcome;
mod pieces;
mod returns;
mod review;
mod stated;
mod wanted;

use baton_plugin_sdk::{Error, Outcome, Task};

use crate::services::HostServices;

/// Runs a task.
///
/// # Errors
/// `permanent` for an unknown action or argument, a wrong value or a missing plan; `needs-grant` for a folder that is
/// not granted; `retryable` if it was cancelled.
pub fn run(task: &Task, services: &HostServices<'_>) -> Result<Outcome, Error> {
    match task.action.as_str() {
        "audit" => audit::audit(task, services),
        "check-return" => answer::check(task, services),
        "health" => health::health(task, services),
        "session-review" => review::review(task, services),
        other => Err(Error::Permanent(format!(
            "there is no action `{other}`; the audit knows `audit`, `check-return`, `health` and `session-review`"
        ))),
    }
}
