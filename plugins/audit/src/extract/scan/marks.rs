//! What opens a line and is no word of it: boxes, bullets, numbers; and the line below the head of a table.

use super::super::inline::{Inline, SpanKind};

/// The box that opens a line, and what follows it.
pub(super) fn boxed(line: &Inline) -> Option<(bool, Inline)> {
    let first = line.spans().first()?;
    let (done, rest) = match first.text.get(..3)? {
        "[ ]" => (false, first.text.get(3..)?),
        "[x]" | "[X]" => (true, first.text.get(3..)?),
        _ => return None,
    };
    Some((done, line.with_first(rest)))
}

/// A line of a paragraph that opens as an item does, without that mark.
pub(super) fn unmarked(line: &Inline) -> Option<Inline> {
    let first = line.spans().first()?;
    let rest = ["- ", "* ", "+ ", "\u{2022} "].iter().find_map(|mark| first.text.strip_prefix(mark))?;
    Some(line.with_first(rest))
}

pub(super) fn is_list_row(row: &str) -> bool {
    let row = row.trim_start();
    let digits = row.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let numbered = digits.len() < row.len() && (digits.starts_with(". ") || digits.starts_with(") "));
    numbered || ["- ", "* ", "+ "].iter().any(|mark| row.starts_with(mark))
}

/// The line below the head of a table.
pub(super) fn is_ruler(row: &str) -> bool {
    row.starts_with('|') && row.contains("--") && row.chars().all(|sign| matches!(sign, '|' | '-' | ':' | ' '))
}

/// A heading's words without what counts it: `1.1`, `2)`, `C.1`, `Step 3:`, signs.
pub(super) fn unnumbered(text: &str) -> &str {
    let rest = text.trim_start_matches(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '.' | '_' | '/' | '~'));
    let lettered = match rest.as_bytes() {
        [letter, b'.' | b')', ..] if letter.is_ascii_uppercase() => rest.get(1..).unwrap_or_default(),
        _ => rest,
    };
    let counted = lettered.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
    let rest = match counted.strip_prefix([')', ' ', ':']) {
        Some(after) if counted.len() < rest.len() => after.trim_start(),
        _ => rest,
    };
    let mut words = rest.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (
            Some("Step" | "Task" | "Phase" | "Part" | "File" | "Datei" | "Schritt" | "Deliverable"),
            Some(number),
            Some(after),
        ) if number.ends_with([':', '.']) || after.starts_with(['-', '\u{2013}', '\u{2014}']) => {
            after.trim_start_matches(['-', '\u{2013}', '\u{2014}', ' '])
        }
        _ => rest,
    }
}

/// The same heading without its number, spans kept.
pub(super) fn without_number(text: &Inline) -> Inline {
    let mut out = Inline::default();
    for (nth, span) in text.spans().iter().enumerate() {
        let words = if nth == 0 && span.kind == SpanKind::Text { unnumbered(&span.text) } else { &span.text };
        if !words.is_empty() {
            out.push(span.kind, words, span.line, span.strong, span.link.as_deref());
        }
    }
    out
}
