//! One task from its arguments to its outcome, by action: `audit` over plans, `check-return` over one RETURN, `session-review`
//! over a range of commits and the handoffs of that time.
//!
//! The steps stand here in their order; what each of them does stands in its own module.

mod answer;
mod audit;
mod earlier;
mod narrow;
mod pieces;
mod review;
mod wanted;

use baton_plugin_sdk::{Error, Finding, Outcome, Severity, Task};

use crate::remark::NoteSeverity;
use crate::report::{Artifact, Gap};
use crate::services::HostServices;

/// Does one task.
///
/// # Errors
/// `permanent` for an unknown action or argument, a wrong value or a plan that is not there; `needs-grant` for a folder that
/// is not granted; `retryable` when it was cancelled.
pub fn run(task: &Task, lent: &HostServices<'_>) -> Result<Outcome, Error> {
    match task.action.as_str() {
        "audit" => audit::audit(task, lent),
        "check-return" => answer::check(task, lent),
        "session-review" => review::review(task, lent),
        other => Err(Error::Permanent(format!(
            "there is no action `{other}`; the audit knows `audit`, `check-return` and `session-review`"
        ))),
    }
}

/// An outcome with these files and findings.
fn outcome(summary: String, artifacts: Vec<Artifact>, gaps: &[Gap]) -> Outcome {
    let outcome = artifacts.into_iter().fold(Outcome::new(summary), |outcome, artifact| {
        outcome.with_artifact(artifact.name, artifact.media_type, artifact.bytes)
    });
    gaps.iter().map(finding).fold(outcome, Outcome::with_finding)
}

fn finding(gap: &Gap) -> Finding {
    let severity = match gap.weight {
        NoteSeverity::Info => Severity::Info,
        NoteSeverity::Low => Severity::Low,
        NoteSeverity::Medium => Severity::Medium,
        NoteSeverity::High => Severity::High,
    };
    Finding { id: gap.id.clone(), severity, title: gap.title.clone(), evidence: gap.evidence.clone() }
}

/// What could not be written as JSON: a fault of the audit itself.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unwritten(error: serde_json::Error) -> Error {
    Error::Permanent(format!("the report could not be written as JSON: {error}"))
}
