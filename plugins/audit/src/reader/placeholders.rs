//! The characters that stand for a path and for other code in the words of a line.

/// Placeholder for a path in the words of a line.
pub(crate) const PATH: char = '\u{e000}';
/// Placeholder for code that is no path.
pub(crate) const CODE: char = '\u{e001}';
