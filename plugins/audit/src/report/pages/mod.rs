//! The report as pages: header, executive summary, phases 0 to 6, checklist, gates, appendices, footer.
//!
//! Everything here is words and tables, nothing is Markdown or HTML. What was not looked at is said in one line.

mod closing;
mod discovery;
mod expected;
mod later;
mod standing;
mod summary;

use super::document::{Document, Field, Phase, Section};
use super::model::{PlanReport, Report, Row};
use crate::count::count;
use crate::limits;
use crate::page::{Bar, Cell};
use crate::verify::Counts;

/// The whole report.
#[must_use]
pub fn document(report: &Report) -> Document {
    let phases = phases(report);
    let mut sections = vec![Section::new("Executive Summary", summary::summary(report))];
    let (checklist, gates) = (closing::checklist(&phases), closing::gates(&phases));
    sections.extend(phases.into_iter().map(|phase| Section::new(phase.heading(), phase.blocks)));
    sections.push(Section::new("Completion Checklist", checklist));
    sections.push(Section::new("Completion Gates", gates));
    sections.extend(closing::appendices(report));
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

/// A number of things as a cell.
fn number(many: usize) -> Cell {
    Cell::Number(many as u64)
}

/// `71 %`, or a dash when nothing could be verified.
pub(super) fn percent(percent: Option<usize>) -> String {
    percent.map_or_else(|| "\u{2013}".to_owned(), |percent| format!("{percent} %"))
}

/// A sign and a word for a set of deliverables.
fn state(counts: Counts) -> &'static str {
    match (counts.done(), counts.expected()) {
        (_, 0) => "\u{23f3} Nothing to verify",
        (done, expected) if done == expected => "\u{2705} Complete",
        (0, _) => "\u{274c} Incomplete",
        _ => "\u{26a0}\u{fe0f} Partial",
    }
}

/// The plans that are described one by one, with their numbers: those that are not done first, in their order; and how many
/// more there are.
fn described(report: &Report, wanted: impl Fn(&PlanReport) -> bool) -> (Vec<(usize, &PlanReport)>, usize) {
    let mut plans: Vec<(usize, &PlanReport)> =
        report.plans.iter().enumerate().filter(|(_, plan)| wanted(plan)).collect();
    let more = plans.len().saturating_sub(limits::LISTED_PLANS);
    if more > 0 {
        plans.sort_by_key(|(_, plan)| plan.counts.done() == plan.counts.expected());
        plans.truncate(limits::LISTED_PLANS);
        plans.sort_by_key(|(nth, _)| *nth);
    }
    (plans, more)
}

/// `plans/a.md:12, 40`.
fn named_at(plan: &PlanReport, row: &Row) -> Cell {
    let lines: Vec<String> = row.mentions.iter().map(|mention| mention.line.to_string()).collect();
    Cell::code(format!("{}:{}", plan.plan, lines.join(", ")))
}

/// What a plan is called, with where it is.
fn title(nth: usize, plan: &PlanReport) -> String {
    match &plan.title {
        Some(title) => format!("Plan {}: {title} ({})", nth + 1, plan.plan),
        None => format!("Plan {}: {}", nth + 1, plan.plan),
    }
}
