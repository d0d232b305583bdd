//! Phases 3 to 6: what other parts of the audit found, what was asked for, and what to do by priority.

use super::super::document::{Gate, Phase, heading, text};
use super::super::model::{PlanReport, Report, Row};
use super::super::wording::named_at;
use super::super::{findings, follow_up};
use super::summary::details;
use crate::count::count;
use crate::page::{Block, Cell};
use crate::remark::NoteSeverity;

/// Phase 3.
pub(super) fn performance(report: &Report) -> Phase {
    let part = &report.parts.performance;
    Phase {
        number: 3,
        title: "Performance Analysis",
        blocks: part.shown(),
        tasks: vec![
            (part.is_looked_at(), "Collected execution metrics".to_owned()),
            (part.is_looked_at(), "Held them against their thresholds".to_owned()),
        ],
        question: "Performance was analysed and keeps to its thresholds",
        gate: part.gate,
    }
}

/// Phase 4.
pub(super) fn alignment(report: &Report) -> Phase {
    let part = &report.parts.alignment;
    Phase {
        number: 4,
        title: "System Alignment Assessment",
        blocks: part.shown(),
        tasks: vec![
            (part.is_looked_at(), "Evaluated processes, integrations and handoffs".to_owned()),
            (part.is_looked_at(), "Traced requirements to what is there".to_owned()),
        ],
        question: "Alignment was assessed and nothing is out of line",
        gate: part.gate,
    }
}

/// Phase 5.
pub(super) fn actions(report: &Report) -> Phase {
    let (part, follow_ups) = (&report.parts.actions, &report.parts.follow_ups);
    let mut blocks = vec![
        text(format!("{}.", details(report.counts))),
        text("No file was created or changed, and none was made to look done."),
    ];
    if !follow_ups.is_empty() {
        blocks.push(heading("Follow-Ups"));
        blocks.extend(follow_up::blocks(follow_ups));
    }
    if follow_ups.is_empty() || !part.blocks.is_empty() {
        blocks.extend(part.shown());
    }
    let asked = part.is_looked_at() || !follow_ups.is_empty();
    Phase {
        number: 5,
        title: "Direct Action and Gap Analysis",
        blocks,
        tasks: vec![
            (true, format!("Listed the gaps ({})", count(report.findings.len(), "finding"))),
            (asked, format!("Asked for what is missing ({})", count(follow_ups.len(), "follow-up"))),
        ],
        question: "Gaps were listed and followed up",
        gate: match (asked, report.findings.iter().any(|gap| gap.weight >= NoteSeverity::Medium)) {
            (true, _) if part.is_looked_at() => part.gate,
            (true, _) | (false, false) => Gate::Pass,
            (false, true) => Gate::Partial,
        },
    }
}

/// Phase 6.
pub(super) fn recommendations(report: &Report) -> Phase {
    Phase {
        number: 6,
        title: "Recommendations",
        blocks: advice(report),
        tasks: vec![
            (true, "Generated the executive summary".to_owned()),
            (true, "Documented the findings with their evidence".to_owned()),
            (true, "Provided recommendations by priority".to_owned()),
        ],
        question: "The report was written",
        gate: Gate::Pass,
    }
}

/// Name, advice, and the least and the greatest weight that it is for.
const PRIORITIES: [(&str, &str, NoteSeverity, NoteSeverity); 3] = [
    ("Priority 1", "Make what is missing, or take it out of the plan", NoteSeverity::High, NoteSeverity::High),
    ("Priority 2", "Finish or put right", NoteSeverity::Medium, NoteSeverity::Medium),
    ("Priority 3", "Bring the plan up to date, or look by hand", NoteSeverity::Info, NoteSeverity::Low),
];

fn advice(report: &Report) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (name, advice, least, most) in PRIORITIES {
        let of_weight =
            |row: &Row| findings::weight(row.status).is_some_and(|weight| weight >= least && weight <= most);
        let rows = report.plans.iter().flat_map(|plan| plan.deliverables.iter().map(move |row| (plan, row)));
        let lines: Vec<_> = rows.filter(|(_, row)| of_weight(row)).map(|(plan, row)| line(plan, row)).collect();
        if !lines.is_empty() {
            blocks.push(heading(format!("{name}: {advice}")));
            blocks.push(Block::List(lines));
        }
    }
    if blocks.is_empty() {
        blocks.push(text("None."));
    }
    blocks
}

fn line(plan: &PlanReport, row: &Row) -> Vec<Cell> {
    let mut line = vec![Cell::Status(row.status), Cell::code(&row.path)];
    if let Some(found) = row.found.as_ref().filter(|found| **found != row.path) {
        line.extend([Cell::text("\u{2192}"), Cell::code(found)]);
    }
    line.extend([Cell::text("in"), named_at(plan, row)]);
    line
}
