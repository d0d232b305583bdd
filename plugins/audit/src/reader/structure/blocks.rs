//! Reads code blocks and tables of a plan.

use super::super::marks;
use super::{Code, LineForm, Reader, Table};

/// Maximum number of rows that are searched for the end of a Markdown block, so that many blocks without an end stay linear.
const NESTED_ROWS: usize = 2000;

impl Reader<'_> {
    /// Reads a code block; returns the position after it.
    pub(super) fn code(&mut self, at: usize, fence: char, info: &str) -> usize {
        let marks = |row: &str| row.trim_start().chars().take_while(|sign| *sign == fence).count();
        let length = marks(self.row(at));
        let language = info.trim().split([' ', ',', '{']).next().unwrap_or_default().to_owned();
        let closes = |row: &str| marks(row) >= length && row.trim().chars().all(|sign| sign == fence);
        let first = || (at + 1..self.rows.len()).find(|next| closes(self.row(*next)));
        let nested =
            matches!(language.as_str(), "markdown" | "md").then(|| self.nested_end(at, &closes, &marks, length));
        let end = nested.flatten().or_else(first).unwrap_or(self.rows.len());
        let rows: Vec<(usize, String)> = (at + 1..end).map(|next| (next + 1, self.row(next).to_owned())).collect();
        let number = self.document.codes.len();
        let (after, heading, label) = (self.last, self.heading, self.label);
        for next in at..(end + 1).min(self.rows.len()) {
            let text = self.row(next).to_owned();
            self.push(next, 0, LineForm::Code(number), &text, false);
        }
        self.last = after;
        self.document.codes.push(Code { language, rows, after, heading, label, fenced: true });
        self.blank = true;
        end + 1
    }

    /// The end of a Markdown block that contains blocks with fences of the same length; `None` if the fences do not pair within
    /// [`NESTED_ROWS`].
    fn nested_end(
        &self,
        at: usize,
        closes: &impl Fn(&str) -> bool,
        marks: &impl Fn(&str) -> usize,
        length: usize,
    ) -> Option<usize> {
        let mut depth = 0_usize;
        for next in at + 1..self.rows.len().min(at + NESTED_ROWS) {
            let row = self.row(next);
            if closes(row) {
                if depth == 0 {
                    return Some(next);
                }
                depth -= 1;
            } else if marks(row) >= length {
                depth += 1;
            }
        }
        None
    }

    /// Reads a table; returns the position after it.
    pub(super) fn table(&mut self, at: usize, indent: usize) -> usize {
        let number = self.document.tables.len();
        let head = marks::cells(self.row(at).trim());
        self.document.tables.push(Table { head });
        let end = (at..self.rows.len()).find(|next| !self.row(*next).contains('|')).unwrap_or(self.rows.len());
        let parent = self.items.last().copied().filter(|_| indent > 0);
        for next in at..end {
            let text = self.row(next).trim().to_owned();
            let form = if next < at + 2 { LineForm::Blank } else { LineForm::Row(number) };
            let place = self.push(next, indent, form, &text, false);
            if let Some(line) = self.document.lines.get_mut(place) {
                line.parent = parent;
            }
        }
        self.blank = true;
        end
    }
}
