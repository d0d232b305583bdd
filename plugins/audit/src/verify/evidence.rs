//! A verdict: the status of a deliverable and everything that was seen of it.

use serde::Serialize;

use super::status::Status;
use crate::index::FoundEntry;

/// The status of a deliverable, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The status.
    pub status: Status,
    /// Where it was found, below the root.
    pub found: Option<String>,
    /// The index of its root; only for files that were found.
    pub root: Option<usize>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// When it was changed, in nanoseconds since 1970; of regular files only.
    pub changed_ns: Option<u64>,
    /// Its number of lines, where it is text.
    pub lines: Option<u64>,
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: Option<String>,
    /// The promised definitions, and where they stand.
    pub symbols: Vec<Symbol>,
    /// The commit that touched it last.
    pub commit: Option<CommitLine>,
    /// Which commits added and removed it, in words; only of a file that is not there any more.
    pub removal: Option<String>,
    /// What a reader should know, in order of weight.
    pub remarks: Vec<String>,
}

/// A promised class or function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// The line, from 1, that defines it; null when no line does.
    pub line: Option<u64>,
}

/// A commit as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommitLine {
    /// Its full id.
    pub id: String,
    /// The first line of its message.
    pub title: String,
    /// When it was committed, in seconds since 1970 UTC.
    pub at: i64,
}

impl Verdict {
    /// A verdict on something of which nothing was found.
    #[must_use]
    pub fn new(status: Status, remark: Option<String>) -> Self {
        Self {
            status,
            found: None,
            root: None,
            bytes: None,
            changed_ns: None,
            lines: None,
            sha256: None,
            symbols: Vec::new(),
            commit: None,
            removal: None,
            remarks: remark.into_iter().collect(),
        }
    }

    /// A verdict on something that was found.
    #[must_use]
    pub fn of(found: &FoundEntry, status: Status, remark: Option<String>) -> Self {
        Self {
            found: Some(found.path.clone()),
            root: Some(found.root),
            bytes: found.bytes,
            changed_ns: found.changed_ns,
            ..Self::new(status, remark)
        }
    }
}

/// The first twelve digits of a digest: enough for a table.
#[must_use]
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
