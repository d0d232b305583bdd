//! One task from its arguments to its outcome, by action: `audit` over plans, `check-return` over one RETURN, `health` over
//! what is around the plans, `session-review` over a range of commits and the handoffs of that time.
//!
//! This module has the steps in their order; each step is in a separate module.

mod answer;
mod audit;
mod earlier;
mod health;
mod narrow;
mod outcome;
mod pieces;
mod returns;
mod review;
mod stated;
mod wanted;

use baton_plugin_sdk::{Error, Outcome, Task};

use crate::services::HostServices;

/// Does one task.
///
/// # Errors
/// `permanent` for an unknown action or argument, a wrong value or a plan that is not there; `needs-grant` for a folder that
/// is not granted; `retryable` when it was cancelled.
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
