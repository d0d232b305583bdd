//! Texts from files and services inside Markdown that we write, so that none of them can become Markdown or HTML of its own.
//!
//! The audit's reports have several forms and escape for themselves.

/// A longer text is shown by its beginning.
const MOST_CHARS: usize = 200;

/// A text as a cell of a table, or inside a heading: one line, nothing in it is Markdown or HTML; of more than 200 characters the
/// first 200 and `…`.
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
