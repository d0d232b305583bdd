//! The forms of a report, and one of its files.

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// For people and agents.
    Markdown,
    /// For programs.
    Json,
    /// For people, in a browser or on paper.
    Html,
    /// For viewers of code that show findings where they are.
    Sarif,
    /// For programs that show tests.
    JUnit,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Markdown, Self::Json, Self::Html, Self::Sarif, Self::JUnit];

    /// The default forms.
    pub const DEFAULT: [Self; 3] = [Self::Markdown, Self::Json, Self::Html];

    /// The word that asks for it.
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

    /// The form that a word asks for.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }

    /// Whether it is for people, and lists only so much.
    pub(super) const fn is_cut(self) -> bool {
        matches!(self, Self::Markdown | Self::Html)
    }

    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::JUnit => "junit.xml",
        }
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown",
            Self::Json => "application/json",
            Self::Html => "text/html",
            Self::Sarif => "application/sarif+json",
            Self::JUnit => "application/xml",
        }
    }

    /// The estimated size of a plan in this form without its rows.
    pub(super) const fn plan_bytes(self) -> usize {
        match self {
            Self::Markdown | Self::JUnit => 900,
            Self::Json => 1_500,
            Self::Html => 4_500,
            Self::Sarif => 0,
        }
    }

    /// The estimated size of a row in this form without its names.
    pub(super) const fn row_bytes(self) -> usize {
        match self {
            Self::Markdown => 350,
            Self::Json => 650,
            Self::Html => 1_000,
            // Its results are findings, of which there are few.
            Self::Sarif => 0,
            Self::JUnit => 250,
        }
    }

    /// How often this form writes a row's names, with room for escapes.
    pub(super) const fn repeats(self) -> usize {
        match self {
            Self::Markdown => 5,
            Self::Json => 2,
            Self::Html => 7,
            Self::Sarif => 0,
            Self::JUnit => 3,
        }
    }
}

/// A file of an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// `PLANS_AUDIT_REPORT_20260118_101500.md`.
    pub name: String,
    /// `text/markdown`.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}
