//! What all languages write alike: the first line's mark, comments, and texts in quotes.

use baton_core::text::one_line;
use serde_json::Value;

/// A part of the first line, by which a file with types is known.
pub(super) const MARK: &str = "made from `manifest.json` by `baton plugin types`";

/// A description as part of a comment: one line without trailing space, and without what ends a comment.
pub(super) fn comment(description: &str) -> String {
    one_line(description.trim()).replace("*/", "* /")
}

/// A text in quotes. A text of JSON is one of Python and of TypeScript too.
pub(super) fn literal(text: &str) -> String {
    Value::from(text).to_string()
}
