//! The output of a plugin, formatted so that it does not look like output of Baton.

use super::{one_line, shorten};

/// The maximum width of a line.
const WIDEST: usize = 300;

/// The last `most` lines of `text`, each with a bar in front, and the number of lines before them. Empty for an empty text.
pub(crate) fn plugin_output(text: &str, most: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let before = lines.len().saturating_sub(most);
    let mut shown = if before > 0 { format!("  | … {before} lines before\n") } else { String::new() };
    shown.extend(lines.iter().skip(before).map(|line| format!("  | {}\n", shorten(&one_line(line), WIDEST))));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_shown_and_harmless() {
        assert_eq!(plugin_output("a\nb\u{1b}[2K\n\nd\n", 2), "  | … 2 lines before\n  | \n  | d\n");
        assert_eq!(plugin_output("b\u{1b}[2K\n", 9), "  | b\\u{1b}[2K\n");
        assert_eq!(plugin_output("", 9), "");
    }
}
