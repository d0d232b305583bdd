//! Phase 1: what the plans promise and what they speak of.

use super::super::document::{Gate, Phase, and_more, heading, table, text};
use super::super::model::{PlanReport, ReferenceRow, Report};
use super::super::wording::{described, title};
use crate::count::count;
use crate::page::{Block, Cell};
use crate::verify::Counts;

pub(super) fn phase(report: &Report) -> Phase {
    let all_listed = report.rows_left_out + report.plans_left_out == 0;
    Phase {
        number: 1,
        title: "Expected Outputs Identification",
        blocks: all(report),
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
    let promised = plan.counts.all();
    let said = match promised {
        0 => "No deliverable is named.".to_owned(),
        _ => format!("{}, listed in phase 2.", count(promised, "deliverable")),
    };
    let mut blocks = vec![heading(title(nth, plan)), text(said)];
    if !plan.references.is_empty() {
        blocks.push(text("Referenced, not promised (not part of the completion):"));
        blocks.extend(table(&["File", "Line", "Looked Up", "Found"], plan.references.iter().map(reference).collect()));
    }
    blocks
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
