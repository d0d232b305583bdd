//! A verdict: the status of a deliverable with its evidence.

use serde::Serialize;

use super::status::Status;
use crate::index::FoundEntry;

/// The status of a deliverable, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The status.
    pub status: Status,
    /// The path at which it was found, below the root.
    pub found: Option<String>,
    /// The index of its root; only for files that were found.
    pub root: Option<usize>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// Modification time in nanoseconds since 1970; only for regular files.
    pub changed_ns: Option<u64>,
    /// Its number of lines, if it is text.
    pub lines: Option<u64>,
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: Option<String>,
    /// The promised definitions with their lines.
    pub symbols: Vec<Symbol>,
    /// The last commit that touched it.
    pub commit: Option<CommitLine>,
    /// The commits that added and removed it, in words; only for a missing file.
    pub removal: Option<String>,
    /// Remarks for the reader, most important first.
    pub remarks: Vec<String>,
}

/// A promised class or function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// The line, from 1, that defines it; null if no line does.
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
    /// A verdict on something that was not found.
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

/// The first twelve digits of a digest, for tables.
#[must_use]
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
