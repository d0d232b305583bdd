//! The report as pages: header, executive summary (the first screen), plans, deliverables, claims, changes, requests, footer.
//!
//! This module makes texts and tables; it does not format them as Markdown or HTML.

mod deliverables;
mod plans;
mod summary;
mod wrong;

use super::document::{Document, Field, Section};
use super::follow_up;
use super::model::Report;
use super::wording::percent;
use crate::count::count;
use crate::page::{Bar, Block, Cell};

/// The whole report.
#[must_use]
pub fn document(report: &Report) -> Document {
    let (parts, counts) = (&report.parts, report.counts);
    let bar = Bar { label: "All plans".into(), done: counts.done() as u64, expected: counts.expected() as u64 };
    let issues = (!parts.issues.is_absent()).then(|| Section::new("Issues of Gaps", parts.issues.shown()));
    let mut sections = vec![
        Section::new("Executive Summary", summary::summary(report)),
        Section::new("Plans", plans::blocks(report)),
        Section::new("Deliverables", deliverables::blocks(report)),
        Section::new("Claims", parts.claims.shown()),
        Section::new("Since the Last Audit", parts.history.shown()),
        Section::new("Requests for Gaps", requests(report)),
    ];
    sections.extend(issues);
    Document {
        title: "Plans Directory Audit Report".to_owned(),
        fields: header(report),
        completion: Some(bar),
        sections,
        footer: vec![
            Field::new("Report Status", Cell::text(report.status)),
            Field::new("Overall Completion Rate", Cell::text(percent(report.completion_percent))),
        ],
    }
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

fn requests(report: &Report) -> Vec<Block> {
    let follow_ups = &report.parts.follow_ups;
    if follow_ups.is_empty() { report.parts.actions.shown() } else { follow_up::blocks(follow_ups) }
}
