//! The content of a report before it is rendered as Markdown or HTML: headings, sentences, lists, tables, bars.
//!
//! Every part of the audit returns blocks; only `report` formats them. So this module escapes nothing and does not depend on a
//! format.

use serde::Serialize;

use crate::verify::Status;

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading below the heading of the section.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A list, each item one line.
    List(Vec<Vec<Cell>>),
    /// Tasks with boxes: whether the task is done, and its text.
    Checklist(Vec<(bool, String)>),
    /// A table.
    Table(Table),
    /// Completion by name; HTML draws it.
    Bars(Vec<Bar>),
    /// Completion over past audits, oldest first; HTML draws it.
    Trend(Vec<Point>),
}

/// A table. Rows have as many cells as the head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns' headings.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// The content of a cell, or a span of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Plain text.
    Text(String),
    /// Emphasised text.
    Strong(String),
    /// A path, an identifier, an id.
    Code(String),
    /// A whole number, shown with commas.
    Number(u64),
    /// Per cent; `None` if nothing could be verified.
    Percent(Option<usize>),
    /// The status of a deliverable.
    Status(Status),
    /// A text that leads to a page of the web.
    Link(Link),
    /// No value: a dash.
    None,
}

/// A text that leads to a page of the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The text.
    pub text: String,
    /// The address. This module does not check it. If it is not a web address, the report shows only the text.
    pub url: String,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The name.
    pub label: String,
    /// Number of done items.
    pub done: u64,
    /// Number of expected items.
    pub expected: u64,
}

/// The completion at one audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Time of the audit: `2026-01-18 10:15:00 UTC`.
    pub at: String,
    /// Per cent; `None` if nothing could be verified.
    pub percent: Option<usize>,
}

impl Bar {
    /// The share of the expected items that are done, in per cent, rounded half up; `None` if nothing was expected.
    #[must_use]
    pub fn percent(&self) -> Option<usize> {
        let (done, expected) = (u128::from(self.done), u128::from(self.expected));
        usize::try_from((done * 200 + expected).checked_div(expected * 2)?).ok()
    }
}

impl Table {
    /// A table with these headings and without rows.
    #[must_use]
    pub fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }
}

impl Cell {
    /// A plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A path, an identifier, an id.
    #[must_use]
    pub fn code(text: impl Into<String>) -> Self {
        Self::Code(text.into())
    }
}

/// A heading.
pub(crate) fn heading(text: impl Into<String>) -> Block {
    Block::Heading(text.into())
}

/// A paragraph.
pub(crate) fn text(text: impl Into<String>) -> Block {
    Block::Text(text.into())
}

/// A table with these rows; `None` without rows.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<Cell>>) -> Option<Block> {
    (!rows.is_empty()).then(|| Block::Table(Table { rows, ..Table::new(head) }))
}

/// A number as a cell.
pub(crate) fn number(many: usize) -> Cell {
    Cell::Number(many as u64)
}

/// A text as a cell; a dash if there is none.
pub(crate) fn words(text: Option<&str>) -> Cell {
    text.filter(|text| !text.is_empty()).map_or(Cell::None, Cell::text)
}
