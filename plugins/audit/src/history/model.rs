//! The data of a comparison, as the JSON report has it.

use serde::Serialize;

use crate::memory::Moment;
use crate::verify::{Counts, Status};

/// What changed since the last audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// When the last audit ran; null when none is remembered.
    pub last_at: Option<String>,
    /// Whether nothing that a report shows is other than at the last audit.
    pub unchanged: bool,
    /// All plans at the last audit; null when none is remembered.
    pub before: Option<Completion>,
    /// All plans now; those that this audit left out as they are remembered.
    pub after: Completion,
    /// Plans that are new, gone, or say or hold something else, by name.
    pub plans: Vec<PlanChange>,
    /// Plans that this audit left out, as they are remembered, by name; not more than a table shows.
    pub others: Vec<PlanCompletion>,
    /// How many plans this audit left out.
    pub others_count: usize,
    /// Done before and not now.
    pub regressions: Vec<Change>,
    /// Done now and not before.
    pub progress: Vec<Change>,
    /// Another status or another content, without crossing that line.
    pub changed: Vec<Change>,
    /// Promised now and not before.
    pub new: Vec<Change>,
    /// Promised before and not now.
    pub gone: Vec<Change>,
    /// Changes that are not listed because there are too many.
    pub left_out: usize,
    /// Past audits at which something changed, oldest first, and this one.
    pub trend: Vec<Moment>,
}

/// The counts of a set of deliverables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// By status.
    pub counts: Counts,
    /// Done of expected in per cent; null when nothing could be verified.
    pub percent: Option<usize>,
}

impl Completion {
    /// The standing of these counts.
    #[must_use]
    pub fn of(counts: Counts) -> Self {
        Self { counts, percent: counts.percent() }
    }
}

/// A plan as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanCompletion {
    /// The plan.
    pub plan: String,
    /// As the last audit that checked it recorded it.
    pub standing: Completion,
}

/// A plan before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanChange {
    /// The plan.
    pub plan: String,
    /// At the last audit; null for a plan that it did not know.
    pub before: Option<Completion>,
    /// Now; null for a plan that is gone.
    pub after: Option<Completion>,
}

/// A deliverable before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The plan.
    pub plan: String,
    /// The line that promises it, from 1.
    pub line: u64,
    /// The deliverable.
    pub path: String,
    /// How it stood; null for a new one.
    pub before: Option<Status>,
    /// Its status; null if it is not promised any more.
    pub after: Option<Status>,
    /// What else is other than before, in words; may be empty.
    pub detail: String,
}
