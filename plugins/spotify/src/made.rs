//! What an action made: a summary, reports for `reports/`, and files for the folder of exports.

use baton_plugin_sdk::{Artifact, OutcomeKind};

/// A file in the making.
#[must_use]
pub fn file(name: impl Into<String>, media_type: &str, bytes: impl Into<Vec<u8>>) -> Artifact {
    Artifact { name: name.into(), media_type: media_type.to_owned(), bytes: bytes.into() }
}

/// What an action made.
#[derive(Clone, Debug, Default)]
pub struct ActionResult {
    /// How much of what was asked was done.
    pub kind: OutcomeKind,
    /// What is to be done next.
    pub next_steps: Vec<String>,
    /// One to three sentences.
    pub summary: String,
    /// For `reports/`.
    pub reports: Vec<Artifact>,
    /// For the folder of exports.
    pub exports: Vec<Artifact>,
    /// How many older results of each are kept there; all when absent.
    pub keep_older: Option<usize>,
}

impl ActionResult {
    /// That nothing was done, why, and what to do.
    #[must_use]
    pub fn refused(summary: String, next_steps: Vec<String>) -> Self {
        Self { kind: OutcomeKind::Refused, next_steps, summary, ..Self::default() }
    }
}

/// Types of files.
pub const MARKDOWN: &str = "text/markdown";
/// Comma separated values.
pub const CSV: &str = "text/csv";
/// JSON.
pub const JSON: &str = "application/json";
