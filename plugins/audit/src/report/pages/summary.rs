//! The executive summary: one sentence, the problems, the next steps, the plans, and notes on the audit itself.

use std::cmp::Reverse;
use std::fmt::Write;

use super::super::findings;
use super::super::model::{NOTHING_VERIFIED, PlanReport, Report};
use super::super::wording::{percent, state};
use super::wrong;
use crate::count::{count, is};
use crate::page::{Block, Cell, Table, heading, table, text};
use crate::verify::{Counts, Status};

impl Report {
    /// One or two sentences: what was audited, and the result.
    #[must_use]
    pub fn summary(&self) -> String {
        let head = format!("Audited {}: ", count(self.audited(), "plan"));
        if self.audited() == 0 {
            return "There was no plan to audit.".to_owned();
        }
        if self.status == NOTHING_VERIFIED {
            return format!("{head}nothing could be verified{}.", self.seen());
        }
        if self.counts.all() == 0 {
            return format!("{head}no deliverable is named.");
        }
        let rate = percent(self.completion_percent);
        let mut text = format!(
            "{head}{} of {} present ({rate})",
            self.counts.done(),
            count(self.counts.expected(), "deliverable")
        );
        let mut flaws = Status::ALL.to_vec();
        flaws.retain(|status| findings::weight(*status).is_some());
        flaws.sort_by_key(|status| Reverse(findings::weight(*status)));
        let parts: Vec<String> = flaws
            .into_iter()
            .map(|status| (self.counts.get(status), status.word().to_lowercase()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if !parts.is_empty() {
            text = format!("{text}; {}", parts.join(", "));
        }
        text + "."
    }
}

impl Report {
    /// The check boxes and paths of the plans of which nothing could be verified, in words.
    fn seen(&self) -> String {
        let seen = || self.plans.iter().filter_map(|plan| plan.unverified.as_ref());
        let boxes: usize = seen().map(|seen| seen.boxes).sum();
        let ticked: usize = seen().map(|seen| seen.ticked).sum();
        let paths: usize = seen().map(|seen| seen.path_count).sum();
        format!(
            ": {} seen, {ticked} of them ticked; {} like a path",
            count(boxes, "check box"),
            if paths == 1 { "1 word looks".to_owned() } else { format!("{paths} words look") }
        )
    }
}

pub(super) fn summary(report: &Report) -> Vec<Block> {
    let mut blocks = vec![text(report.summary())];
    blocks.extend(since_last(report));
    for (left_out, what) in [(report.rows_left_out, "row"), (report.plans_left_out, "plan")] {
        if left_out > 0 {
            blocks.push(text(format!(
                "{} {} left out below for size; all counts include what is left out.",
                count(left_out, what),
                is(left_out)
            )));
        }
    }
    blocks.extend(wrong::blocks(report));
    blocks.push(heading("Key Findings"));
    blocks.push(key_findings(report));
    if report.parts.trend.len() > 1 {
        blocks.push(heading("Completion Over Past Audits"));
        blocks.push(Block::Trend(report.parts.trend.clone()));
    }
    if !report.notes.is_empty() {
        let row = |note: &crate::remark::Remark| {
            vec![Cell::text(note.weight.word()), Cell::text(&note.title), Cell::text(&note.evidence)]
        };
        blocks.push(heading("Notes on This Audit"));
        blocks.extend(table(&["Weight", "Note", "Evidence"], report.notes.iter().map(row).collect()));
    }
    blocks
}

fn since_last(report: &Report) -> Option<Block> {
    let before = report.parts.before.as_ref()?;
    Some(text(format!(
        "The last audit, on {}, gave {}; this one gives {}.",
        before.at,
        percent(before.completion_percent),
        percent(report.completion_percent)
    )))
}

/// A row for each plan, and a row for all plans. If there was an earlier audit, each row also has the completion at that
/// audit.
fn key_findings(report: &Report) -> Block {
    if report.plans.is_empty() {
        return text("None: there is no plan.");
    }
    let before = report.parts.before.as_ref();
    let row = |name: String, counts: Counts, was: Option<&Option<usize>>| {
        let was = before.map(|_| was.map_or(Cell::None, |was| Cell::Percent(*was)));
        let name = [Cell::Strong(name), Cell::text(state(counts))];
        let now = [Cell::Percent(counts.percent()), Cell::text(details(counts))];
        name.into_iter().chain(was).chain(now).collect()
    };
    let of_plan = |plan: &PlanReport| {
        let was = before.and_then(|before| before.plans.get(&plan.plan));
        row(plan.title.clone().unwrap_or_else(|| plan.plan.clone()), plan.counts, was)
    };
    let mut rows: Vec<Vec<Cell>> = report.plans.iter().map(of_plan).collect();
    if rows.len() > 1 {
        rows.push(row("Overall".to_owned(), report.counts, before.map(|before| &before.completion_percent)));
    }
    let mut head = vec!["Plan", "Status", "Completion", "Details"];
    if before.is_some() {
        head.insert(2, "Before");
    }
    Block::Table(Table { rows, ..Table::new(&head) })
}

/// `23 of 29 done; 6 missing`.
fn details(counts: Counts) -> String {
    let mut text = format!("{} of {} done", counts.done(), counts.expected());
    for status in Status::ALL {
        let count = counts.get(status);
        if count > 0 && status != Status::Present {
            let _ = write!(text, "; {count} {}", status.word().to_lowercase());
        }
    }
    text
}
