//! The placeholder characters for paths and for other code in the words of a line.

/// Placeholder for a path in the words of a line.
pub(crate) const PATH: char = '\u{e000}';
/// Placeholder for code that is not a path.
pub(crate) const CODE: char = '\u{e001}';
