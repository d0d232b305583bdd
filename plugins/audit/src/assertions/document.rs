//! All readers over one document.

use super::claim::{Assertion, CheckedDocument};
use super::text::Text;
use super::{commit, count, file, line, ratio, symbol, total};
use crate::limits;

/// The claims of a document, at most [`limits::CLAIMS_PER_DOCUMENT`].
#[must_use]
pub fn read(document: &CheckedDocument) -> Vec<Assertion> {
    read_text(&document.text)
}

pub(super) fn read_text(markdown: &str) -> Vec<Assertion> {
    if markdown.trim().is_empty() {
        return Vec::new();
    }
    let text = Text::of(markdown);
    let mut claims = Vec::new();
    ratio::read(&text, &mut claims);
    total::read(&text, &mut claims);
    count::read(&text, &mut claims);
    commit::read(&text, &mut claims);
    file::read(&text, &mut claims);
    line::read(&text, &mut claims);
    symbol::read(markdown, &mut claims);
    claims.truncate(limits::CLAIMS_PER_DOCUMENT);
    claims
}
