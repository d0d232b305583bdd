//! The RETURN to the sender of a handoff.

use baton_core::handoff::returns::{Deliverable, Return};
use baton_core::text::{at_most, plugin_suggests};
use baton_sandbox::wit;

use super::outcome::Settlement;
use super::reports::NamedArtifact;
use super::resolution::Actor;
use crate::limits;

/// The maximum number of findings in a RETURN. The report and the ledger have all of them.
const FINDINGS_IN_RETURN: usize = 50;

pub(super) fn severity(severity: wit::Severity) -> &'static str {
    match severity {
        wit::Severity::Info => "info",
        wit::Severity::Low => "low",
        wit::Severity::Medium => "medium",
        wit::Severity::High => "high",
        wit::Severity::Critical => "critical",
    }
}

/// The file name and the bytes of the RETURN to `sender`. `head` is the newest hash of the ledger's chain.
pub(super) fn answer(outcome: &Settlement, artifacts: &[NamedArtifact], sender: &str, head: &str) -> (String, Vec<u8>) {
    let Settlement { task, resolution, at, .. } = outcome;
    let deliverables: Vec<_> = artifacts
        .iter()
        .map(|named| Deliverable { path: named.place(), media_type: named.media_type.clone() })
        .collect();
    // If Baton or a person ended the attempt, Baton answers on behalf of the agent.
    let executing = if resolution.actor == Actor::Plugin { &task.agent } else { "baton" };
    let next_steps: Vec<_> = resolution.next_steps.iter().map(|step| plugin_suggests(&task.agent, step)).collect();
    let answer = Return {
        task: &task.id,
        executing,
        on_behalf_of: (executing != task.agent).then_some(&task.agent),
        originating: sender,
        handoff_id: task.handoff_id.as_deref(),
        handoff_file: task.file.as_deref().unwrap_or_default(),
        title: &task.title,
        state: resolution.state,
        outcome: resolution.outcome,
        next_steps: &next_steps,
        summary: &resolution.text,
        deliverables: &deliverables,
        findings: &shown(&resolution.findings),
        duplicate_of: None,
        ledger_head: head,
        at: *at,
    };
    (answer.file_name(), answer.to_bytes())
}

/// The first findings, one line each, and the number of the remaining findings.
fn shown(findings: &[wit::Finding]) -> Vec<String> {
    let title = |found: &wit::Finding| at_most(&found.title, limits::FINDING_TITLE_BYTES).into_owned();
    let line = |found: &wit::Finding| format!("[{}] {}", severity(found.severity), title(found));
    let mut lines: Vec<String> = findings.iter().take(FINDINGS_IN_RETURN).map(line).collect();
    if let Some(more) = findings.len().checked_sub(FINDINGS_IN_RETURN).filter(|more| *more > 0) {
        lines.push(format!("and {more} more: see the report"));
    }
    lines
}
