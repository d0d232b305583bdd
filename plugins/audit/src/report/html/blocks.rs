//! Blocks as HTML: headings in order, tables with headings of columns and rows, bars with words.

use std::fmt::Write;

use super::super::escape::{markup, number};
use super::super::pages::percent;
use super::tone::Tone;
use super::trend;
use crate::page::{Bar, Block, Cell, Table};

/// A table with more rows is folded; it is unfolded on paper.
const LONG: usize = 25;

/// Writes the blocks of a section.
pub(super) fn write(out: &mut String, blocks: &[Block]) {
    let mut below_heading = false;
    for block in blocks {
        match block {
            Block::Heading(text) => {
                below_heading = true;
                let _ = writeln!(out, "<h3>{}</h3>", markup(text));
            }
            Block::Subheading(text) => {
                let level = if below_heading { 4 } else { 3 };
                let _ = writeln!(out, "<h{level}>{}</h{level}>", markup(text));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "<p>{}</p>", words(text));
            }
            Block::List(lines) => list(out, lines),
            Block::Checklist(tasks) => checklist(out, tasks),
            Block::Table(table) => write_table(out, table),
            Block::Bars(bars) => write_bars(out, bars),
            Block::Trend(points) => trend::write(out, points),
        }
    }
}

/// Pieces of one line.
pub(super) fn line(cells: &[Cell]) -> String {
    cells.iter().map(cell).collect::<Vec<String>>().join(" ")
}

/// A bar of so many per cent that says what it shows.
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
        let said = format!("{} of {} ({})", number(bar.done), number(bar.expected), percent(bar.percent()));
        let track = track(bar.percent(), &format!("{}: {said}", bar.label));
        let _ = writeln!(out, "<li><span>{}</span> {track} <span>{said}</span></li>", markup(&bar.label));
    }
    out.push_str("</ul>\n");
}

/// Writes a table. Every row has as many cells as the head.
pub(super) fn write_table(out: &mut String, table: &Table) {
    fold(out, table.rows.len(), "rows", |out| {
        let label = markup(&format!("Table: {}", table.head.join(", ")));
        let _ = write!(
            out,
            "<div class=\"scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">\n<table>\n<thead><tr>"
        );
        for name in &table.head {
            let _ = write!(out, "<th scope=\"col\">{}</th>", markup(name));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            write_row(out, table.head.len(), row);
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    });
}

fn write_row(out: &mut String, columns: usize, row: &[Cell]) {
    out.push_str("<tr>");
    for at in 0..columns {
        let given = row.get(at).unwrap_or(&Cell::None);
        let class = if matches!(given, Cell::Number(_)) { " class=\"number\"" } else { "" };
        let _ = if at == 0 {
            write!(out, "<th scope=\"row\"{class}>{}</th>", cell(given))
        } else {
            write!(out, "<td{class}>{}</td>", cell(given))
        };
    }
    out.push_str("</tr>\n");
}

/// Folds what is long.
fn fold(out: &mut String, rows: usize, what: &str, inner: impl FnOnce(&mut String)) {
    if rows <= LONG {
        return inner(out);
    }
    let _ = writeln!(out, "<details>\n<summary>{} {what}</summary>", number(rows as u64));
    inner(out);
    out.push_str("</details>\n");
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => words(text),
        Cell::Strong(text) => format!("<strong>{}</strong>", words(text)),
        Cell::Code(text) => format!("<code>{}</code>", markup(text)),
        Cell::Number(value) => number(*value),
        Cell::Percent(value) => {
            let said = percent(*value);
            let drawn = value.map(|value| track(Some(value), &said)).unwrap_or_default();
            format!("<span class=\"rated\">{drawn}<span>{said}</span></span>")
        }
        Cell::Status(status) => {
            Tone::of(status.sign()).map_or_else(|| markup(status.word()), |(tone, _)| tone.mark(status.word()))
        }
        Cell::None => "<span class=\"none\">\u{2013}</span>".to_owned(),
    }
}

/// Text; a state where it begins with a state's sign.
fn words(text: &str) -> String {
    match Tone::of(text) {
        Some((tone, rest)) => tone.mark(rest),
        None => markup(text),
    }
}
