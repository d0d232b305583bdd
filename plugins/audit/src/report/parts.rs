//! The results of the other parts of the audit in a report: their blocks, and their rows for programs.
//!
//! This module analyses nothing. A part that was skipped has a reason, and the report shows the reason in its place.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::page::{Block, Point};
use crate::remark::NoteSeverity;

/// The results of all other parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// The checked claims of documents and RETURNs.
    pub claims: Part,
    /// What changed since the last audit.
    pub history: Part,
    /// The requests for gaps.
    pub actions: Part,
    /// The issues of gaps, which another plugin filed. Absent if no list of issues is granted.
    #[serde(skip_serializing_if = "Part::is_absent")]
    pub issues: Part,
    /// The gaps with their requests.
    pub follow_ups: Vec<FollowUp>,
    /// The completion at this and at past audits, oldest first.
    pub trend: Vec<Point>,
    /// The completion at the last audit; absent if there was none.
    pub before: Option<LastReport>,
}

/// One part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The reason why the part was skipped; empty if it was not skipped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Its rows for programs; null when it has none.
    pub rows: Value,
    /// Its blocks.
    #[serde(skip)]
    pub blocks: Vec<Block>,
}

/// The completion at the last audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastReport {
    /// The time of that audit: `2026-01-17 10:15:00 UTC`.
    pub at: String,
    /// The completion of all plans together, in whole per cent.
    pub completion_percent: Option<usize>,
    /// The completion of each plan, by the plan's name in the report.
    pub plans: BTreeMap<String, Option<usize>>,
}

impl Part {
    /// A part that was checked.
    #[must_use]
    pub fn checked(blocks: Vec<Block>, rows: Value) -> Self {
        Self { reason: String::new(), rows, blocks }
    }

    /// A part that was skipped, and why: `no earlier audit was given`.
    #[must_use]
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }

    /// True if the part is empty: it has no reason, no rows and no blocks.
    pub(super) fn is_absent(&self) -> bool {
        *self == Self::default()
    }

    /// Its blocks. If there are none, one sentence: `None.`, or the reason why the part was skipped.
    pub(super) fn shown(&self) -> Vec<Block> {
        match (self.blocks.is_empty(), self.reason.as_str()) {
            (false, _) => self.blocks.clone(),
            (true, "") => vec![Block::Text("None.".to_owned())],
            (true, reason) => vec![Block::Text(format!("Not checked: {}.", reason.trim_end_matches('.')))],
        }
    }
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            claims: Part::skipped("no reports and no returned handoffs were given"),
            history: Part::skipped("no earlier audit was given"),
            actions: Part::skipped("this audit only read files and sent no request"),
            issues: Part::default(),
            follow_ups: Vec::new(),
            trend: Vec::new(),
            before: None,
        }
    }
}

/// A gap and its request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowUp {
    /// The finding's id.
    pub finding: String,
    /// The agent that was asked, or that would get the request.
    pub agent: Option<String>,
    /// One line.
    pub title: String,
    /// The name of the plan in the report.
    pub plan: String,
    /// The path that the plan means.
    pub path: String,
    /// The state of the request.
    pub state: FollowUpState,
    /// How many times it was requested; 0 if it was never requested.
    pub round: u32,
    /// The reason for the state.
    pub reason: String,
    /// The severity of the gap.
    pub priority: NoteSeverity,
}

/// The state of the request for a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FollowUpState {
    /// This audit sends a request.
    Sent,
    /// An earlier request is still open.
    Open,
    /// A person must decide: no agent is responsible, requests are not granted, or the maximum number of requests was sent.
    Held,
    /// The gap is closed, so its request is withdrawn.
    Withdrawn,
}

impl FollowUpState {
    /// Every state, in the order of the report.
    pub const ALL: [Self; 4] = [Self::Sent, Self::Open, Self::Held, Self::Withdrawn];

    /// A sign and a word.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Sent => "\u{26a0}\u{fe0f} SENT",
            Self::Open => "\u{23f3} OPEN",
            Self::Held => "\u{274c} HELD",
            Self::Withdrawn => "\u{2705} CLOSED",
        }
    }
}

impl FollowUp {
    pub(super) fn priority(&self) -> &'static str {
        match self.priority {
            NoteSeverity::High => "High",
            NoteSeverity::Medium => "Medium",
            NoteSeverity::Low => "Low",
            NoteSeverity::Info => "Info",
        }
    }

    pub(super) fn notes(&self) -> String {
        match (self.round, self.reason.as_str()) {
            (0, reason) => reason.to_owned(),
            (round, "") => format!("round {round}"),
            (round, reason) => format!("round {round}; {reason}"),
        }
    }
}
