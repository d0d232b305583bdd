//! Derives the kind of an outcome from the findings about parts that could not be read.

use baton_plugin_kit::Findings;
use baton_plugin_sdk::{Outcome, OutcomeKind};

/// Kinds of findings about parts that were left out.
const KINDS: [&str; 8] = [
    "file",
    "folder",
    "folder-names",
    "incomplete",
    "no-such-playlist",
    "too-many-files",
    "too-many-rows",
    "unreadable",
];

/// The number of findings about parts that were left out.
#[must_use]
pub fn count(findings: &Findings) -> usize {
    KINDS.iter().map(|kind| findings.count_of(kind)).sum()
}

/// Changes the outcome to `partial` if parts were left out; `task` is the id of the task.
pub fn mark(outcome: &mut Outcome, left_out: usize, task: &str) {
    if left_out == 0 || outcome.kind == OutcomeKind::Refused {
        return;
    }
    outcome.kind = OutcomeKind::Partial;
    outcome.next_steps.push(next_step(task));
}

/// The next step after parts were left out.
#[must_use]
pub fn next_step(task: &str) -> String {
    format!(
        "`baton why {task}` lists the parts that were not read, and the reasons: export them again, or name only the files and \
         playlists that you need, then run the task again"
    )
}
