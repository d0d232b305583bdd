//! Phase 3 as blocks of a page.

use super::analyse::Performance;
use super::config::VariableState;
use super::runs::RunRow;
use crate::count::{count as said, is};
use crate::csv_sheet::{count, heading, subheading, table, text};
use crate::page::{Bar, Block, Cell, Table};
use crate::time;

/// What phase 3 shows.
#[must_use]
pub fn blocks(performance: &Performance) -> Vec<Block> {
    let mut out = Vec::new();
    logs(performance, &mut out);
    ledger(performance, &mut out);
    gate(performance, &mut out);
    issues(performance, &mut out);
    configurations(performance, &mut out);
    out
}

fn span(ms: Option<u64>) -> Cell {
    ms.map_or(Cell::None, |ms| Cell::text(time::span(ms)))
}

fn logs(performance: &Performance, out: &mut Vec<Block>) {
    heading(out, "Execution Metrics from Logs");
    let logs = &performance.logs;
    if logs.files.is_empty() {
        return text(out, "No execution log was found; the argument `logs` says where they are.");
    }
    let records: usize = logs.files.iter().map(|file| file.records).sum();
    text(out, format!("{} of {}.", said(records, "record"), said(logs.files.len(), "log")));
    let mut runs =
        Table::new(&["Name", "Runs", "Succeeded", "Failed", "Success", "Median", "95 %", "Last Run", "Source"]);
    for row in &logs.runs {
        runs.row([
            Cell::code(&row.name),
            count(row.runs),
            count(row.succeeded),
            count(row.failed),
            Cell::Percent(row.success_percent),
            span(row.p50_ms),
            span(row.p95_ms),
            row.last_run.map_or(Cell::None, |at| Cell::text(time::shown(at))),
            Cell::code(&row.seen_at),
        ]);
    }
    table(out, runs);
    if logs.left_out > 0 {
        text(out, format!("{} of further names {} left out.", said(logs.left_out, "record"), is(logs.left_out)));
    }
    if logs.runs.iter().any(|row| !row.errors.is_empty()) {
        errors(&logs.runs, out);
    }
}

fn errors(runs: &[RunRow], out: &mut Vec<Block>) {
    subheading(out, "Errors by Message");
    let mut errors = Table::new(&["Name", "Error", "Count", "Last Seen"]);
    for row in runs {
        for error in &row.errors {
            errors.row([
                Cell::code(&row.name),
                Cell::text(&error.message),
                count(error.count),
                Cell::code(&error.seen_at),
            ]);
        }
    }
    table(out, errors);
}

fn ledger(performance: &Performance, out: &mut Vec<Block>) {
    heading(out, "Tasks of the Ledger");
    match (&performance.ledger_refused, performance.agents.as_slice()) {
        (Some(refused), _) => text(out, format!("The ledger was not read: {refused}")),
        (None, []) => text(out, "No task of the ledger was seen."),
        (None, agents) => {
            let head = ["Agent", "Tasks", "Succeeded", "Failed", "Open", "Retries", "Success", "Median Time"];
            let mut rows = Table::new(&head);
            for row in agents {
                rows.row([
                    Cell::text(&row.agent),
                    count(row.tasks),
                    count(row.succeeded),
                    count(row.failed),
                    count(row.open),
                    Cell::Number(row.retries),
                    Cell::Percent(row.success_percent),
                    span(row.median_ms),
                ]);
            }
            table(out, rows);
        }
    }
}

fn gate(performance: &Performance, out: &mut Vec<Block>) {
    heading(out, "Fingerprint Coverage");
    if let Some(refused) = &performance.catalog_refused {
        text(out, format!("The catalog was not read: {refused}"));
    }
    let Some(gate) = &performance.gate else {
        return text(
            out,
            "Nothing is known of fingerprints: the catalog knows of no file, or is not granted; `baton plugin grant audit sql=catalog:ro` lets the audit read it.",
        );
    };
    let (whole, part) = (gate.tenths() / 10, gate.tenths() % 10);
    let mut rows = Table::new(&["Metric", "Value", "Source"]);
    let source = || Cell::code(gate.source);
    rows.row([Cell::text("Files"), Cell::Number(gate.total), source()]);
    rows.row([Cell::text("Files with a fingerprint"), Cell::Number(gate.done), source()]);
    rows.row([Cell::text("Coverage"), Cell::text(format!("{whole}.{part} %")), source()]);
    rows.row([
        Cell::text(format!("Needed for {} %", gate.gate_percent)),
        Cell::Number(gate.needed),
        Cell::text("reckoned"),
    ]);
    out.push(Block::Table(rows));
    out.push(Block::Bars(vec![Bar { label: "Fingerprints".into(), done: gate.done, expected: gate.total }]));
}

fn issues(performance: &Performance, out: &mut Vec<Block>) {
    heading(out, "Known Issues");
    if performance.issues.is_empty() {
        return text(out, "No plan has a table of known issues.");
    }
    let open = performance.issues.iter().filter(|issue| issue.open).count();
    text(out, format!("{open} of {} known issues are open.", performance.issues.len()));
    let mut rows = Table::new(&["Issue", "Severity", "Status", "Open", "Source"]);
    for issue in &performance.issues {
        rows.row([
            Cell::text(&issue.issue),
            issue.severity.map_or(Cell::None, Cell::text),
            Cell::text(&issue.status),
            Cell::text(if issue.open { "yes" } else { "no" }),
            Cell::code(format!("{}:{}", issue.plan, issue.line)),
        ]);
    }
    table(out, rows);
    if performance.issues_left_out > 0 {
        text(out, format!("{} more issues were not listed.", performance.issues_left_out));
    }
}

fn configurations(performance: &Performance, out: &mut Vec<Block>) {
    heading(out, "Configuration Status");
    if performance.configurations.is_empty() {
        return text(out, "No example of a configuration was found.");
    }
    text(out, "Names only: no value of a configuration is ever shown.");
    let mut rows = Table::new(&["File", "There", "Wanted", "Set", "Placeholder", "Empty", "Missing"]);
    for row in &performance.configurations {
        let names = |state| {
            let names: Vec<&str> = row.names(state).collect();
            if names.is_empty() { Cell::None } else { Cell::text(names.join(", ")) }
        };
        let there = row.unread.unwrap_or(if row.there { "yes" } else { "no" });
        rows.row([
            Cell::code(&row.file),
            Cell::text(there),
            count(row.wanted),
            names(VariableState::Set),
            names(VariableState::Placeholder),
            names(VariableState::Empty),
            names(VariableState::Missing),
        ]);
    }
    table(out, rows);
}
