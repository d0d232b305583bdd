//! The sections of the health report.

use super::check::Health;
use super::config::VariableState;
use super::matrix::MatrixVerdict;
use super::processes::Punctuality;
use crate::page::{Block, Cell, Table, heading, number, text, words};
use crate::report::Section;
use crate::time;

/// Adds the blocks of one section; adds none if there is nothing to show.
type Writer = fn(&Health, &mut Vec<Block>);

/// All sections of the report.
#[must_use]
pub fn sections(health: &Health) -> Vec<Section> {
    let parts: [(&str, Writer); 5] = [
        ("Runs", runs),
        ("Processes", processes),
        ("Configuration", configurations),
        ("Traceability Matrices", matrices),
        ("References Between Documents", references),
    ];
    let section = |(title, write): (&str, Writer)| {
        let mut blocks = Vec::new();
        write(health, &mut blocks);
        (!blocks.is_empty()).then(|| Section::new(title, blocks))
    };
    parts.into_iter().filter_map(section).collect()
}

fn span(ms: Option<u64>) -> Cell {
    ms.map_or(Cell::None, |ms| Cell::text(time::span(ms)))
}

fn moment(ms: Option<i64>) -> Cell {
    ms.map_or(Cell::None, |ms| Cell::text(time::shown(ms)))
}

fn runs(health: &Health, out: &mut Vec<Block>) {
    if health.logs.is_empty() {
        out.push(text("No execution log was found; the argument `logs` names their patterns."));
    }
    if let Some(refused) = &health.ledger_refused {
        out.push(text(format!("The ledger was not read: {refused}")));
    }
    if health.runs.is_empty() {
        return out.push(text("No run is known from logs or from the ledger."));
    }
    let mut rows = Table::new(&["Name", "Seen In", "Runs", "Failed", "Median", "95 %", "Last Run"]);
    for row in health.runs.iter().filter(|row| row.runs > 0 || !row.errors.is_empty()) {
        rows.row([
            Cell::code(&row.name),
            Cell::text(row.source.word()),
            number(row.runs),
            number(row.failed),
            span(row.p50_ms),
            span(row.p95_ms),
            moment(row.last_run),
        ]);
    }
    out.push(Block::Table(rows));
    let mut errors = Table::new(&["Name", "Error", "Count", "Last Seen"]);
    for (row, error) in health.runs.iter().flat_map(|row| row.errors.iter().map(move |error| (row, error))) {
        let place = Cell::code(&error.seen_at);
        errors.row([Cell::code(&row.name), Cell::text(&error.message), number(error.count), place]);
    }
    if !errors.rows.is_empty() {
        out.push(heading("Errors by Message"));
        out.push(Block::Table(errors));
    }
}

fn processes(health: &Health, out: &mut Vec<Block>) {
    if health.processes.is_empty() {
        return;
    }
    let mut rows = Table::new(&["Process", "Status", "Every", "Last Run", "Seen In"]);
    for row in &health.processes {
        let status = match row.punctuality {
            Punctuality::OnTime => "\u{2705} on time",
            Punctuality::Late => "\u{26a0}\u{fe0f} late",
            Punctuality::Never => "\u{274c} never seen",
        };
        let (name, every) = (Cell::text(&row.name), Cell::text(&row.every));
        rows.row([name, Cell::text(status), every, moment(row.last_run), Cell::code(&row.seen_in)]);
    }
    out.push(Block::Table(rows));
}

fn configurations(health: &Health, out: &mut Vec<Block>) {
    if health.configurations.is_empty() {
        return out.push(text("No example of a configuration was found."));
    }
    let mut rows = Table::new(&["File", "Set", "Missing", "Empty", "Still the Example's"]);
    for row in &health.configurations {
        let state = match (row.unread, row.there) {
            (Some(reason), _) => Cell::text(reason),
            (None, false) => Cell::text("the file does not exist"),
            (None, true) => number(row.names(VariableState::Set).count()),
        };
        let names = |state| words(Some(&row.names(state).collect::<Vec<_>>().join(", ")));
        let [missing, empty] = [VariableState::Missing, VariableState::Empty].map(names);
        rows.row([Cell::code(&row.file), state, missing, empty, names(VariableState::Placeholder)]);
    }
    out.push(Block::Table(rows));
}

fn matrices(health: &Health, out: &mut Vec<Block>) {
    let matrix = &health.documents.matrix;
    if matrix.is_empty() {
        return;
    }
    let mut rows = Table::new(&["Feature", "Document Says", "Code", "Verdict", "At"]);
    for row in matrix {
        let verdict = match row.verdict {
            MatrixVerdict::True => "\u{2705} true",
            MatrixVerdict::CodeMissing => "\u{274c} code missing",
            MatrixVerdict::Unverifiable => "\u{23f3} unverifiable",
        };
        let missing = row.missing.iter().map(|path| format!("{path} (missing)"));
        let code: Vec<String> = row.found.iter().cloned().chain(missing).collect();
        let place = Cell::code(format!("{}:{}", row.document, row.line));
        rows.row([
            Cell::text(&row.name),
            Cell::text(&row.statement),
            words(Some(&code.join(", "))),
            Cell::text(verdict),
            place,
        ]);
    }
    out.push(Block::Table(rows));
}

fn references(health: &Health, out: &mut Vec<Block>) {
    let documents = &health.documents;
    let read = crate::count::count(documents.read, "document");
    let outside = crate::count::count(documents.outside, "reference");
    out.push(text(format!("Read: {read}; not looked up, because outside of the granted folder: {outside}.")));
    if documents.broken.is_empty() {
        return out.push(text("No reference is broken."));
    }
    let mut rows = Table::new(&["Document", "Line", "Refers To", "As"]);
    for row in &documents.broken {
        let form = Cell::text(if row.link { "link" } else { "path in code" });
        rows.row([Cell::code(&row.document), number(row.line), Cell::code(&row.path), form]);
    }
    out.push(Block::Table(rows));
}
