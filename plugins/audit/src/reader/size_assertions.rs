//! Numbers that plans state for files: `473`, `~8,500+`, `413,280 bytes`, `12 KB`, `(147 lines)`.
//!
//! Ranges, prose ("large") and numbers without a required unit do not count.

use crate::plan::{Precision, SizeAssertion};

/// A number of lines that is the whole cell: `473`, `~100 lines`, `8,500+`.
#[must_use]
pub(crate) fn lines_cell(text: &str) -> Option<SizeAssertion> {
    let (claim, unit) = number(text)?;
    matches!(unit.trim(), "" | "lines" | "line" | "loc").then_some(claim)
}

/// A size that is the whole cell. A bare number counts only if the heading has `bytes`.
#[must_use]
pub(crate) fn bytes_cell(text: &str, heading_says_bytes: bool) -> Option<SizeAssertion> {
    let (claim, unit) = number(text)?;
    let unit = unit.trim().to_ascii_lowercase();
    if unit.is_empty() { heading_says_bytes.then_some(claim) } else { scaled(claim, &unit) }
}

/// The first size (`18,975 bytes`) and the first number of lines (`473 lines`) in a line.
#[must_use]
pub(crate) fn in_text(text: &str) -> (Option<SizeAssertion>, Option<SizeAssertion>) {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_start_matches(['(', '[', '*']).trim_end_matches([')', ']', '*', ',', ';', '.']))
        .collect();
    let (mut bytes, mut lines) = (None, None);
    for (at, count) in words.iter().enumerate() {
        let Some((claim, rest)) = number(count) else { continue };
        // "< 500 KB" is a goal.
        let bounded = |word: &&str| matches!(*word, "<" | ">" | "\u{2264}" | "\u{2265}" | "<=" | ">=");
        if at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(bounded) {
            continue;
        }
        let next = words.get(at + 1).copied().unwrap_or_default();
        // `5MB`; a single letter after a number is something else: `7B`.
        let unit = if rest.is_empty() { next } else { rest };
        let unit = unit.to_ascii_lowercase();
        if !rest.is_empty() && unit.len() < 2 {
            continue;
        }
        if matches!(unit.as_str(), "lines" | "line" | "loc") {
            let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
            if !is_part(before) {
                lines = lines.or(Some(claim));
            }
        } else {
            bytes = bytes.or_else(|| scaled(claim, &unit));
        }
    }
    (bytes, lines)
}

/// The size and the number of lines in the sentence of a file, from the words before and after its name.
#[must_use]
pub(crate) fn beside(before: &str, after: &str) -> (Option<SizeAssertion>, Option<SizeAssertion>) {
    let start = before.rfind(". ").and_then(|at| before.get(at + 2..)).unwrap_or(before);
    let end = after.find(". ").and_then(|at| after.get(..at)).unwrap_or(after);
    in_text(&format!("{start} x {end}"))
}

/// True if a number after this word counts a part of a file, or its former size: "added 12 lines", "from 500 lines to
/// 150".
fn is_part(before: &str) -> bool {
    matches!(before.to_ascii_lowercase().as_str(), "added" | "adds" | "by" | "deleted" | "from" | "removed" | "to")
}

fn scaled(claim: SizeAssertion, unit: &str) -> Option<SizeAssertion> {
    let factor: u64 = match unit {
        "bytes" | "byte" | "b" => return Some(claim),
        "kb" | "kib" => 1024,
        "mb" | "mib" => 1024 * 1024,
        _ => return None,
    };
    Some(SizeAssertion { value: claim.value.saturating_mul(factor), precision: Precision::About })
}

/// The number at the beginning of a text, and the text after it.
fn number(text: &str) -> Option<(SizeAssertion, &str)> {
    let text = text.trim().trim_matches(['*', '`']).trim();
    let (about, text) = match text.strip_prefix(['~', '\u{2248}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let end = text.find(|sign: char| !(sign.is_ascii_digit() || sign == ',')).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if !digits.starts_with(|sign: char| sign.is_ascii_digit())
        || rest.starts_with(['.', '-', '\u{2013}', '%', '/', ':'])
    {
        return None;
    }
    let value: u64 = digits.replace(',', "").parse().ok()?;
    let (precision, rest) = match rest.strip_prefix('+') {
        Some(rest) => (Precision::AtLeast, rest),
        None if about => (Precision::About, rest),
        None => (Precision::Exact, rest),
    };
    Some((SizeAssertion { value, precision }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(value: u64) -> SizeAssertion {
        SizeAssertion { value, precision: Precision::Exact }
    }

    #[test]
    fn numbers_in_cells_have_many_forms() {
        assert_eq!(lines_cell("473"), Some(exact(473)));
        assert_eq!(lines_cell("~8,500+"), Some(SizeAssertion { value: 8500, precision: Precision::AtLeast }));
        assert_eq!(lines_cell("~100 lines"), Some(SizeAssertion { value: 100, precision: Precision::About }));
        assert_eq!(bytes_cell("413,280 bytes", false), Some(exact(413_280)));
        assert_eq!(bytes_cell("12 KB", false), Some(SizeAssertion { value: 12_288, precision: Precision::About }));
        assert_eq!(bytes_cell("512", true), Some(exact(512)));
        for text in ["N/A", "327-360", "large", "", "98.6%", "3/4", "99999999999999999999999", "1.5 KB"] {
            assert_eq!(lines_cell(text), None, "{text}");
            assert_eq!(bytes_cell(text, true), None, "{text}");
        }
        assert_eq!(bytes_cell("512", false), None);
    }

    #[test]
    fn numbers_in_sentences_need_a_unit() {
        assert_eq!(in_text("`x.py` - done (18,975 bytes)"), (Some(exact(18_975)), None));
        assert_eq!(in_text("now 473 lines, 2 classes"), (None, Some(exact(473))));
        let about = SizeAssertion { value: 5 * 1024 * 1024, precision: Precision::About };
        assert_eq!(in_text("`x.csv` (5MB, 1 line)."), (Some(about), Some(exact(1))));
        assert_eq!(in_text("`x.csv` has 5MB."), (Some(about), None));
        assert_eq!(in_text("the model has 7B, 3x more"), (None, None));
        assert_eq!(in_text("line 327-360 of it"), (None, None));
    }
}
