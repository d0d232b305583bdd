//! What the other parts of the audit give to a report: their blocks, their rows for programs, and how their gates stand.
//!
//! Nothing is analysed here. A part that was not gone through says why, and the report says it in its place.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::document::Gate;
use super::follow_up::FollowUp;
use crate::page::{Block, Point};

/// Everything that the other parts give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Claims of reports and returned handoffs, checked; shown in phase 2.
    pub claims: Part,
    /// What changed since the last audit; shown in phase 2.
    pub history: Part,
    /// Phase 3.
    pub performance: Part,
    /// Phase 4.
    pub alignment: Part,
    /// Phase 5, beside the follow-ups.
    pub actions: Part,
    /// What was asked of whom; phase 5 and the summary.
    pub follow_ups: Vec<FollowUp>,
    /// The completion at this and at past audits, oldest first.
    pub trend: Vec<Point>,
    /// How things stood at the last audit; absent when there was none.
    pub before: Option<LastReport>,
}

/// One part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// How its gate stands; `NOT DONE` when it was not gone through.
    pub gate: Gate,
    /// Why it was not gone through.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Its rows for programs; null when it has none.
    pub rows: Value,
    /// What it shows.
    #[serde(skip)]
    pub blocks: Vec<Block>,
}

/// How things stood at the last audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastReport {
    /// When: `2026-01-17 10:15:00 UTC`.
    pub at: String,
    /// All plans together, in whole per cent.
    pub completion_percent: Option<usize>,
    /// By plan, as the report names it.
    pub plans: BTreeMap<String, Option<usize>>,
}

impl Part {
    /// A part that was gone through.
    #[must_use]
    pub fn looked_at(gate: Gate, blocks: Vec<Block>, rows: Value) -> Self {
        Self { gate, reason: String::new(), rows, blocks }
    }

    /// A part that was not gone through, and why: `no execution logs were given`.
    #[must_use]
    pub fn not_looked_at(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }

    /// Whether it was gone through.
    #[must_use]
    pub fn is_looked_at(&self) -> bool {
        self.gate != Gate::NotDone
    }

    /// Its blocks, or that it was not looked at and why.
    #[must_use]
    pub(super) fn shown(&self) -> Vec<Block> {
        if !self.blocks.is_empty() {
            return self.blocks.clone();
        }
        let said = match (self.is_looked_at(), self.reason.as_str()) {
            (true, _) => "Nothing to say.".to_owned(),
            (false, "") => "Not looked at.".to_owned(),
            (false, reason) => format!("Not looked at: {}.", reason.trim_end_matches('.')),
        };
        vec![Block::Text(said)]
    }
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            claims: Part::not_looked_at("no reports and no returned handoffs were given"),
            history: Part::not_looked_at("no earlier audit was given"),
            performance: Part::not_looked_at("no execution logs were given"),
            alignment: Part::not_looked_at("only files were given, no running system"),
            actions: Part::not_looked_at("this audit only read, and asked nobody for anything"),
            follow_ups: Vec::new(),
            trend: Vec::new(),
            before: None,
        }
    }
}
