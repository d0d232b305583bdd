//! The issues of an audit as entries of an outbox: `PLANS_AUDIT_ISSUES_<stamp>.json`.
//!
//! A program that manages issues reads the entries from this file. The key of an entry is the finding's id, so a gap is the same
//! issue in every audit. The entry of a closed gap has the status `CLOSED`.

use serde::Serialize;

use super::artifact::{Artifact, json};
use super::escape;
use super::model::Stamp;
use super::parts::{FollowUp, FollowUpState};
use crate::limits;
use crate::remark::NoteSeverity;

/// The version of the outbox's shape.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Outbox<'a> {
    schema: u32,
    created_at: String,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    key: &'a str,
    title: String,
    severity: &'static str,
    status: &'static str,
    description: String,
    plan: String,
    assigned_agent: Option<&'a str>,
    source_agent: &'static str,
}

/// The outbox of an audit; `None` if there are no entries.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn issues(follow_ups: &[FollowUp], stamp: &Stamp) -> Result<Option<Artifact>, serde_json::Error> {
    if follow_ups.is_empty() {
        return Ok(None);
    }
    let entries = follow_ups.iter().take(limits::FINDINGS).map(entry).collect();
    let bytes = json(&Outbox { schema: SCHEMA, created_at: stamp.rfc3339(), entries })?;
    let name = format!("PLANS_AUDIT_ISSUES_{}.json", stamp.compact);
    Ok(Some(Artifact { name, media_type: "application/json", bytes }))
}

fn entry(item: &FollowUp) -> Entry<'_> {
    let closed = item.state == FollowUpState::Withdrawn;
    let mut description = format!("{} of {}", item.path, item.plan);
    if !item.reason.is_empty() {
        description = format!("{description}: {}", item.reason);
    }
    Entry {
        kind: "issue",
        key: &item.finding,
        title: escape::line(&format!("[AUDIT] {}", item.title), limits::WORDS_BYTES),
        severity: severity(item.priority),
        status: if closed { "CLOSED" } else { "PENDING_CREATION" },
        description: escape::line(&description, limits::WORDS_BYTES),
        plan: escape::line(&item.plan, limits::WORDS_BYTES),
        assigned_agent: item.agent.as_deref(),
        source_agent: "audit",
    }
}

/// The severity in the words of issue trackers, which have no `INFO`.
const fn severity(weight: NoteSeverity) -> &'static str {
    match weight {
        NoteSeverity::Info | NoteSeverity::Low => "LOW",
        NoteSeverity::Medium => "MEDIUM",
        NoteSeverity::High => "HIGH",
    }
}
