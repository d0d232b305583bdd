//! Aligned columns of text.

use unicode_width::UnicodeWidthChar as _;

use super::one_line;

/// The maximum width of a cell.
const WIDEST: usize = 200;

/// The text between two columns.
const GAP: &str = "  ";

pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(|head| (*head).to_owned()).collect()] }
    }

    /// Adds a row. Untrusted text is escaped: one line, no control characters, at most [`WIDEST`] characters.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| shorten(&one_line(&cell), WIDEST)).collect());
    }

    /// Shortens cells until each row fits into `room` columns. The columns in `steps` shrink one after the other, each down
    /// to its minimum width.
    pub(crate) fn fit(&mut self, room: usize, steps: &[(usize, usize)]) {
        let mut widths = self.widths();
        let gaps = widths.len().saturating_sub(1) * GAP.len();
        for (column, least) in steps {
            let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
            if let Some(width) = widths.get_mut(*column).filter(|width| **width > *least) {
                *width = width.saturating_sub(over).max(*least);
            }
        }
        for row in &mut self.rows {
            for (cell, width) in row.iter_mut().zip(&widths) {
                *cell = shorten(cell, *width);
            }
        }
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        (0..columns).map(|column| cells(column).map(|cell| width(cell)).max().unwrap_or(0)).collect()
    }

    /// The table as lines. `paint` may colour a finished cell: row (from 0, without headings), column, padded text.
    pub(crate) fn lines(&self, paint: impl Fn(usize, usize, String) -> String) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, widest))| {
                let last = column + 1 == row.len();
                let missing = if last { 0 } else { widest.saturating_sub(width(cell)) };
                let padded = format!("{cell}{}", " ".repeat(missing));
                if number == 0 { padded } else { paint(number - 1, column, padded) }
            });
            text.push_str(cells.collect::<Vec<_>>().join(GAP).trim_end());
            text.push('\n');
        }
        text
    }
}

/// The width of a character on a terminal: two columns for most East Asian characters and emoji, zero for combining accents.
fn width_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The width of `text` on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// `text` in at most `longest` columns, with an ellipsis if it was cut.
pub(crate) fn shorten(text: &str, longest: usize) -> String {
    // A character has at most four bytes.
    if text.len() <= longest || text.len() <= longest.saturating_mul(4) && width(text) <= longest {
        return text.to_owned();
    }
    let mut room = longest.saturating_sub(1);
    let fits = |c: &char| {
        let fits = width_of(*c) <= room;
        room = room.saturating_sub(width_of(*c));
        fits
    };
    let mut shown: String = text.chars().take_while(fits).take(longest.saturating_mul(4)).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
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
        table.row(["日本語".to_owned(), "e\u{301}".to_owned()]);
        assert_eq!(table.lines(|_, _, cell| cell).lines().last(), Some("日本語  e\u{301}"));
        table.row(["x".repeat(3_000_000), "\u{202e}cod.exe".to_owned()]);
        let lines = table.lines(|_, _, cell| cell);
        assert!(lines.len() < 2_000 && !lines.contains('\u{202e}'));
    }

    #[test]
    fn a_table_fits_into_a_terminal_and_the_widest_columns_shrink() {
        let mut table = Table::new(&["ID", "TITLE", "REASON"]);
        table.row(["12345678".to_owned(), "A title of some length".to_owned(), "日本語".repeat(10)]);
        table.fit(40, &[(1, 10), (2, 12), (1, 6)]);
        let lines = table.lines(|_, _, cell| cell);
        assert!(lines.lines().all(|line| width(line) <= 40), "{lines}");
        assert_eq!(lines.lines().last(), Some("12345678  A title o…  日本語日本語日本…"));
        table.fit(10, &[(1, 6), (2, 6)]);
        assert_eq!(table.lines(|_, _, cell| cell).lines().last(), Some("12345678  A tit…  日本…"));
    }

    #[test]
    fn accents_have_no_width() {
        assert_eq!(shorten("e\u{301}e\u{301}", 2), "e\u{301}e\u{301}");
        let piled = format!("a{}", "\u{301}".repeat(1_000_000));
        assert!(shorten(&piled, 10).len() < 200);
    }
}
