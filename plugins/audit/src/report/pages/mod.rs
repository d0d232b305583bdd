//! The report as pages: header, executive summary (the first screen), phases 0 to 6, gates, completion by plan, footer.
//!
//! Everything here is words and tables, nothing is Markdown or HTML. One line names the checks that were skipped.

mod closing;
mod discovery;
mod expected;
mod later;
mod standing;
mod summary;
mod wrong;

use super::document::{Document, Field, Phase, Section};
use super::model::Report;
use crate::count::count;
use crate::page::{Bar, Cell};
use crate::verify::Counts;

/// The whole report.
#[must_use]
pub fn document(report: &Report) -> Document {
    let phases = phases(report);
    let mut sections = vec![Section::new("Executive Summary", summary::summary(report))];
    let gates = closing::gates(&phases);
    sections.extend(phases.into_iter().map(|phase| Section::new(phase.heading(), phase.blocks)));
    sections.push(Section::new("Completion Gates", gates));
    if report.audited() > 1 {
        sections.push(Section::new("Plan Completion Summary", closing::completion(report)));
    }
    Document {
        title: "Plans Directory Audit Report".to_owned(),
        fields: header(report),
        completion: Some(bar("All plans", report.counts)),
        sections,
        footer: closing::footer(report),
    }
}

/// The phases 0 to 6.
#[must_use]
pub fn phases(report: &Report) -> Vec<Phase> {
    vec![
        discovery::phase(report),
        expected::phase(report),
        standing::phase(report),
        later::performance(report),
        later::alignment(report),
        later::actions(report),
        later::recommendations(report),
    ]
}

fn header(report: &Report) -> Vec<Field> {
    let mut folder: Vec<Cell> = report.roots.iter().map(Cell::code).collect();
    folder.push(Cell::text(format!("({})", count(report.root_entries, "entry"))));
    vec![
        Field::new("Execution Date", Cell::text(&report.executed_at)),
        Field::new("Report ID", Cell::code(&report.report_id)),
        Field::new("Audit Agent", Cell::text(&report.agent)),
        Field { name: "Audited Folder".to_owned(), value: folder },
        Field::new("Status", Cell::text(report.status)),
    ]
}

fn bar(label: &str, counts: Counts) -> Bar {
    Bar { label: label.to_owned(), done: counts.done() as u64, expected: counts.expected() as u64 }
}
