//! The parts that all languages share: the marker in the first line, comments, and quoted texts.

use baton_core::text::one_line;
use serde_json::Value;

/// The marker that identifies a generated file.
pub(super) const MARK: &str = "made from `manifest.json` by `baton plugin types`";

/// Converts a description for use in a comment: one line, without trailing space and without characters that end a
/// comment.
pub(super) fn comment(description: &str) -> String {
    one_line(description.trim()).replace("*/", "* /")
}

/// A quoted text. A JSON string is also valid in Python and TypeScript.
pub(super) fn literal(text: &str) -> String {
    Value::from(text).to_string()
}
