//! Phase 2: the status of all deliverables, the claims of reports, and the changes since the last audit.

use super::super::document::{Gate, Phase, and_more, heading, table, text};
use super::super::model::{Component, NOTHING_VERIFIED, PlanReport, Report, Row};
use super::super::parts::Part;
use super::super::wording::{described, named_at, number, percent, state, title};
use super::expected::is_unlisted;
use crate::page::{Block, Cell};
use crate::verify::{Counts, Status, short};

pub(super) fn phase(report: &Report) -> Phase {
    let parts = &report.parts;
    let complete = report.counts.done() == report.counts.expected();
    let no_false_claim = parts.claims.gate != Gate::Partial;
    Phase {
        number: 2,
        title: "Completion Status Assessment",
        blocks: blocks(report),
        question: "Everything that could be verified is done, and no claim is false",
        gate: if report.status == NOTHING_VERIFIED { Gate::NotDone } else { Gate::of(complete && no_false_claim) },
    }
}

fn blocks(report: &Report) -> Vec<Block> {
    let (named, more) = described(report, |plan| plan.counts != Counts::default() && !is_unlisted(plan));
    let mut blocks: Vec<Block> = named.into_iter().flat_map(|(nth, plan)| of_plan(report, nth, plan)).collect();
    if more > 0 {
        blocks.push(text(and_more(more, "plan")));
    }
    if blocks.is_empty() {
        blocks.push(text("No deliverable is listed."));
    }
    blocks.extend(report.unrequested.blocks());
    blocks.extend(section("Claims of Reports and Returned Handoffs", &report.parts.claims));
    blocks.extend(section("Since the Last Audit", &report.parts.history));
    blocks
}

/// A part below a heading, unless it brings its own.
fn section(title: &str, part: &Part) -> Vec<Block> {
    let mut blocks = part.shown();
    if !matches!(blocks.first(), Some(Block::Heading(_))) {
        blocks.insert(0, heading(title));
    }
    blocks
}

fn of_plan(report: &Report, nth: usize, plan: &PlanReport) -> Vec<Block> {
    let mut blocks = vec![heading(title(nth, plan))];
    if let Some(before) = report.parts.before.as_ref().and_then(|before| before.plans.get(&plan.plan)) {
        let after = percent(plan.completion_percent);
        blocks.push(text(format!("Before: {}. Now: {after}.", percent(*before))));
    }
    blocks.extend(plan.tasks.sentence().map(text));
    let mut components: Vec<Vec<Cell>> = plan.components.iter().map(component).collect();
    components.push(vec![
        Cell::Strong("TOTAL".to_owned()),
        number(plan.counts.expected()),
        number(plan.counts.done()),
        Cell::text(state(plan.counts)),
        Cell::Percent(plan.counts.percent()),
    ]);
    blocks.extend(table(&["Component", "Expected", "Found", "Status", "Completion"], components));
    let head = ["Deliverable", "Status", "Found At", "Bytes", "Lines", "Evidence", "Named At"];
    blocks.extend(table(&head, plan.deliverables.iter().map(|row| deliverable(plan, row)).collect()));
    blocks
}

fn component(component: &Component) -> Vec<Cell> {
    let counts = component.counts;
    vec![
        Cell::text(&component.name),
        number(counts.expected()),
        number(counts.done()),
        Cell::text(state(counts)),
        Cell::Percent(counts.percent()),
    ]
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

/// How many stand so, for the appendix.
pub(super) fn by_status(counts: Counts) -> impl Iterator<Item = Cell> {
    Status::ALL.into_iter().map(move |status| number(counts.get(status)))
}
