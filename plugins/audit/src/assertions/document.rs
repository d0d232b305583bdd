//! Runs all readers on one document.

use super::assertion::{Assertion, CheckedDocument};
use super::text::Text;
use super::{commit, count, file, line, ratio, symbol, total};
use crate::limits;

/// The assertions of a document, at most [`limits::ASSERTIONS_PER_DOCUMENT`].
#[must_use]
pub fn read(document: &CheckedDocument) -> Vec<Assertion> {
    read_text(&document.text)
}

pub(super) fn read_text(markdown: &str) -> Vec<Assertion> {
    if markdown.trim().is_empty() {
        return Vec::new();
    }
    let text = Text::of(markdown);
    let mut assertions = Vec::new();
    ratio::read(&text, &mut assertions);
    total::read(&text, &mut assertions);
    count::read(&text, &mut assertions);
    commit::read(&text, &mut assertions);
    file::read(&text, &mut assertions);
    line::read(&text, &mut assertions);
    symbol::read(markdown, &mut assertions);
    assertions.truncate(limits::ASSERTIONS_PER_DOCUMENT);
    assertions
}
