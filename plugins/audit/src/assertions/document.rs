//! All readers over one document.

use std::collections::BTreeSet;

use super::claim::{Assertion, AssertionKind, CheckedDocument, Kind};
use super::text::Text;
use super::words::files;
use super::{commit, count, file, gate, line, parts, quantity, ratio, sample, states, status, symbol, total};
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
    let shares = ratio::read(&text, &mut claims);
    total::read(&text, &mut claims);
    count::read(&text, &mut claims);
    gate::read(&text, &shares, &mut claims);
    commit::read(&text, &mut claims);
    file::read(&text, &mut claims);
    line::read(&text, &mut claims);
    symbol::read(markdown, &mut claims);
    status::read(&text, &mut claims);
    let counted = quantity::counted(&text);
    parts::read(&text, &counted, &mut claims);
    states::read(&text, &counted, &mut claims);
    sample::read(&text, &shares, &mut claims);
    names(&text, &mut claims);
    claims.truncate(limits::CLAIMS_PER_DOCUMENT);
    claims
}

/// The names of files, each once; other documents may spell them otherwise.
fn names(text: &Text, claims: &mut Vec<Assertion>) {
    let mut seen = BTreeSet::new();
    let cells = text
        .grids
        .iter()
        .flat_map(|grid| grid.rows.iter().flat_map(|row| row.cells.iter().map(|cell| (row.line, cell))));
    let lines = text.passages.iter().map(|passage| (passage.line, &passage.text));
    for (line, words) in lines.chain(cells) {
        for name in files(words) {
            if seen.insert(name.path.clone()) {
                claims.push(Assertion::new(line, Kind::Name, words, AssertionKind::Name(name.path)));
            }
        }
    }
}
