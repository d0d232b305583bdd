//! The files in one line with the words around them.
//!
//! The line is cut at its code and its links; a line without either is read by `plain`. Whether a file is promised is
//! `sentence`'s matter.

use super::context::LineContext;
use super::hit::Hit;
use super::inline::{Inline, SpanKind};
use super::names::{self, Name};
use super::plain::plain;

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
