//! Escapes text from files and services for Markdown reports, so that it cannot act as Markdown or HTML. Every result is one
//! line. Characters that hide or change the direction of text are shown by their numbers.

use std::fmt::Write as _;

use baton_core::text::is_unprintable;

/// Maximum number of characters of a table cell.
const MOST_CHARS: usize = 200;

/// Escapes a text of any length.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        if matches!(c, '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Escapes a text for a table cell or a heading: at most 200 characters; `…` marks a cut.
#[must_use]
pub fn cell(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => escape(text.get(..end).unwrap_or_default()) + "…",
        None => escape(text),
    }
}

/// Escapes the first character of an escaped text if it would start a list, a heading or a rule.
#[must_use]
pub fn paragraph(escaped: &str) -> String {
    let digits = escaped.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = escaped.split_at_checked(digits).unwrap_or((escaped, ""));
    match rest.chars().next() {
        Some('-' | '+' | '=') if digits == 0 => format!("\\{escaped}"),
        Some('.' | ')') if digits > 0 => format!("{number}\\{rest}"),
        _ => escaped.to_owned(),
    }
}

/// A path or a name as inline code, or escaped if inline code cannot show it.
#[must_use]
pub fn code(text: &str) -> String {
    let shown = visible(text);
    if shown.is_empty() || shown.contains(['`', '\\']) || shown.trim() != shown {
        return escape(text.trim());
    }
    format!("`{}`", shown.replace('|', "\\|"))
}

/// A link to a web page. If the address is not valid or could end the link early, returns only the text of the link.
#[must_use]
pub fn link(text: &str, url: &str) -> String {
    if is_web_address(url) { format!("[{}]({url})", cell(text)) } else { cell(text) }
}

/// True if a text is the address of a web page and has no character with a meaning in Markdown or HTML.
#[must_use]
pub fn is_web_address(text: &str) -> bool {
    let is_plain = text.starts_with("https://") || text.starts_with("http://");
    is_plain && text == visible(text) && !text.contains(|c: char| c.is_whitespace() || "<>()[]|\\\"'`".contains(c))
}

/// Replaces control characters by spaces, and characters that hide or change the direction of text by their numbers.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            c if is_invisible(c) => drop(write!(out, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// True if a terminal would hide the character, or XML 1.0 does not allow it.
fn is_invisible(c: char) -> bool {
    is_unprintable(c) || matches!(c, '\u{fffe}'..='\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert_eq!(link("#1", "https://github.com/o/r/issues/1"), "[\\#1](https://github.com/o/r/issues/1)");
        for url in
            ["javascript:alert(1)", "https://a.b/)x", "https://a.b/ c", "https://a.b/\"x", "https://a.b/\u{202e}", ""]
        {
            assert_eq!(link("ENG-1", url), "ENG-1", "{url}");
        }
    }

    #[test]
    fn a_cell_is_one_line_of_plain_text() {
        assert_eq!(cell("a|b\n<c>"), "a\\|b \\<c\\>");
        assert_eq!(cell("AC_DC ~ `T&T`"), "AC\\_DC \\~ \\`T\\&T\\`");
        assert_eq!(cell("&lt;"), "\\&lt;");
    }

    #[test]
    fn a_long_text_is_cut() {
        let most = "é".repeat(MOST_CHARS);
        assert_eq!(cell(&most), most);
        assert_eq!(cell(&format!("{most}x")), format!("{most}…"));
    }

    #[test]
    fn a_name_is_code_where_it_can_be() {
        assert_eq!(["a|b.md", "a`b.md", "a\\b"].map(code), ["`a\\|b.md`", "a\\`b.md", "a\\\\b"]);
    }

    #[test]
    fn paragraphs_start_no_list() {
        assert_eq!(["- a", "+", "= b", "1. c", "12) d"].map(paragraph), ["\\- a", "\\+", "\\= b", "1\\. c", "12\\) d"]);
        assert_eq!(["1 of 2 done", "10", "a - b"].map(paragraph), ["1 of 2 done", "10", "a - b"]);
    }

    #[test]
    fn invisible_characters_are_shown_by_number() {
        let shown = "a\u{27e8}U+202E\u{27e9}b c\u{27e8}U+200B\u{27e9}\u{27e8}U+FFFF\u{27e9}";
        assert_eq!(visible("a\u{202e}b\u{0}c\u{200b}\u{ffff}"), shown);
        // A variation selector carries a byte that nobody sees; other characters are as wide as a space, or have no width.
        for hidden in ['\u{e0100}', '\u{e01ef}', '\u{fe00}', '\u{ad}', '\u{34f}', '\u{3164}', '\u{2800}', '\u{200d}'] {
            assert_eq!(visible(&format!("a{hidden}b")), format!("a\u{27e8}U+{:04X}\u{27e9}b", u32::from(hidden)));
        }
        assert_eq!(visible("\u{26a0}\u{fe0f} 33 %"), "\u{26a0}\u{fe0f} 33 %");
    }
}
