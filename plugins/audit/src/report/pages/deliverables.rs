//! The deliverables and references of each plan with their verdicts; and the files that no plan names.

use super::super::document::and_more;
use super::super::model::{Component, PlanReport, ReferenceRow, Report, Row};
use super::super::wording::{described, named_at, state, title};
use crate::count::count;
use crate::page::{Block, Cell, heading, number, table, text};
use crate::verify::{Counts, short};

pub(super) fn blocks(report: &Report) -> Vec<Block> {
    let unlisted = report.plans.iter().filter(|plan| is_unlisted(plan)).count();
    let (named, more) = described(report, |plan| !is_unlisted(plan));
    let mut blocks: Vec<Block> = named.into_iter().flat_map(|(nth, plan)| of_plan(nth, plan)).collect();
    if more > 0 {
        blocks.push(text(and_more(more, "plan")));
    }
    if unlisted > 0 {
        blocks.push(text(format!("The rows of {} are left out for size.", count(unlisted, "plan"))));
    }
    if blocks.is_empty() {
        blocks.push(text("There is no plan."));
    }
    blocks.extend(report.unrequested.blocks());
    blocks
}

/// True if all rows of a plan with deliverables were left out.
fn is_unlisted(plan: &PlanReport) -> bool {
    plan.deliverables.is_empty() && plan.components.is_empty() && plan.counts != Counts::default()
}

fn of_plan(nth: usize, plan: &PlanReport) -> Vec<Block> {
    let mut blocks = vec![heading(title(nth, plan))];
    blocks.extend(plan.tasks.sentence().map(text));
    if plan.counts == Counts::default() {
        blocks.push(text("No deliverable is named."));
    } else {
        let row = |component: &Component| counted(Cell::text(&component.name), component.counts);
        let mut components: Vec<Vec<Cell>> = plan.components.iter().map(row).collect();
        components.push(counted(Cell::Strong("TOTAL".to_owned()), plan.counts));
        blocks.extend(table(&["Component", "Expected", "Found", "Status", "Completion"], components));
        let head = ["Deliverable", "Status", "Found At", "Bytes", "Lines", "Evidence", "Named At"];
        blocks.extend(table(&head, plan.deliverables.iter().map(|row| deliverable(plan, row)).collect()));
    }
    if !plan.references.is_empty() {
        blocks.push(text("Referenced, not promised (not part of the completion):"));
        blocks.extend(table(&["File", "Line", "Looked Up", "Found"], plan.references.iter().map(reference).collect()));
    }
    blocks
}

fn counted(name: Cell, counts: Counts) -> Vec<Cell> {
    let (expected, done) = (number(counts.expected()), number(counts.done()));
    vec![name, expected, done, Cell::text(state(counts)), Cell::Percent(counts.percent())]
}

fn deliverable(plan: &PlanReport, row: &Row) -> Vec<Cell> {
    let count = |count: Option<u64>| count.map_or(Cell::None, Cell::Number);
    let mut evidence: Vec<String> = row.sha256.iter().map(|digest| format!("SHA-256 {}", short(digest))).collect();
    let defined = row.symbols.iter().filter_map(|symbol| Some(format!("{} in line {}", symbol.name, symbol.line?)));
    evidence.extend(defined);
    evidence.extend(row.commit.iter().map(|commit| format!("commit {}", short(&commit.id))));
    evidence.extend(row.remarks.iter().cloned());
    evidence.extend(row.claimed.status.as_ref().map(|status| format!("the plan says: {status}")));
    let evidence = evidence.join("; ");
    vec![
        Cell::code(&row.path),
        Cell::Status(row.status),
        row.found.as_ref().map_or(Cell::None, Cell::code),
        count(row.bytes),
        count(row.lines),
        if evidence.is_empty() { Cell::None } else { Cell::Text(evidence) },
        named_at(plan, row),
    ]
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
