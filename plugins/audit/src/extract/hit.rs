//! A file in a line of text.

use super::names::Name;

/// A file in a line with the words before it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that may be known of how a file is written, whatever the others are"
)]
pub(super) struct Hit {
    pub(super) name: Name,
    pub(super) link: bool,
    pub(super) code: bool,
    /// The text says its name; a link may say anything.
    pub(super) named: bool,
    /// Its form alone does not make it a file: only a promise does.
    pub(super) weak: bool,
    /// Words since the hit before, or since the start of the line.
    pub(super) before: String,
    /// The rest after this hit up to the next.
    pub(super) after: String,
    pub(super) line: usize,
}

/// The words before a file without what opens a line: marks, numbers, signs.
pub(super) fn lead(before: &str) -> String {
    let lower = before.to_lowercase();
    let rest = lower.trim_start_matches(|sign: char| !sign.is_alphanumeric()).trim();
    uncounted(rest).trim_start_matches(|sign: char| !sign.is_alphanumeric()).trim().to_owned()
}

/// A line without the number that counts it: `0.2`, `3)`, `4.`, `12:`.
fn uncounted(text: &str) -> &str {
    let rest = text.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
    let number = text.strip_suffix(rest).unwrap_or_default();
    let counted = number.contains('.') || rest.starts_with([')', ':']);
    let closed = rest.is_empty() || rest.starts_with([')', ':', ' ']);
    if counted && closed && number.starts_with(|sign: char| sign.is_ascii_digit()) { rest } else { text }
}

/// Whether the head of a line ends after its file: nothing follows, or a dash, a colon, a bracket, a comma.
pub(super) fn head_ends(after: &str) -> bool {
    if after.starts_with("  ") || after.starts_with('\t') {
        return true;
    }
    let rest = after.trim_start();
    let word: String = rest.chars().take_while(|sign| sign.is_alphanumeric()).collect::<String>().to_lowercase();
    word.is_empty() || matches!(word.as_str(), "and" | "with" | "for" | "und" | "mit" | "f\u{fc}r")
}
