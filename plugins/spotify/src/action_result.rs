//! The result of an action: a summary, reports for `reports/`, and files for the folder `exports`.

use baton_plugin_sdk::{Artifact, OutcomeKind};

use crate::model::WantedPlaylist;

/// A file to write.
#[must_use]
pub fn file(name: impl Into<String>, media_type: &str, bytes: impl Into<Vec<u8>>) -> Artifact {
    Artifact { name: name.into(), media_type: media_type.to_owned(), bytes: bytes.into() }
}

/// The result of an action.
#[derive(Clone, Debug, Default)]
pub struct ActionResult {
    /// How much was completed.
    pub kind: OutcomeKind,
    /// Commands or edits to do next.
    pub next_steps: Vec<String>,
    /// The summary in one to three sentences.
    pub summary: String,
    /// Files for `reports/`.
    pub reports: Vec<Artifact>,
    /// Files for the folder `exports`.
    pub exports: Vec<Artifact>,
    /// Playlists for a plan for the account.
    pub account: Vec<WantedPlaylist>,
    /// The number of older results of each export to keep; absent: all.
    pub keep_older: Option<usize>,
}

impl ActionResult {
    /// The result of an action that had nothing to do.
    #[must_use]
    pub fn refused(summary: String, next_steps: Vec<String>) -> Self {
        Self { kind: OutcomeKind::Refused, next_steps, summary, ..Self::default() }
    }
}

/// The media type of Markdown.
pub const MARKDOWN: &str = "text/markdown";
/// The media type of CSV.
pub const CSV: &str = "text/csv";
/// The media type of JSON.
pub const JSON: &str = "application/json";
