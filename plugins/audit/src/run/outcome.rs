//! The outcome of a task, made of files and findings.

use baton_plugin_sdk::{Error, Finding, Outcome, Severity};

use crate::remark::NoteSeverity;
use crate::report::{Artifact, Gap};

/// An outcome with these files and findings.
pub(super) fn outcome(summary: String, artifacts: Vec<Artifact>, gaps: &[Gap]) -> Outcome {
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

/// The error if something cannot be serialised as JSON: a fault of the audit itself.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unwritten(error: serde_json::Error) -> Error {
    Error::Permanent(format!("the report could not be written as JSON: {error}"))
}
