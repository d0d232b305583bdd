//! The tags of a file that describe its recording.

/// The maximum length of a value. A longer value is truncated.
const MAX_CHARACTERS: usize = 1000;

/// The tags that matching uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names need no explanation")]
pub struct Tags {
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub isrc: Option<String>,
}

/// A tag without white space and zero bytes at its ends; `None` if the rest is empty.
pub(crate) fn cleaned(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.chars().take(MAX_CHARACTERS).collect())
}
