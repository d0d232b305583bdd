//! The phases of the Markdown report.

use super::escape;
use super::markdown::{details, line, percent, state};
use super::model::{Component, PlanReport, Report, Row};
use crate::verify::{Counts, Status, short};

impl Report {
    /// One or two sentences: what was audited and how it stands.
    #[must_use]
    pub fn summary(&self) -> String {
        let plans = if self.plans.len() == 1 { "plan" } else { "plans" };
        let head = format!("Audited {} {plans}: ", self.plans.len());
        if self.plans.is_empty() {
            return "There was no plan to audit.".to_owned();
        }
        if self.counts.expected() == 0 && self.counts.unverifiable == 0 {
            return format!("{head}no deliverable is named.");
        }
        let rate = percent(self.completion_percent);
        let mut text =
            format!("{head}{} of {} deliverables present ({rate})", self.counts.done(), self.counts.expected());
        let worst_first = [
            Status::Phantom,
            Status::Missing,
            Status::Moved,
            Status::Partial,
            Status::Stub,
            Status::Empty,
            Status::Drifted,
            Status::Unverifiable,
        ];
        let counted = worst_first.map(|status| (self.counts.get(status), status.word().to_lowercase()));
        let parts: Vec<String> = counted
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if !parts.is_empty() {
            text = format!("{text}; {}", parts.join(", "));
        }
        text + "."
    }
}

/// Phase 0: folders and plans.
pub(super) fn discovery(out: &mut String, report: &Report) {
    line(
        out,
        format_args!(
            "## Phase 0: Plans Directory Discovery\n\n### Plans Directory Locations\n\n| Location | Plans Audited |\n|---|---|"
        ),
    );
    for folder in &report.plans_folders {
        line(out, format_args!("| {} | {} |", escape::path(&folder.folder), folder.plans));
    }
    line(out, format_args!("\n### Plan Files\n\n| File | Size | Date | Says of Itself |\n|---|---|---|---|"));
    for plan in &report.plans {
        let field = |name: &str| plan.header.iter().find(|field| field.name == name).map_or("", |field| &field.value);
        let (date, status) = (escape::cell(field("Date")), escape::cell(field("Status")));
        line(
            out,
            format_args!("| {} | {} bytes | {date} | {status} |", escape::path(&plan.plan), escape::number(plan.bytes)),
        );
    }
    line(out, format_args!("\n---\n"));
}

/// Phase 1: what the plans promise and what they speak of.
pub(super) fn expected(out: &mut String, report: &Report) {
    line(out, format_args!("## Phase 1: Expected Outputs Identification\n"));
    for (nth, plan) in report.plans.iter().enumerate() {
        line(out, format_args!("### Plan {}: {}\n", nth + 1, title(plan)));
        if plan.deliverables.is_empty() {
            line(out, format_args!("No deliverable is named.\n"));
        } else {
            line(out, format_args!("| Component | Expected | Form | Named At |\n|---|---|---|---|"));
            for row in &plan.deliverables {
                expected_row(out, plan, row);
            }
            line(out, format_args!(""));
        }
        references(out, plan);
    }
    line(out, format_args!("---\n"));
}

fn expected_row(out: &mut String, plan: &PlanReport, row: &Row) {
    let form = row.promise().map_or("", |mention| mention.form);
    let wanted = if row.claimed.symbols.is_empty() {
        String::new()
    } else {
        format!(" with {}", row.claimed.symbols.iter().map(|name| escape::path(name)).collect::<Vec<_>>().join(", "))
    };
    let (component, path) = (escape::cell(&row.component), escape::path(&row.path));
    line(out, format_args!("| {component} | {path}{wanted} | {form} | {} |", named_at(plan, row)));
}

/// `plans/a.md:12, 40`.
fn named_at(plan: &PlanReport, row: &Row) -> String {
    let lines: Vec<String> = row.mentions.iter().map(|mention| mention.line.to_string()).collect();
    escape::path(&format!("{}:{}", plan.plan, lines.join(", ")))
}

fn references(out: &mut String, plan: &PlanReport) {
    if plan.references.is_empty() {
        return;
    }
    line(
        out,
        format_args!(
            "**Referenced, not promised** (not part of the completion):\n\n| File | Line | Looked Up |\n|---|---|---|"
        ),
    );
    for row in &plan.references {
        let found =
            row.found.as_deref().filter(|found| *found != row.path).map(|found| format!(" at {}", escape::path(found)));
        let found = found.unwrap_or_default();
        line(
            out,
            format_args!(
                "| {} | {} | {}{found} |",
                escape::path(&row.path),
                row.line,
                row.status.word().to_lowercase()
            ),
        );
    }
    line(out, format_args!(""));
}

