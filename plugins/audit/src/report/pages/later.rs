//! Phases 3 to 6: what other parts of the audit found, what was asked for, and what to do by priority.

use super::super::document::{Gate, Phase, heading, text};
use super::super::model::{Report, Row};
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

/// How many deliverables each advice is for; phase 2 lists them.
fn advice(report: &Report) -> Vec<Block> {
    let weight = |row: &Row| findings::weight(row.status);
    let weights: Vec<NoteSeverity> =
        report.plans.iter().flat_map(|plan| plan.deliverables.iter().filter_map(weight)).collect();
    let lines: Vec<Vec<Cell>> = PRIORITIES
        .into_iter()
        .map(|(name, advice, least, most)| {
            (name, advice, weights.iter().filter(|weight| (least..=most).contains(*weight)).count())
        })
        .filter(|(_, _, rows)| *rows > 0)
        .map(|(name, advice, rows)| {
            vec![Cell::Strong(name.to_owned()), Cell::text(format!("{advice}: {}", count(rows, "deliverable")))]
        })
        .collect();
    if lines.is_empty() { vec![text("None.")] } else { vec![Block::List(lines)] }
}
