//! Escapes text from files and services for Markdown reports, so that it cannot act as Markdown or HTML.
//!
//! The audit has its own escapes, because its reports have several forms.

/// Longer texts are cut.
const MOST_CHARS: usize = 200;

/// Escapes a text for a table cell or a heading: one line of at most 200 characters; `…` marks a cut.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut cell = String::new();
    let mut signs = text.chars();
    for c in signs.by_ref().take(MOST_CHARS) {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '&' | '!' => cell.extend(['\\', c]),
            c if c.is_control() => cell.push(' '),
            c => cell.push(c),
        }
    }
    if signs.next().is_some() {
        cell.push('…');
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_line_of_plain_text() {
        assert_eq!(cell("a|b\n<c>"), "a\\|b \\<c\\>");
        assert_eq!(cell("AC_DC ~ `T&T`"), "AC\\_DC \\~ \\`T\\&T\\`");
    }

    #[test]
    fn of_a_long_text_the_beginning_is_shown() {
        let most = "é".repeat(MOST_CHARS);
        assert_eq!(cell(&most), most);
        assert_eq!(cell(&format!("{most}x")), format!("{most}…"));
    }
}
