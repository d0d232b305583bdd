//! The results of the last audit for the deliverables of one plan.

use std::collections::HashMap;

use super::evidence::CommitLine;
use super::status::Status;

/// A deliverable at the last audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousVerdict {
    /// Its status.
    pub status: Status,
    /// The line of the plan that promised it.
    pub line: u64,
    /// The path at which it was found.
    pub found: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// Its number of lines.
    pub lines: Option<u64>,
    /// SHA-256 of its content.
    pub sha256: Option<String>,
    /// The last commit that touched it.
    pub commit: Option<CommitLine>,
    /// The commits that added and removed it, in words; only for a missing file.
    pub removal: Option<String>,
    /// True if a later audit must look up the commit again when the repository has new commits. For an existing file: no
    /// commit was found, or the commit is older than the last change of the content, so the present content may not be
    /// committed yet. For a missing file: the repository was asked.
    pub commit_open: bool,
}

/// A plan's deliverables at the last audit, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreviousVerdicts {
    /// True if the last audit contained the plan.
    pub known: bool,
    /// The deliverables by path.
    pub rows: HashMap<String, PreviousVerdict>,
}

impl PreviousVerdicts {
    /// The deliverable at a path.
    #[must_use]
    pub fn row(&self, path: &str) -> Option<&PreviousVerdict> {
        self.rows.get(path)
    }
}
