//! Untrusted texts in responses.

use baton_core::text::{at_most, lines, one_line};

use crate::limits;

/// The longest title or reason in bytes.
const LINE_BYTES: usize = 2 << 10;

/// An untrusted text as one line without control characters.
pub(crate) fn line(text: &str) -> String {
    at_most(&one_line(text), LINE_BYTES).into_owned()
}

/// The first part of an untrusted text, without control characters other than line feeds, and whether it is the whole
/// text.
pub(crate) fn beginning(text: &str) -> (String, bool) {
    let text = lines(text);
    let end = text.floor_char_boundary(limits::TEXT_BYTES.min(text.len()));
    (text.get(..end).unwrap_or_default().to_owned(), end == text.len())
}
