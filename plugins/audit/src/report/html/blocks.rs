//! Blocks as HTML: headings in order, tables with headings of columns and rows, bars with words.

use std::fmt::Write;

use baton_plugin_kit::markdown::{is_web_address, visible};

use super::super::escape::markup;
use super::super::wording::{of_trend, percent};
use super::tone::Tone;
use super::trend;
use crate::count::grouped;
use crate::page::{Bar, Block, Cell, Table};

/// A table with more rows is collapsed; in print it is expanded.
const LONG: usize = 25;

/// A table with more columns is too wide for a phone.
const WIDE: usize = 3;

/// The maximum number of characters of code without a possible line break.
const WORD: usize = 28;

pub(super) fn write(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Heading(text) => {
                let _ = writeln!(out, "<h3>{}</h3>", markup(text));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "<p>{}</p>", words(text));
            }
            Block::List(lines) => list(out, lines),
            Block::Checklist(tasks) => checklist(out, tasks),
            Block::Table(table) => write_table(out, table),
            Block::Bars(bars) => write_bars(out, bars),
            Block::Trend(points) => {
                trend::write(out, points);
                write_table(out, &of_trend(points));
            }
        }
    }
}

pub(super) fn line(cells: &[Cell]) -> String {
    cells.iter().map(cell).collect::<Vec<String>>().join(" ")
}

/// A bar for a percentage, with a text for screen readers.
pub(super) fn track(percent: Option<usize>, label: &str) -> String {
    let width = percent.unwrap_or(0).min(100);
    let class = if width == 100 { "good" } else { "warn" };
    format!(
        "<span class=\"track\" role=\"img\" aria-label=\"{}\"><span class=\"{class}\" style=\"width:{width}%\"></span></span>",
        markup(label)
    )
}

fn list(out: &mut String, lines: &[Vec<Cell>]) {
    fold(out, lines.len(), "lines", |out| {
        out.push_str("<ul>\n");
        for cells in lines {
            let _ = writeln!(out, "<li>{}</li>", line(cells));
        }
        out.push_str("</ul>\n");
    });
}

fn checklist(out: &mut String, tasks: &[(bool, String)]) {
    out.push_str("<ul class=\"tasks\">\n");
    for (done, task) in tasks {
        let tone = if *done { Tone::Good.mark("Done") } else { Tone::Wait.mark("Not done") };
        let _ = writeln!(out, "<li>{tone} {}</li>", markup(task));
    }
    out.push_str("</ul>\n");
}

fn write_bars(out: &mut String, bars: &[Bar]) {
    out.push_str("<ul class=\"bars\">\n");
    for bar in bars {
        let said = format!("{} of {} ({})", grouped(bar.done), grouped(bar.expected), percent(bar.percent()));
        let track = track(bar.percent(), &format!("{}: {said}", bar.label));
        let _ = writeln!(out, "<li><span>{}</span> {track} <span>{said}</span></li>", markup(&bar.label));
    }
    out.push_str("</ul>\n");
}

struct Column {
    /// Its heading, escaped.
    name: String,
    /// True for a column of numbers, which are aligned right.
    number: bool,
}

impl Column {
    fn all(table: &Table) -> Vec<Self> {
        let number = |at: usize| {
            let mut cells =
                table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| **cell != Cell::None).peekable();
            cells.peek().is_some() && cells.all(|cell| matches!(cell, Cell::Number(_)))
        };
        table.head.iter().enumerate().map(|(at, name)| Self { name: markup(name), number: number(at) }).collect()
    }

    fn class(&self) -> &'static str {
        if self.number { " class=\"number\"" } else { "" }
    }
}

/// Writes a table. Every row gets as many cells as the header row. On a narrow screen the rows of a wide table are shown as
/// cards, whose cells name their column.
pub(super) fn write_table(out: &mut String, table: &Table) {
    fold(out, table.rows.len(), "rows", |out| {
        let columns = Column::all(table);
        let label = markup(&format!("Table: {}", table.head.join(", ")));
        let wide = columns.len() > WIDE;
        let class = if wide { " class=\"wide\"" } else { "" };
        let _ = write!(
            out,
            "<div class=\"scroll\" role=\"group\" aria-label=\"{label}\" tabindex=\"0\">\n<table{class}>\n<thead><tr>"
        );
        for column in &columns {
            let _ = write!(out, "<th scope=\"col\"{}>{}</th>", column.class(), column.name);
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            write_row(out, &columns, wide, row);
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    });
}

fn write_row(out: &mut String, columns: &[Column], wide: bool, row: &[Cell]) {
    out.push_str("<tr>");
    for (at, column) in columns.iter().enumerate() {
        let (class, given) = (column.class(), cell(row.get(at).unwrap_or(&Cell::None)));
        let _ = match (at, wide) {
            (0, _) => write!(out, "<th scope=\"row\"{class}>{given}</th>"),
            (_, true) => write!(out, "<td{class} data-label=\"{}\">{given}</td>", column.name),
            (_, false) => write!(out, "<td{class}>{given}</td>"),
        };
    }
    out.push_str("</tr>\n");
}

fn fold(out: &mut String, rows: usize, what: &str, inner: impl FnOnce(&mut String)) {
    if rows <= LONG {
        return inner(out);
    }
    let _ = writeln!(out, "<details>\n<summary>{} {what}</summary>", grouped(rows as u64));
    inner(out);
    out.push_str("</details>\n");
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => words(text),
        Cell::Strong(text) => format!("<strong>{}</strong>", words(text)),
        Cell::Code(text) => code(text),
        Cell::Number(value) => grouped(*value),
        Cell::Percent(value) => {
            let said = percent(*value);
            let drawn = value.map(|value| track(Some(value), &said)).unwrap_or_default();
            format!("<span class=\"rated\">{drawn}<span>{said}</span></span>")
        }
        Cell::Status(status) => {
            Tone::of(status.sign()).map_or_else(|| markup(status.word()), |(tone, _)| tone.mark(status.word()))
        }
        Cell::Link(link) if is_web_address(&link.url) => {
            format!("<a href=\"{}\">{}</a>", markup(&link.url), markup(&link.text))
        }
        Cell::Link(link) => markup(&link.text),
        Cell::None => "<span class=\"none\">\u{2013}</span>".to_owned(),
    }
}

/// Text; shown as a state if it begins with the sign of a state.
fn words(text: &str) -> String {
    match Tone::of(text) {
        Some((tone, rest)) => tone.mark(rest),
        None => markup(text),
    }
}

/// A word of code with possible line breaks between its parts, and inside a part only if the part is very long.
fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    for part in visible(text).split_inclusive(['/', ':']) {
        let signs: Vec<char> = part.chars().collect();
        for piece in signs.chunks(WORD) {
            out.push_str(&markup(&piece.iter().collect::<String>()));
            out.push_str("<wbr>");
        }
    }
    out.truncate(out.trim_end_matches("<wbr>").len());
    out + "</code>"
}
