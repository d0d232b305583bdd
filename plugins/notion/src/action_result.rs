//! The result of an action, before it becomes an outcome.

use baton_plugin_sdk::{Artifact, OutcomeKind};

/// The result of an action.
#[derive(Clone, Debug, Default)]
pub struct ActionResult {
    /// How much was done.
    pub kind: OutcomeKind,
    /// The summary in one to three sentences.
    pub summary: String,
    /// Commands or edits to do next.
    pub next_steps: Vec<String>,
    /// Files for `reports/`.
    pub reports: Vec<Artifact>,
}

/// A report in Markdown.
#[must_use]
pub fn report(name: &str, text: String) -> Artifact {
    Artifact { name: name.to_owned(), media_type: "text/markdown".to_owned(), bytes: text.into_bytes() }
}
