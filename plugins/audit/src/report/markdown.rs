//! A document as GitHub-flavoured Markdown.
//!
//! No text of a plan is interpreted as Markdown: every text is escaped by `escape`.

use std::fmt::Write;

use baton_plugin_kit::markdown::paragraph;

use super::document::{Document, Field};
use super::escape;
use super::wording::{of_trend, percent};
use crate::count::grouped;
use crate::page::{Bar, Block, Cell, Table};

/// Writes a document as Markdown.
#[must_use]
pub fn write(document: &Document) -> String {
    let mut out = format!("# {}\n\n", escape::cell(&document.title));
    fields(&mut out, &document.fields);
    for section in &document.sections {
        let _ = write!(out, "\n---\n\n## {}\n", escape::cell(&section.title));
        for block in &section.blocks {
            out.push('\n');
            write_block(&mut out, block);
        }
    }
    out.push_str("\n---\n\n");
    fields(&mut out, &document.footer);
    out
}

/// Lines with a bold name; all but the last end in two blanks, which is a line break.
fn fields(out: &mut String, fields: &[Field]) {
    for (nth, field) in fields.iter().enumerate() {
        let end = if nth + 1 < fields.len() { "  " } else { "" };
        let _ = writeln!(out, "**{}:** {}{end}", escape::cell(&field.name), line(&field.value));
    }
}

fn write_block(out: &mut String, block: &Block) {
    let _ = match block {
        Block::Heading(text) => writeln!(out, "### {}", escape::cell(text)),
        Block::Text(text) => writeln!(out, "{}", paragraph(&escape::cell(text))),
        Block::List(lines) => return lines.iter().for_each(|cells| item(out, cells)),
        Block::Checklist(tasks) => {
            return tasks.iter().for_each(|(done, task)| {
                let _ = writeln!(out, "- [{}] {}", if *done { 'x' } else { ' ' }, escape::cell(task));
            });
        }
        Block::Table(table) => return write_table(out, table),
        Block::Bars(bars) => return write_table(out, &of_bars(bars)),
        Block::Trend(points) => return write_table(out, &of_trend(points)),
    };
}

fn item(out: &mut String, cells: &[Cell]) {
    let _ = writeln!(out, "- {}", paragraph(&line(cells)));
}

fn line(cells: &[Cell]) -> String {
    cells.iter().map(cell).collect::<Vec<String>>().join(" ")
}

/// Each row gets as many cells as the header row, even if the table has rows of another length.
fn write_table(out: &mut String, table: &Table) {
    let head: Vec<String> = table.head.iter().map(|name| escape::cell(name)).collect();
    let _ = writeln!(out, "| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
    for row in &table.rows {
        out.push('|');
        for at in 0..head.len() {
            let _ = write!(out, " {} |", row.get(at).map_or_else(|| cell(&Cell::None), cell));
        }
        out.push('\n');
    }
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => escape::cell(text),
        Cell::Strong(text) if text.trim().is_empty() => escape::cell(text),
        Cell::Strong(text) => format!("**{}**", escape::cell(text)),
        Cell::Code(text) => escape::path(text),
        Cell::Number(number) => grouped(*number),
        Cell::Percent(percent) => self::percent(*percent),
        Cell::Status(status) => format!("{} {}", status.sign(), escape::cell(status.word())),
        Cell::Link(link) => baton_plugin_kit::markdown::link(&link.text, &link.url),
        Cell::None => "\u{2013}".to_owned(),
    }
}

fn of_bars(bars: &[Bar]) -> Table {
    let mut table = Table::new(&["Name", "Done", "Expected", "Completion"]);
    for bar in bars {
        let (done, expected) = (Cell::Number(bar.done), Cell::Number(bar.expected));
        table.row([Cell::text(&bar.label), done, expected, Cell::Percent(bar.percent())]);
    }
    table
}
