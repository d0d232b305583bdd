//! What the last audit knew of one plan's deliverables: what a judgement of today is held against.

use std::collections::HashMap;

use super::evidence::CommitLine;
use super::status::Status;

/// A deliverable as the last audit left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousVerdict {
    /// How it stood.
    pub status: Status,
    /// The line of the plan that promised it.
    pub line: u64,
    /// Where it was found.
    pub found: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// Its number of lines.
    pub lines: Option<u64>,
    /// SHA-256 of its content.
    pub sha256: Option<String>,
    /// The commit that had touched it last.
    pub commit: Option<CommitLine>,
    /// Which commits added and removed it, in words; only of a file that is not there.
    pub removal: Option<String>,
    /// Whether the commit is to be asked for again when there are new ones: none was found, or an old one although the
    /// content had changed. Of a file that is not there: whether the repository was asked.
    pub commit_open: bool,
}

/// A plan's deliverables at the last audit, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreviousVerdicts {
    /// Whether the last audit knew the plan at all.
    pub known: bool,
    /// The rows.
    pub rows: HashMap<String, PreviousVerdict>,
}

impl PreviousVerdicts {
    /// The row of a path.
    #[must_use]
    pub fn row(&self, path: &str) -> Option<&PreviousVerdict> {
        self.rows.get(path)
    }
}
