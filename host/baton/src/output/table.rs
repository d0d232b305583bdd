//! Aligned columns of text.

use super::one_line;

/// The most characters of one cell.
const WIDEST: usize = 200;

/// A table under way.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads.
    pub(crate) fn new(heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(|head| (*head).to_owned()).collect()] }
    }

    /// Adds a row. Untrusted text is made harmless: one line, no control characters, at most [`WIDEST`] characters.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| shorten(&one_line(&cell), WIDEST)).collect());
    }

    /// The table as lines. `paint` may colour a finished cell: row (from 0, without the heads), column, padded text.
    pub(crate) fn lines(&self, paint: impl Fn(usize, usize, String) -> String) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                let last = column + 1 == row.len();
                let padded = if last { cell.clone() } else { format!("{cell:width$}") };
                if number == 0 { padded } else { paint(number - 1, column, padded) }
            });
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

/// `text` in at most `longest` characters, with an ellipsis where it was cut.
pub(crate) fn shorten(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_control_characters_are_harmless() {
        let mut table = Table::new(&["ID", "TITLE"]);
        table.row(["1".to_owned(), "é\u{1b}[31m".to_owned()]);
        table.row(["1234".to_owned(), shorten("long text", 5)]);
        assert_eq!(table.lines(|_, _, cell| cell), "ID    TITLE\n1     é\\u{1b}[31m\n1234  long…\n");
        table.row(["x".repeat(3_000_000), "\u{202e}cod.exe".to_owned()]);
        let lines = table.lines(|_, _, cell| cell);
        assert!(lines.len() < 2_000 && !lines.contains('\u{202e}'));
    }
}