/// Phase 2: how everything stands.
pub(super) fn status(out: &mut String, report: &Report) {
    line(out, format_args!("## Phase 2: Completion Status Assessment\n"));
    for (nth, plan) in report.plans.iter().enumerate().filter(|(_, plan)| !plan.deliverables.is_empty()) {
        line(out, format_args!("### Plan {}: {}\n", nth + 1, title(plan)));
        line(out, format_args!("| Component | Expected | Done | Status |\n|---|---|---|---|"));
        for Component { name, counts } in &plan.components {
            line(
                out,
                format_args!(
                    "| {} | {} | {} | {} |",
                    escape::cell(name),
                    counts.expected(),
                    counts.done(),
                    standing(*counts)
                ),
            );
        }
        let counts = plan.counts;
        line(
            out,
            format_args!(
                "| **TOTAL** | {} | {} | **{}** |\n",
                counts.expected(),
                counts.done(),
                percent(counts.percent())
            ),
        );
        line(
            out,
            format_args!("| Deliverable | Status | Found | Bytes | Lines | Evidence |\n|---|---|---|---|---|---|"),
        );
        for row in &plan.deliverables {
            status_row(out, plan, row);
        }
        line(out, format_args!(""));
    }
    line(out, format_args!("---\n"));
}

fn standing(counts: Counts) -> String {
    match counts.percent() {
        Some(percent) if percent < 100 && counts.done() > 0 => format!("{} {percent} %", Status::Partial.sign()),
        _ => state(counts).to_owned(),
    }
}

fn status_row(out: &mut String, plan: &PlanReport, row: &Row) {
    let found = row.found.as_deref().map_or_else(|| "\u{2013}".to_owned(), escape::path);
    let count = |count: Option<u64>| count.map_or_else(|| "\u{2013}".to_owned(), escape::number);
    let mut evidence = vec![named_at(plan, row)];
    evidence.extend(row.sha256.as_deref().map(|digest| format!("SHA-256 `{}`", short(digest))));
    evidence.extend(
        row.symbols
            .iter()
            .filter_map(|symbol| symbol.line.map(|line| format!("{} in line {line}", escape::path(&symbol.name)))),
    );
    evidence.extend(row.commit.as_ref().map(|commit| format!("commit `{}`", short(&commit.id))));
    evidence.extend(row.remarks.iter().map(|remark| escape::cell(remark)));
    evidence.extend(row.claimed.status.as_ref().map(|status| format!("the plan says: {}", escape::cell(status))));
    line(
        out,
        format_args!(
            "| {} | {} {} | {found} | {} | {} | {} |",
            escape::path(&row.path),
            row.status.sign(),
            row.status.word(),
            count(row.bytes),
            count(row.lines),
            evidence.join("; ")
        ),
    );
}

/// Phases 3 and 4, of which nothing is known.
pub(super) fn not_looked_at(out: &mut String) {
    line(out, format_args!("## Phase 3: Performance Analysis\n\nNot looked at: no execution logs were given.\n"));
    line(
        out,
        format_args!(
            "## Phase 4: System Alignment Assessment\n\nNot looked at: only files were given, no running system.\n"
        ),
    );
}

/// Phase 5: the gaps, in numbers.
pub(super) fn gaps(out: &mut String, report: &Report) {
    line(out, format_args!("## Phase 5: Gap Analysis\n"));
    line(out, format_args!("Nothing was created or changed. {}.\n", details(report.counts)));
}

/// Phase 6: what to do, by priority.
pub(super) fn recommendations(out: &mut String, report: &Report) {
    line(out, format_args!("## Phase 6: Recommendations\n"));
    let priorities: [(&str, &str, &[Status]); 3] = [
        ("Priority 1", "Make what is missing, or take it out of the plan", &[Status::Phantom, Status::Missing]),
        ("Priority 2", "Finish or put right", &[Status::Moved, Status::Partial, Status::Stub, Status::Empty]),
        ("Priority 3", "Bring the plan up to date, or look by hand", &[Status::Drifted, Status::Unverifiable]),
    ];
    let mut any = false;
    for (name, advice, statuses) in priorities {
        let rows: Vec<(&PlanReport, &Row)> = report
            .plans
            .iter()
            .flat_map(|plan| plan.deliverables.iter().map(move |row| (plan, row)))
            .filter(|(_, row)| statuses.contains(&row.status))
            .collect();
        if rows.is_empty() {
            continue;
        }
        any = true;
        line(out, format_args!("### {name}: {advice}\n"));
        for (plan, row) in rows {
            let place = row
                .found
                .as_deref()
                .filter(|found| *found != row.path)
                .map(|found| format!(" \u{2192} {}", escape::path(found)));
            let place = place.unwrap_or_default();
            line(
                out,
                format_args!("- {} {}{place} ({})", row.status.word(), escape::path(&row.path), named_at(plan, row)),
            );
        }
        line(out, format_args!(""));
    }
    if !any {
        line(out, format_args!("None.\n"));
    }
    line(out, format_args!("---\n"));
}

fn title(plan: &PlanReport) -> String {
    match &plan.title {
        Some(title) => format!("{} ({})", escape::cell(title), escape::path(&plan.plan)),
        None => escape::path(&plan.plan),
    }
}
