//! The forms of a report, and one of its files.

use serde::Serialize;

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// For people and agents.
    Markdown,
    /// For programs.
    Json,
    /// For people, in a browser or on paper.
    Html,
    /// For code viewers that show each finding at its line.
    Sarif,
    /// For programs that show test results.
    JUnit,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Markdown, Self::Json, Self::Html, Self::Sarif, Self::JUnit];

    /// The default forms.
    pub const DEFAULT: [Self; 3] = [Self::Markdown, Self::Json, Self::Html];

    /// Its name in the argument `forms`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::JUnit => "junit",
        }
    }

    /// The form with this name.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }

    /// True for a form for people: its tables and lists have a maximum length.
    pub(super) const fn is_cut(self) -> bool {
        matches!(self, Self::Markdown | Self::Html)
    }

    /// The ending of its files, and their media type.
    pub(super) const fn file(self) -> [&'static str; 2] {
        match self {
            Self::Markdown => ["md", "text/markdown"],
            Self::Json => ["json", "application/json"],
            Self::Html => ["html", "text/html"],
            Self::Sarif => ["sarif", "application/sarif+json"],
            Self::JUnit => ["junit.xml", "application/xml"],
        }
    }

    /// The estimated size of a report in this form. SARIF counts as 0, because it has only findings, and a report has few
    /// findings.
    pub(super) const fn size(self) -> FormSize {
        match self {
            Self::Markdown => FormSize { plan: 900, row: 350, repeats: 5 },
            Self::Json => FormSize { plan: 1_500, row: 650, repeats: 2 },
            Self::Html => FormSize { plan: 4_500, row: 1_000, repeats: 7 },
            Self::Sarif => FormSize { plan: 0, row: 0, repeats: 0 },
            Self::JUnit => FormSize { plan: 900, row: 250, repeats: 3 },
        }
    }
}

/// Estimated bytes of the parts of a report in one form.
pub(super) struct FormSize {
    /// A plan without its rows.
    pub(super) plan: usize,
    /// A row without its names.
    pub(super) row: usize,
    /// How often a row's names are written, with room for escapes.
    pub(super) repeats: usize,
}

/// A file of an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// `PLANS_AUDIT_REPORT_20260118_101500.md`.
    pub name: String,
    /// `text/markdown`.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Data as JSON for a file.
pub(super) fn json(data: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(data)?;
    bytes.push(b'\n');
    Ok(bytes)
}
