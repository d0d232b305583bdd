//! Helpers for modules that write blocks: a heading, a paragraph, a table within its bound.

use crate::limits;
use crate::page::{Block, Cell, Table};

pub(crate) fn heading(out: &mut Vec<Block>, text: &str) {
    out.push(Block::Heading(text.to_owned()));
}

/// Adds a heading below it.
pub(crate) fn subheading(out: &mut Vec<Block>, text: impl Into<String>) {
    out.push(Block::Subheading(text.into()));
}

/// Adds a paragraph.
pub(crate) fn text(out: &mut Vec<Block>, text: impl Into<String>) {
    out.push(Block::Text(text.into()));
}

/// Adds a table within [`limits::ROWS`], and says how many rows were left out.
pub(crate) fn table(out: &mut Vec<Block>, mut table: Table) {
    let more = table.rows.len().saturating_sub(limits::ROWS);
    table.rows.truncate(limits::ROWS);
    out.push(Block::Table(table));
    if more > 0 {
        text(
            out,
            format!(
                "{} {} left out; the counts include them.",
                crate::count::count(more, "more row"),
                crate::count::is(more)
            ),
        );
    }
}

/// A number of things.
pub(crate) fn count(value: usize) -> Cell {
    Cell::Number(value as u64)
}

pub(crate) fn words(text: Option<&str>) -> Cell {
    text.filter(|text| !text.is_empty()).map_or(Cell::None, Cell::text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_tables_are_cut_and_say_so() {
        let mut long = Table::new(&["A"]);
        for at in 0..limits::ROWS + 2 {
            long.row([count(at)]);
        }
        let mut out = Vec::new();
        table(&mut out, long);
        assert!(matches!(&out[0], Block::Table(table) if table.rows.len() == limits::ROWS));
        assert_eq!(out[1], Block::Text("2 more rows are left out; the counts include them.".into()));
    }
}
