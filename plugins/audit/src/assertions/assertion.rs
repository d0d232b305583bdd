//! An assertion: a statement of a document about numbers, files or commits, and the condition under which it is true.
//!
//! If the document alone decides an assertion, the assertion contains its outcome. Otherwise it names the file, commit or
//! identifier to look up.

use std::sync::Arc;

use serde::Serialize;

use crate::plan;
use crate::reader::SymbolKind;
use crate::remark::NoteSeverity;
use crate::report::escape;

/// A document that contains assertions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedDocument {
    /// Its name for readers: `reports/a.md`, or the task of a RETURN.
    pub shown: String,
    /// Its Markdown.
    pub text: String,
}

/// The subject of an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A percentage of a part in a whole.
    Ratio,
    /// A total and its parts.
    Sum,
    /// A number of things with the list of these things.
    Count,
    /// A commit.
    Commit,
    /// The size or the existence of a file.
    File,
    /// The content of a line of a file.
    Line,
    /// The existence of an identifier in the code.
    Symbol,
    /// A deliverable of a RETURN.
    Deliverable,
}

impl Kind {
    /// True if the check needs the tree or the repository, not only documents.
    pub(crate) const fn is_looked_up(self) -> bool {
        matches!(self, Self::Commit | Self::File | Self::Line | Self::Symbol | Self::Deliverable)
    }

    /// The name in reports and ids.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Commit => "commit",
            Self::File => "file",
            Self::Line => "line",
            Self::Symbol => "symbol",
            Self::Deliverable => "deliverable",
        }
    }
}

/// The result of checking an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The assertion is true.
    True,
    /// The assertion is false.
    False,
    /// The check is impossible; the evidence states why.
    Unverifiable,
}

impl Verdict {
    /// The name in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::True => "TRUE",
            Self::False => "FALSE",
            Self::Unverifiable => "UNVERIFIABLE",
        }
    }
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub verdict: Verdict,
    /// The value that was computed or found.
    pub evidence: String,
    /// Severity of the finding; `None` if no finding is reported.
    pub weight: Option<NoteSeverity>,
}

impl Outcome {
    /// Returns an outcome with the verdict `True` if `holds`, else `False` with the severity of a wrong number.
    pub(super) fn of(holds: bool, evidence: impl Into<String>) -> Self {
        if holds { Self::holds(evidence) } else { Self::fails(NoteSeverity::Medium, evidence) }
    }

    /// True if a file that must exist does not.
    pub(super) fn is_absence(&self) -> bool {
        self.verdict == Verdict::False && self.weight == Some(NoteSeverity::High)
    }

    pub(super) fn holds(evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::True, evidence: evidence.into(), weight: None }
    }

    pub(super) fn fails(weight: NoteSeverity, evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::False, evidence: evidence.into(), weight: Some(weight) }
    }

    pub(super) fn unknown(evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unverifiable, evidence: evidence.into(), weight: None }
    }
}

/// One statement of a document that can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The line, from 1; 0 for a field of a RETURN.
    pub line: usize,
    /// The field of a RETURN: `deliverables[0].path`.
    pub field: Option<String>,
    /// The subject.
    pub kind: Kind,
    /// The quoted words of the document.
    pub words: String,
    pub(super) stated: Condition,
}

/// The condition under which an assertion is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// The document alone decided the assertion.
    Decided(Outcome),
    /// The commit exists and has the title.
    Commit { id: String, title: Option<String> },
    /// The file exists and has the stated properties.
    File(FileStatement),
    /// The file does not exist.
    Absent(String),
    /// The file's line has the stated content.
    Line(LineStatement),
    /// The identifier exists in the tree.
    Symbol(IdentifierStatement),
}

/// Statements about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileStatement {
    pub path: String,
    pub bytes: Option<plan::SizeAssertion>,
    pub lines: Option<plan::SizeAssertion>,
    /// Files that are named in the same list. Their folders help to find a file that is named without a folder.
    pub beside: Arc<[String]>,
}

/// Statements about an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IdentifierStatement {
    pub(super) name: String,
    /// The assertion is false if no code contains the identifier.
    pub(super) sure: bool,
    /// If `sure` is false: the assertion is unverifiable if no code defines the identifier. If both fields are false, an
    /// identifier without a definition is not reported.
    pub(super) meant: bool,
    /// Code that only uses the identifier, without a definition, also proves the assertion.
    pub(super) used: bool,
    pub(super) kind: SymbolKind,
}

/// Statements about a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineStatement {
    pub path: String,
    pub first: u64,
    pub last: u64,
    /// The text that the line contains.
    pub content: Option<String>,
    /// The identifier that the line defines.
    pub symbol: Option<String>,
}

impl Assertion {
    pub(super) fn decided(line: usize, kind: Kind, words: &str, outcome: Outcome) -> Self {
        Self::new(line, kind, words, Condition::Decided(outcome))
    }

    pub(super) fn new(line: usize, kind: Kind, words: &str, stated: Condition) -> Self {
        let words = escape::line(words, crate::limits::WORDS_BYTES);
        Self { line, field: None, kind, words, stated }
    }
}
