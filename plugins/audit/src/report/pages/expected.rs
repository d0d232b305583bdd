//! Phase 1: what the plans promise and what they speak of.

use super::super::document::{Gate, Phase, and_more, heading, table, text};
use super::super::model::{PlanReport, ReferenceRow, Report, Row};
use super::super::wording::{described, named_at, title};
use crate::count::count;
use crate::page::{Block, Cell};
use crate::verify::Counts;

pub(super) fn phase(report: &Report) -> Phase {
    let promised = report.counts.expected() + report.counts.unverifiable;
    let all_listed = report.rows_left_out + report.plans_left_out == 0;
    let spoken: usize = report.plans.iter().map(|plan| plan.references.len()).sum();
    Phase {
        number: 1,
        title: "Expected Outputs Identification",
        blocks: all(report),
        tasks: vec![
            (promised > 0, format!("Extracted the expected deliverables ({promised})")),
            (
                report.audited() > 0,
                format!("Listed what the plans speak of without promising it ({})", count(spoken, "reference")),
            ),
            (all_listed, "Mapped every one of them to the file system".to_owned()),
        ],
        question: "Expected outputs were listed",
        gate: Gate::of(all_listed),
    }
}

fn all(report: &Report) -> Vec<Block> {
    let unlisted = report.plans.iter().filter(|plan| is_unlisted(plan)).count();
    let (listed, more) = described(report, |plan| !is_unlisted(plan));
    let mut blocks: Vec<Block> = listed.into_iter().flat_map(|(nth, plan)| blocks(nth, plan)).collect();
    if more > 0 {
        blocks.push(text(and_more(more, "plan")));
    }
    if unlisted > 0 {
        blocks.push(text(format!("The rows of {} are left out for size.", count(unlisted, "plan"))));
    }
    if blocks.is_empty() {
        blocks.push(text("There is no plan."));
    }
    blocks
}

/// Whether a plan promises something of which no row had room.
pub(super) fn is_unlisted(plan: &PlanReport) -> bool {
    plan.deliverables.is_empty() && plan.components.is_empty() && plan.counts != Counts::default()
}

fn blocks(nth: usize, plan: &PlanReport) -> Vec<Block> {
    let mut blocks = vec![heading(title(nth, plan))];
    let rows = plan.deliverables.iter().map(|row| expected(plan, row)).collect();
    let head = ["Component", "Expected", "With", "Form", "Named At"];
    blocks.push(table(&head, rows).unwrap_or_else(|| text("No deliverable is named.")));
    if !plan.references.is_empty() {
        blocks.push(text("Referenced, not promised (not part of the completion):"));
        blocks.extend(table(&["File", "Line", "Looked Up", "Found"], plan.references.iter().map(reference).collect()));
    }
    blocks
}

fn expected(plan: &PlanReport, row: &Row) -> Vec<Cell> {
    let form = row.promise().map_or(Cell::None, |mention| Cell::text(mention.form));
    let with = if row.claimed.symbols.is_empty() { Cell::None } else { Cell::text(row.claimed.symbols.join(", ")) };
    vec![Cell::text(&row.component), Cell::code(&row.path), with, form, named_at(plan, row)]
}

fn reference(row: &ReferenceRow) -> Vec<Cell> {
    let elsewhere = row.found.as_ref().filter(|found| **found != row.path);
    vec![
        Cell::code(&row.path),
        Cell::Number(row.line as u64),
        Cell::text(row.status.word().to_lowercase()),
        elsewhere.map_or(Cell::None, Cell::code),
    ]
}
