//! Text of plans and names of files, made safe for Markdown, HTML and XML.
//!
//! No form shows a control character, and none lets a name turn the direction of what stands around it: such characters are
//! shown by their number.

/// Plain text for a line or a cell of Markdown: one line, nothing in it is Markdown or HTML.
#[must_use]
pub(super) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in visible(text).trim().chars() {
        if matches!(sign, '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '\\' | '#' | '~' | '&') {
            out.push('\\');
        }
        out.push(sign);
    }
    if out.is_empty() { "\u{2013}".to_owned() } else { out }
}

/// Plain text for a paragraph of Markdown, which must not begin a list or an underlined heading.
#[must_use]
pub(super) fn paragraph(text: &str) -> String {
    guarded(&cell(text))
}

/// Escaped text of which the first sign starts no list, no heading and no rule.
#[must_use]
pub(super) fn guarded(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.get(digits..).and_then(|rest| rest.chars().next()) {
        Some('-' | '+' | '=') if digits == 0 => format!("\\{text}"),
        Some('.' | ')') if digits > 0 => {
            let (number, rest) = text.split_at_checked(digits).unwrap_or((text, ""));
            format!("{number}\\{rest}")
        }
        _ => text.to_owned(),
    }
}

/// A path for a cell of Markdown, as code where it can be.
#[must_use]
pub(super) fn path(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() || text.contains(['`', '\\']) || text.trim() != text {
        return cell(&text);
    }
    format!("`{}`", text.replace('|', "\\|"))
}

/// Text for HTML and XML, inside an element or a quoted attribute.
#[must_use]
pub(super) fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in visible(text).chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            sign => out.push(sign),
        }
    }
    out
}

/// Text without control characters, and with characters that turn the direction, hide, or are no characters by number.
#[must_use]
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            sign if sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}') => out.push(' '),
            sign if is_unseen(sign) => out.push_str(&format!("\u{27e8}U+{:04X}\u{27e9}", u32::from(sign))),
            sign => out.push(sign),
        }
    }
    out
}

/// Marks of direction, blanks without width, tags, and what XML 1.0 does not know.
const fn is_unseen(sign: char) -> bool {
    matches!(
        sign,
        '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// One line of plain text of at most `bytes` bytes; a longer one ends in `…`.
#[must_use]
pub(crate) fn line(text: &str, bytes: usize) -> String {
    let mut out: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    if out.len() > bytes {
        let mut end = bytes.saturating_sub('\u{2026}'.len_utf8());
        while !out.is_char_boundary(end) {
            end -= 1;
        }
        out.truncate(end);
        out.push('\u{2026}');
    }
    out
}

/// A number with commas: `413,280`.
#[must_use]
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_cells() {
        assert_eq!(cell("a|b `c`\n<d>"), "a\\|b \\`c\\` \\<d\\>");
        assert_eq!(path("a|b.md"), "`a\\|b.md`");
        assert_eq!(path("a`b.md"), "a\\`b.md");
        assert_eq!(cell(" "), "\u{2013}");
        assert_eq!([line("a\nb", 9), line("ééééé", 8)], ["a b", "éé…"]);
        assert_eq!([number(0), number(999), number(413_280), number(1_000_000)], ["0", "999", "413,280", "1,000,000"]);
    }

    #[test]
    fn paragraphs_stay_paragraphs() {
        assert_eq!(["- a", "+", "= b", "1. c", "12) d"].map(paragraph), ["\\- a", "\\+", "\\= b", "1\\. c", "12\\) d"]);
        assert_eq!(["1 of 2 done", "10", "a - b"].map(paragraph), ["1 of 2 done", "10", "a - b"]);
    }

    #[test]
    fn nothing_turns_the_direction_or_hides() {
        assert_eq!(
            visible("a\u{202e}b\u{0}c\u{200b}\u{ffff}"),
            "a\u{27e8}U+202E\u{27e9}b c\u{27e8}U+200B\u{27e9}\u{27e8}U+FFFF\u{27e9}"
        );
        assert_eq!(markup("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
        assert_eq!(cell("&lt;"), "\\&lt;");
    }
}
