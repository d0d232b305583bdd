//! Numbers, states and tables in the words of the report, for all its forms.

use super::model::{PlanReport, Report, Row};
use crate::limits;
use crate::page::{Cell, Point, Table};
use crate::verify::Counts;

/// `71 %`, or a dash if nothing could be verified.
pub(super) fn percent(percent: Option<usize>) -> String {
    percent.map_or_else(|| "\u{2013}".to_owned(), |percent| format!("{percent} %"))
}

/// A sign and a word for a set of deliverables.
pub(super) fn state(counts: Counts) -> &'static str {
    match (counts.done(), counts.expected()) {
        (_, 0) => "\u{23f3} Nothing to verify",
        (done, expected) if done == expected => "\u{2705} Complete",
        (0, _) => "\u{274c} Incomplete",
        _ => "\u{26a0}\u{fe0f} Partial",
    }
}

/// The plans that are described one by one, with their numbers, and the number of further plans. Plans that are not done come
/// first.
pub(super) fn described(report: &Report, wanted: impl Fn(&PlanReport) -> bool) -> (Vec<(usize, &PlanReport)>, usize) {
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
pub(super) fn named_at(plan: &PlanReport, row: &Row) -> Cell {
    let lines: Vec<String> = row.mentions.iter().map(|mention| mention.line.to_string()).collect();
    Cell::code(format!("{}:{}", plan.plan, lines.join(", ")))
}

/// The title of a plan with its path.
pub(super) fn title(nth: usize, plan: &PlanReport) -> String {
    match &plan.title {
        Some(title) => format!("Plan {}: {title} ({})", nth + 1, plan.plan),
        None => format!("Plan {}: {}", nth + 1, plan.plan),
    }
}

/// The completion over past audits as a table; HTML has a drawing too.
pub(super) fn of_trend(points: &[Point]) -> Table {
    let mut table = Table::new(&["Audit", "Completion"]);
    for point in points {
        table.row([Cell::text(&point.at), Cell::Percent(point.percent)]);
    }
    table
}
