//! The data of a comparison, as the JSON report has it.

use serde::Serialize;

use crate::memory::Moment;
use crate::verify::{Counts, Status};

/// The changes since the last audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// Time of the last audit; null if there is none.
    pub last_at: Option<String>,
    /// True if the content of the report equals that of the last audit.
    pub unchanged: bool,
    /// All plans at the last audit; null if there is none.
    pub before: Option<Completion>,
    /// All plans now. Plans that this audit left out count with their recorded data.
    pub after: Completion,
    /// New, deleted and changed plans, by name.
    pub plans: Vec<PlanChange>,
    /// Plans that this audit left out, with their recorded data, by name; at most as many as a table shows.
    pub others: Vec<PlanCompletion>,
    /// Number of plans that this audit left out.
    pub others_count: usize,
    /// Deliverables that were done before and are not now.
    pub regressions: Vec<Change>,
    /// Deliverables that are done now and were not before.
    pub progress: Vec<Change>,
    /// Deliverables whose status or content changed, but that are still done or still not done.
    pub changed: Vec<Change>,
    /// New deliverables.
    pub new: Vec<Change>,
    /// Deliverables that are no longer promised.
    pub gone: Vec<Change>,
    /// Number of changes that are not listed because there are too many.
    pub left_out: usize,
    /// Earlier audits with changes, oldest first, and this one.
    pub trend: Vec<Moment>,
}

/// The counts of a set of deliverables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// By status.
    pub counts: Counts,
    /// The share of the expected deliverables that are done, in per cent; null if nothing could be verified.
    pub percent: Option<usize>,
}

impl Completion {
    /// The completion for these counts.
    #[must_use]
    pub fn of(counts: Counts) -> Self {
        Self { counts, percent: counts.percent() }
    }
}

/// A plan with its recorded completion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanCompletion {
    /// The plan.
    pub plan: String,
    /// The completion at the last audit that checked it.
    pub standing: Completion,
}

/// A plan before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanChange {
    /// The plan.
    pub plan: String,
    /// At the last audit; null for a new plan.
    pub before: Option<Completion>,
    /// Now; null for a deleted plan.
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
    /// Its status before; null for a new one.
    pub before: Option<Status>,
    /// Its status; null if it is not promised any more.
    pub after: Option<Status>,
    /// Other differences, in words; may be empty.
    pub detail: String,
}
