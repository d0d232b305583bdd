//! The files in one line with the words around them.
//!
//! The line is cut at its code and its links; a line without either is read by `plain`. Whether a file is promised is
//! `sentence`'s matter.

use super::inline::{Inline, SpanKind};
use super::names::{self, Name};
use super::plain::plain;
use super::sentence::LineContext;

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

/// The files of a line, in order.
pub(super) fn hits(text: &Inline, setting: LineContext) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut before = String::new();
    for span in text.spans() {
        let target = span.link.as_deref().map(|link| linked_name(link, &span.text));
        let name = match (&target, span.kind) {
            (Some(name), _) => name.clone(),
            (None, SpanKind::Code) => code_name(&span.text, setting.listing).or_else(|| names::weak(&span.text)),
            (None, SpanKind::Text) => None,
        };
        let repeated = hits.last().is_some_and(|hit| hit.link && before.is_empty() && Some(&hit.name) == name.as_ref());
        match name {
            Some(_) if repeated => {}
            Some(name) => {
                close(&mut hits, &before);
                let link = target.is_some();
                let weak = !link && code_name(&span.text, setting.listing).is_none();
                hits.push(Hit {
                    name,
                    weak,
                    link,
                    code: true,
                    named: !link || span.kind == SpanKind::Code || names::file(&span.text).is_some(),
                    before: std::mem::take(&mut before),
                    after: String::new(),
                    line: span.line,
                });
            }
            None if span.kind == SpanKind::Code => before.extend(["`", &span.text, "`"]),
            None => before.push_str(&span.text),
        }
    }
    if hits.is_empty() {
        return plain(text, setting);
    }
    close(&mut hits, &before);
    hits
}

/// What a piece of code names. A path counts by its form; without a folder before it only with a known ending.
fn code_name(text: &str, listing: bool) -> Option<Name> {
    let known = names::file(text).or_else(|| names::folder(text)).or_else(|| names::likely_file(text, listing));
    known.or_else(|| names::outside_path(text).filter(|_| listing))
}

fn close(hits: &mut [Hit], after: &str) {
    if let Some(last) = hits.last_mut() {
        after.clone_into(&mut last.after);
    }
}

/// The file that a link goes to; `None` for addresses and for places in the same document.
fn linked_name(link: &str, text: &str) -> Option<Name> {
    let path = link.split(['#', '?']).next().unwrap_or_default();
    if path.is_empty() || link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let path = path.replace("%20", " ");
    let path = from_root(&path);
    names::file(path).or_else(|| names::file(text))
}

/// A link that leaves the plan's own folder, as from the root.
fn from_root(path: &str) -> &str {
    let mut rest = path;
    while let Some(above) = rest.strip_prefix("../") {
        rest = above;
    }
    rest
}
