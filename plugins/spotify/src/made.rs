//! What an action made: a summary, reports for `reports/`, and files for the folder of exports.

use baton_plugin_sdk::Artifact;

/// A file in the making.
#[must_use]
pub fn file(name: impl Into<String>, media_type: &str, bytes: impl Into<Vec<u8>>) -> Artifact {
    Artifact { name: name.into(), media_type: media_type.to_owned(), bytes: bytes.into() }
}

/// What an action made.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// One to three sentences.
    pub summary: String,
    /// For `reports/`.
    pub reports: Vec<Artifact>,
    /// For the folder of exports.
    pub exports: Vec<Artifact>,
}

/// Types of files.
pub const MARKDOWN: &str = "text/markdown";
/// Comma separated values.
pub const CSV: &str = "text/csv";
/// JSON.
pub const JSON: &str = "application/json";
