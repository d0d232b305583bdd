//! Splits the leading Markdown marks off a line.

use crate::plan::{box_state, is_skipped};

/// The mark of a list item, and the text after it.
pub(super) struct Item<'a> {
    pub(super) text: &'a str,
    pub(super) numbered: bool,
    pub(super) checked: Option<bool>,
}

/// Splits the bullet or the number off a line.
pub(super) fn item(text: &str) -> Option<Item<'_>> {
    let bullet = ["- ", "* ", "+ ", "\u{2022} ", "-\t", "*\t"].iter().find_map(|mark| text.strip_prefix(mark));
    let counted = || {
        let rest = text.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
        let number = text.strip_suffix(rest)?;
        let digits = number.starts_with(|sign: char| sign.is_ascii_digit()) && number.len() <= 6;
        let after = match rest.strip_prefix(") ") {
            Some(after) => after,
            None => rest.strip_prefix(' ').filter(|_| number.contains('.'))?,
        };
        digits.then_some(after)
    };
    let (rest, numbered) = match bullet {
        Some(rest) => (rest, false),
        None => (counted()?, true),
    };
    let rest = rest.trim_start();
    let (checked, text) = boxed(rest).map_or((None, rest), |(checked, text)| (Some(checked), text));
    Some(Item { text, numbered, checked })
}

/// Splits the box off a line. A line that says that its work was skipped is not done, whatever its box says.
pub(super) fn boxed(text: &str) -> Option<(bool, &str)> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    let checked = box_state(inside)? && !is_skipped(rest);
    (rest.starts_with(' ') || rest.is_empty()).then(|| (checked, rest.trim_start()))
}

/// The character of a fence.
pub(super) fn fence(text: &str) -> Option<char> {
    let sign = text.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let rest = text.trim_start_matches(sign);
    (text.len() - rest.len() >= 3 && !rest.contains('`')).then_some(sign)
}

/// The level of a heading.
pub(super) fn heading_level(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    ((1..=6).contains(&level) && rest.starts_with([' ', '\t'])).then_some(level)
}

/// A line without its quote marks, and whether it had any.
pub(super) fn unquoted(text: &str) -> (bool, &str) {
    let mut rest = text;
    let mut quoted = false;
    while let Some(after) = rest.trim_start().strip_prefix('>') {
        (rest, quoted) = (after.strip_prefix(' ').unwrap_or(after), true);
    }
    (quoted, rest)
}

/// The column where a line's text starts, with tabs counted as four, and the text.
pub(super) fn indented(text: &str) -> (usize, &str) {
    let rest = text.trim_start();
    let blanks = text.strip_suffix(rest).unwrap_or_default();
    (blanks.chars().map(|sign| if sign == '\t' { 4 } else { 1 }).sum(), rest.trim_end())
}

/// A line of dashes, stars or underscores.
pub(super) fn is_rule(text: &str) -> bool {
    let sign = text.chars().next().unwrap_or_default();
    matches!(sign, '-' | '*' | '_' | '=')
        && text.len() >= 3
        && text.chars().all(|other| other == sign || other == ' ')
        && text.matches(sign).count() >= 3
}

/// The line below the head of a table.
pub(super) fn is_ruler(row: &str) -> bool {
    row.contains('|')
        && (row.contains("--") || row.contains("|-"))
        && row.chars().all(|sign| matches!(sign, '|' | '-' | ':' | ' ' | '\t'))
}

/// The cells of a row. A bar in code does not separate cells.
pub(super) fn cells(row: &str) -> Vec<String> {
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').unwrap_or(row);
    let (mut cells, mut cell, mut code, mut escaped) = (Vec::new(), String::new(), false, false);
    for sign in row.chars() {
        match sign {
            '|' if !code && !escaped => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            _ => {
                code ^= sign == '`';
                cell.push(sign);
            }
        }
        escaped = sign == '\\';
    }
    cells.push(cell.trim().to_owned());
    cells
}

/// True if a line announces the list below it. `listed` is true if the next line is an item.
pub(super) fn announces(text: &str, listed: bool) -> bool {
    let plain = text.trim_end_matches(['*', '_', ' ']);
    let bold = (text.starts_with("**") && text.ends_with("**")) || (text.starts_with("__") && text.ends_with("__"));
    let whole = bold && text.matches("**").count() <= 2 && text.len() <= 120;
    // `Commit: 4e5750c` and `Date: 2026-01-18` are facts, not announcements.
    let fact = text.split_once(": ").is_some_and(|(_, value)| {
        value.chars().all(|sign| sign.is_ascii_hexdigit() || matches!(sign, '-' | ':' | '/' | '.' | '`' | ' '))
    });
    let short = text.len() <= 60 && !text.ends_with(['.', '!', '?', ',', ';']) && !fact;
    plain.ends_with(':') || whole || short && listed
}

/// Number of lines of the front matter.
pub(super) fn front_matter_lines(rows: &[&str]) -> usize {
    if rows.first().is_none_or(|row| row.trim_end() != "---") {
        return 0;
    }
    let end = rows.iter().skip(1).position(|row| matches!(row.trim_end(), "---" | "..."));
    end.map_or(0, |end| end + 2)
}

/// A text without comments and struck-out text, with all its lines.
pub(super) fn without_hidden(text: &str) -> String {
    let text = blanked(text, "<!--", "-->", true);
    blanked(&text, "~~", "~~", false)
}

/// Blanks out the text between two marks; over several lines only with `across`.
fn blanked(text: &str, open: &str, close: &str, across: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let last = text.rfind(close).unwrap_or_default();
    while let Some((before, after)) = rest.split_once(open).filter(|_| text.len() - rest.len() <= last) {
        out.push_str(before);
        // Marks in code, such as `~~~` and "`<!--`", are not comments or strike-outs.
        let code = before.ends_with(['`', '~']) || after.starts_with('~') || after.starts_with('`');
        let ended = after.split_once(close).filter(|(inside, _)| !code && (across || !inside.contains('\n')));
        match ended {
            Some((inside, behind)) => {
                out.extend(inside.chars().filter(|sign| *sign == '\n'));
                rest = behind;
            }
            None => {
                out.push_str(open);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_split_off() {
        let parts = |text| item(text).map(|item| (item.text.to_owned(), item.numbered, item.checked));
        assert_eq!(parts("- [x] a"), Some(("a".into(), false, Some(true))));
        assert_eq!(parts("1.2 b"), Some(("b".into(), true, None)));
        assert_eq!(parts("3) [ ] c"), Some(("c".into(), true, Some(false))));
        assert_eq!(parts("- [DONE] d"), Some(("d".into(), false, Some(true))));
        assert_eq!([parts("-a"), parts("2026 d"), parts("12 d")], [None, None, None]);
        assert_eq!(cells("| a | `b|c` |"), ["a", "`b|c`"]);
        assert_eq!(without_hidden("a <!-- b\nc --> d ~~e~~ f"), "a \n d  f");
    }
}
