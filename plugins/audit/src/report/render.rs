//! From a report to files: one for each form that is asked for, all of them together within the bound on their size.

use super::document::Document;
use super::model::{Report, Stamp};
use super::{html, json, junit, markdown, pages, sarif};
use crate::limits;

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

    /// The forms that are made when nobody asks for others.
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

    const fn ending(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::JUnit => "junit.xml",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown",
            Self::Json => "application/json",
            Self::Html => "text/html",
            Self::Sarif => "application/sarif+json",
            Self::JUnit => "application/xml",
        }
    }

    /// What a plan weighs in this form beside its rows, by estimate.
    pub(super) const fn plan_bytes(self) -> usize {
        match self {
            Self::Markdown | Self::JUnit => 900,
            Self::Json => 1_500,
            Self::Html => 4_500,
            Self::Sarif => 0,
        }
    }

    /// What a row weighs in this form beside its names, by estimate.
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

/// The report in one form.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn render(form: Form, report: &Report, stamp: &Stamp) -> Result<Artifact, serde_json::Error> {
    render_cut(form, report, stamp, limits::LISTED)
}

/// The same with tables and lists of at most so many rows, where the form is for people.
fn render_cut(form: Form, report: &Report, stamp: &Stamp, most: usize) -> Result<Artifact, serde_json::Error> {
    let bytes = match form {
        Form::Markdown => markdown::write(&cut(report, most)).into_bytes(),
        Form::Html => html::write(&cut(report, most)).into_bytes(),
        Form::Json => json::write(report)?,
        Form::Sarif => sarif::write(report, stamp)?,
        Form::JUnit => junit::write(report, stamp).into_bytes(),
    };
    let name = format!("PLANS_AUDIT_REPORT_{}.{}", stamp.compact, form.ending());
    Ok(Artifact { name, media_type: form.media_type(), bytes })
}

fn cut(report: &Report, most: usize) -> Document {
    let mut document = pages::document(report);
    document.cut(most);
    document
}

/// Rows of a table in the forms for people, when they are too many for the bound on all forms.
const FEWER: [usize; 3] = [limits::LISTED, 50, 10];

/// The report in each of these forms, in their order. Together they weigh at most [`limits::REPORT_BYTES`]: where the
/// estimates of [`super::Assembly`] were too small, the forms for people list fewer rows, and at last rows are taken out of
/// `report` and counted as left out.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn render_all(forms: &[Form], report: &mut Report, stamp: &Stamp) -> Result<Vec<Artifact>, serde_json::Error> {
    let cuttable = forms.iter().any(|form| form.is_cut());
    let mut fewer = FEWER.into_iter().take(if cuttable { FEWER.len() } else { 1 }).peekable();
    let mut most = limits::LISTED;
    loop {
        most = fewer.next().unwrap_or(most);
        let artifacts = forms
            .iter()
            .map(|form| render_cut(*form, report, stamp, most))
            .collect::<Result<Vec<Artifact>, serde_json::Error>>()?;
        let bytes: usize = artifacts.iter().map(|artifact| artifact.bytes.len()).sum();
        if bytes <= limits::REPORT_BYTES || (fewer.peek().is_none() && !report.thin()) {
            return Ok(artifacts);
        }
    }
}
