//! Escapes text of plans and names of files for Markdown (`baton_plugin_kit::markdown`), HTML and XML.

use baton_plugin_kit::markdown::{self, visible};

/// Text for a line or a cell of Markdown; a dash for an empty one.
pub(super) fn cell(text: &str) -> String {
    or_dash(markdown::escape(text).trim())
}

/// A path for a cell of Markdown; a dash for an empty one.
pub(super) fn path(text: &str) -> String {
    or_dash(&markdown::code(text))
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "\u{2013}".to_owned() } else { text.to_owned() }
}

/// Text for HTML and XML, inside an element or a quoted attribute.
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

/// One line of plain text of at most `bytes` bytes; a longer one ends in `…`.
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
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(markup("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    }
}
