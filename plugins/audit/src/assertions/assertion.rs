//! A claim: what a document says about numbers, files and commits, and what it would take for it to be true.
//!
//! Claims that can be worked out from the document alone carry their outcome; the others say what has to be looked up.

use std::sync::Arc;

use serde::Serialize;

use crate::plan;
use crate::remark::NoteSeverity;
use crate::report::escape;

/// A document that makes claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedDocument {
    /// What people call it: `reports/a.md`, or the task of a RETURN.
    pub shown: String,
    /// Its text.
    pub text: String,
}

/// What kind of thing is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A percentage of a part in a whole.
    Ratio,
    /// A total and its parts.
    Sum,
    /// A number of things beside the list of them.
    Count,
    /// A commit.
    Commit,
    /// A file with its size, or that it is there.
    File,
    /// What stands at a line of a file.
    Line,
    /// A name of code that is there.
    Symbol,
    /// A deliverable of a RETURN.
    Deliverable,
}

impl Kind {
    /// Whether such a claim is checked against the tree or the repository, and not only against documents.
    pub(crate) const fn is_looked_up(self) -> bool {
        matches!(self, Self::Commit | Self::File | Self::Line | Self::Symbol | Self::Deliverable)
    }

    /// The word for reports and ids.
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

/// Whether a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be looked up; the evidence says why.
    Unverifiable,
}

impl Verdict {
    /// The word for reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::True => "TRUE",
            Self::False => "FALSE",
            Self::Unverifiable => "UNVERIFIABLE",
        }
    }
}

/// How a claim came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Whether it holds.
    pub verdict: Verdict,
    /// What was computed or seen.
    pub evidence: String,
    /// How much it matters; absent for what needs nobody.
    pub weight: Option<NoteSeverity>,
}

impl Outcome {
    /// It holds, or it does not and matters as much as a wrong number does.
    pub(super) fn of(holds: bool, evidence: impl Into<String>) -> Self {
        if holds { Self::holds(evidence) } else { Self::fails(NoteSeverity::Medium, evidence) }
    }

    pub(super) fn holds(evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::True, evidence: evidence.into(), weight: None }
    }

    /// It does not hold.
    pub(super) fn fails(weight: NoteSeverity, evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::False, evidence: evidence.into(), weight: Some(weight) }
    }

    /// It cannot be looked up.
    pub(super) fn unknown(evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unverifiable, evidence: evidence.into(), weight: None }
    }
}

/// A claim of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The line, from 1; 0 for a field of a RETURN.
    pub line: usize,
    /// The field of a RETURN: `deliverables[0].path`.
    pub field: Option<String>,
    /// What kind of thing is claimed.
    pub kind: Kind,
    /// The words that claim it.
    pub words: String,
    pub(super) says: AssertionKind,
}

/// What it takes for a claim to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AssertionKind {
    /// Nothing more: it was worked out.
    Worked(Outcome),
    /// The commit is there and has the title.
    Commit { id: String, title: Option<String> },
    /// The file is there and fits.
    File(FileSays),
    /// There is no such file.
    Absent(String),
    /// The line of a file says so.
    Line(LineSays),
    /// A name of code is in the tree.
    Symbol(SymbolSays),
}

/// What is said of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileSays {
    pub path: String,
    pub bytes: Option<plan::SizeAssertion>,
    pub lines: Option<plan::SizeAssertion>,
    /// Files that are named in the same list; they tell where a bare name lives.
    pub beside: Arc<[String]>,
}

/// What is said of a name of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SymbolSays {
    pub(super) name: String,
    /// It must be there.
    pub(super) sure: bool,
    /// It is listed even where it was not found.
    pub(super) meant: bool,
}

/// What is said of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineSays {
    pub path: String,
    pub first: u64,
    pub last: u64,
    /// What the line holds.
    pub content: Option<String>,
    /// What is defined there.
    pub symbol: Option<String>,
}

impl Assertion {
    pub(super) fn worked(line: usize, kind: Kind, words: &str, outcome: Outcome) -> Self {
        Self::new(line, kind, words, AssertionKind::Worked(outcome))
    }

    /// A claim.
    pub(super) fn new(line: usize, kind: Kind, words: &str, says: AssertionKind) -> Self {
        let words = escape::line(words, crate::limits::WORDS_BYTES);
        Self { line, field: None, kind, words, says }
    }
}
