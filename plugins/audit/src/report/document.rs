//! A report as pages, independent of its form: a title, fields, sections, a footer.
//!
//! The audit's own report, the follow-up report and the session review are all documents, so the code of each form exists once.

use crate::count::{grouped, plural};
use crate::page::{Bar, Block, Cell, text};

/// A whole report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The main heading.
    pub title: String,
    /// The lines below the title.
    pub fields: Vec<Field>,
    /// The total completion; HTML draws it large.
    pub completion: Option<Bar>,
    /// The sections in their order.
    pub sections: Vec<Section>,
    /// The lines at the end.
    pub footer: Vec<Field>,
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `Report ID`.
    pub name: String,
    /// Pieces of one line.
    pub value: Vec<Cell>,
}

/// A part of a document with a heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Its content.
    pub blocks: Vec<Block>,
}

impl Document {
    /// Cuts every table and list to a maximum number of rows, and adds a line with the number of further rows in the JSON form.
    pub(super) fn cut(&mut self, most: usize) {
        for section in &mut self.sections {
            let blocks = std::mem::take(&mut section.blocks);
            section.blocks = blocks.into_iter().flat_map(|block| cut(block, most)).collect();
        }
    }
}

/// A block with a maximum number of rows, and the number of rows that were cut.
fn cut(mut block: Block, most: usize) -> impl Iterator<Item = Block> {
    fn rest<T>(rows: &mut Vec<T>, most: usize) -> usize {
        let more = rows.len().saturating_sub(most);
        rows.truncate(most);
        more
    }
    let more = match &mut block {
        Block::Table(table) => {
            // A total is in the last row and begins with bold words.
            let total = table.rows.pop_if(|row| matches!(row.first(), Some(Cell::Strong(_))));
            let more = rest(&mut table.rows, most);
            table.rows.extend(total);
            more
        }
        Block::List(lines) => rest(lines, most),
        Block::Checklist(tasks) => rest(tasks, most),
        Block::Bars(bars) => rest(bars, most),
        // A trend is not cut: its last points matter most, and `limits::TREND` bounds it.
        Block::Trend(_) | Block::Heading(_) | Block::Text(_) => 0,
    };
    std::iter::once(block).chain((more > 0).then(|| text(and_more(more, "row"))))
}

/// `and 300 more rows, all in the JSON form`.
pub(super) fn and_more(more: usize, one: &str) -> String {
    format!("and {} more {}, all in the JSON form", grouped(more as u64), plural(more as u64, one))
}

impl Field {
    /// A field with one piece.
    #[must_use]
    pub fn new(name: &str, value: Cell) -> Self {
        Self { name: name.to_owned(), value: vec![value] }
    }
}

impl Section {
    /// A section.
    #[must_use]
    pub fn new(title: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self { title: title.into(), blocks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Table;

    #[test]
    fn long_tables_are_cut_and_name_the_number_of_further_rows() {
        let row = || vec![Cell::Number(1)];
        let long = |rows: usize| Block::Table(Table { rows: vec![row(); rows], ..Table::new(&["A"]) });
        let mut total = Table { rows: vec![row(); 3], ..Table::new(&["A"]) };
        total.row([Cell::Strong("All".into())]);
        let blocks = vec![
            Block::Table(total),
            long(2),
            Block::List(vec![row(); 3]),
            Block::Checklist(vec![(true, String::new()); 1_005]),
        ];
        let mut document = Document { sections: vec![Section::new("S", blocks)], ..Document::default() };
        document.cut(2);
        let blocks = &document.sections[0].blocks;
        assert!(matches!(&blocks[0], Block::Table(table) if table.rows.len() == 3 && table.rows[2] != row()));
        let blocks = &blocks[2..];
        assert_eq!(blocks[..3], [long(2), Block::List(vec![row(); 2]), text("and 1 more row, all in the JSON form")]);
        assert_eq!(blocks[4], text("and 1,003 more rows, all in the JSON form"));
    }
}
