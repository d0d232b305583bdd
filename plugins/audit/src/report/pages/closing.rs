//! The part after the phases: gates, completion by plan, footer.

use super::super::document::{Field, Phase, table, text};
use super::super::model::{PlanReport, Report};
use super::super::wording::percent;
use super::standing::by_status;
use crate::count::count;
use crate::page::{Block, Cell, Table};
use crate::verify::Status;

pub(super) fn gates(phases: &[Phase]) -> Vec<Block> {
    let row = |phase: &Phase| {
        vec![Cell::text(phase.number.to_string()), Cell::text(phase.question), Cell::text(phase.gate.shown())]
    };
    table(&["Phase", "Gate", "Result"], phases.iter().map(row).collect()).into_iter().collect()
}

pub(super) fn footer(report: &Report) -> Vec<Field> {
    vec![
        Field::new("Report Status", Cell::text(report.status)),
        Field::new("Overall Completion Rate", Cell::text(percent(report.completion_percent))),
        Field::new("Deliverables Created", Cell::text("0: the audit never makes what it looks for")),
        Field::new("Next Audit Recommended", Cell::text("When a plan or a deliverable changes")),
    ]
}

pub(super) fn completion(report: &Report) -> Vec<Block> {
    let before = report.parts.before.as_ref();
    let of_plan = |plan: &PlanReport| {
        let was = before.and_then(|before| before.plans.get(&plan.plan));
        changed(Cell::code(&plan.plan), was, plan.completion_percent)
    };
    let mut changes: Vec<Vec<Cell>> = report.plans.iter().map(of_plan).collect();
    let was = before.map(|before| &before.completion_percent);
    changes.push(changed(Cell::Strong("Overall".to_owned()), was, report.completion_percent));
    let mut counts = Table::new(&["Plan"]);
    counts.head.extend(Status::ALL.map(capitalised));
    counts.rows.extend(
        report.plans.iter().map(|plan| std::iter::once(Cell::code(&plan.plan)).chain(by_status(plan.counts)).collect()),
    );
    counts.row(
        std::iter::once(Cell::Strong("Overall".to_owned())).chain(by_status(report.counts)).collect::<Vec<Cell>>(),
    );
    let mut blocks: Vec<Block> =
        table(&["Plan", "Before Audit", "After Audit", "Change"], changes).into_iter().collect();
    blocks
        .push(text("Completion = (PRESENT + DELETED + DRIFTED) / (all but OPEN and UNVERIFIABLE), in whole per cent, halves rounded up."));
    blocks.push(Block::Table(counts));
    blocks
}

/// `+29 points`, or `No change`.
fn change(before: Option<usize>, after: Option<usize>) -> String {
    match (before, after) {
        (before, after) if before == after => "No change".to_owned(),
        (Some(before), Some(after)) if after > before => format!("+{}", count(after - before, "point")),
        (Some(before), Some(after)) => format!("\u{2212}{}", count(before - after, "point")),
        _ => "Not comparable".to_owned(),
    }
}

/// Before, after and change of a plan or of all; before is absent where there was no audit.
fn changed(name: Cell, before: Option<&Option<usize>>, after: Option<usize>) -> Vec<Cell> {
    let (was, change) = match before {
        Some(before) => (Cell::Percent(*before), change(*before, after)),
        None => (Cell::None, "First audit".to_owned()),
    };
    vec![name, was, Cell::Percent(after), Cell::Text(change)]
}

/// `Present` for `PRESENT`.
fn capitalised(status: Status) -> String {
    let word = status.word();
    let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
    format!("{first}{}", rest.to_lowercase()).replace('_', " ")
}
