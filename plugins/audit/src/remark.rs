//! Remarks of the audit about its own work: a plan too large, a folder that cannot be read, a missing plan.
//!
//! A note becomes a line of the report and a finding. Deliverables are not notes; they have verdicts.

use serde::Serialize;

use crate::ids::shortened;

/// How much something matters; the words of the contract's severities that the audit uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoteSeverity {
    /// A remark.
    Info,
    /// Something small is not as it should be.
    Low,
    /// Something is not as it should be.
    Medium,
    /// Something that was promised is not there.
    High,
}

impl NoteSeverity {
    /// The word for reports.
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

/// The key of a note on a document. A long name is shortened, so that the finding's id still ends in the kind.
pub(crate) fn key(shown: &str, kind: &str) -> String {
    const NAME_BYTES: usize = 150;
    format!("{}:{kind}", shortened(shown, NAME_BYTES))
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceLine {
    /// The document as people call it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What it is about, the same in every run: the tail of the finding's id.
    pub key: String,
    /// How much it matters.
    pub weight: NoteSeverity,
    /// One line.
    pub title: String,
    /// What was seen; may be empty.
    pub evidence: String,
    /// The line of the document that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SourceLine>,
}

impl Remark {
    /// A note.
    #[must_use]
    pub fn new(
        key: impl Into<String>,
        weight: NoteSeverity,
        title: impl Into<String>,
        evidence: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), weight, title: title.into(), evidence: evidence.into(), place: None }
    }

    /// The same at a line of a document.
    #[must_use]
    pub fn at(self, path: &str, line: usize) -> Self {
        Self { place: Some(SourceLine { path: path.to_owned(), line }), ..self }
    }
}
