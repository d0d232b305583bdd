//! Remarks of the audit about its own work: a plan too large, a folder that cannot be read, a missing plan.
//!
//! A remark becomes a line of the report and a finding. Deliverables have verdicts instead of remarks.

use serde::Serialize;

use crate::ids::shortened;

/// The severity of a remark or finding: the severities of the contract that the audit uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoteSeverity {
    /// Information that needs no action.
    Info,
    /// A small problem.
    Low,
    /// A problem.
    Medium,
    /// Something promised is missing.
    High,
}

impl NoteSeverity {
    /// The name in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
        }
    }
}

/// The key of a remark about a document. A long name is shortened, so that the finding's id still ends in the kind.
pub(crate) fn key(shown: &str, kind: &str) -> String {
    const NAME_BYTES: usize = 150;
    format!("{}:{kind}", shortened(shown, NAME_BYTES))
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceLine {
    /// The document's name for readers.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The end of the finding's id. It names the subject and is the same in every run.
    pub key: String,
    /// Its severity.
    pub weight: NoteSeverity,
    /// One line.
    pub title: String,
    /// The observed facts; may be empty.
    pub evidence: String,
    /// The line of the document, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SourceLine>,
}

impl Remark {
    /// A remark without a line.
    #[must_use]
    pub fn new(
        key: impl Into<String>,
        weight: NoteSeverity,
        title: impl Into<String>,
        evidence: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), weight, title: title.into(), evidence: evidence.into(), place: None }
    }

    /// The same remark with a line of a document.
    #[must_use]
    pub fn at(self, path: &str, line: usize) -> Self {
        Self { place: Some(SourceLine { path: path.to_owned(), line }), ..self }
    }
}
