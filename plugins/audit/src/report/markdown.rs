//! The report for people, in the established order: header, executive summary, phases 0 to 6, gates, appendices.
//!
//! This file holds the frame; the phases' tables are in `phases`. What was not looked at is said in one line.

use std::fmt::Write;

use super::escape;
use super::findings::Gap;
use super::model::Report;
use super::phases;
use crate::verify::{Counts, Status};

/// Writes the report.
#[must_use]
pub fn markdown(report: &Report, gaps: &[Gap]) -> String {
    let mut out = String::new();
    header(&mut out, report);
    summary(&mut out, report);
    phases::discovery(&mut out, report);
    phases::expected(&mut out, report);
    phases::status(&mut out, report);
    phases::not_looked_at(&mut out);
    phases::gaps(&mut out, report);
    phases::recommendations(&mut out, report);
    gates(&mut out, report);
    appendices(&mut out, report, gaps);
    footer(&mut out, report);
    out
}

/// Adds a line. Writing to a `String` cannot fail.
pub(super) fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
    out.push('\n');
}

/// `71 %`, or a dash when nothing could be verified.
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

fn header(out: &mut String, report: &Report) {
    let roots: Vec<String> = report.roots.iter().map(|root| escape::path(root)).collect();
    line(out, format_args!("# Plans Directory Audit Report\n"));
    line(out, format_args!("**Execution Date:** {}  ", report.executed_at));
    line(out, format_args!("**Report ID:** `{}`  ", report.report_id));
    line(out, format_args!("**Audit Agent:** {}  ", report.agent));
    line(out, format_args!("**Audited Folder:** {} ({} entries)  ", roots.join(", "), report.root_entries));
    line(out, format_args!("**Status:** {}\n\n---\n", report.status));
}

fn summary(out: &mut String, report: &Report) {
    line(out, format_args!("## Executive Summary\n\n{}\n", report.summary()));
    line(out, format_args!("### Key Findings\n\n| Category | Status | Completion | Details |\n|---|---|---|---|"));
    for plan in &report.plans {
        let title = plan.title.as_deref().unwrap_or(&plan.plan);
        line(
            out,
            format_args!(
                "| **{}** | {} | {} | {} |",
                escape::cell(title),
                state(plan.counts),
                percent(plan.completion_percent),
                details(plan.counts)
            ),
        );
    }
    line(out, format_args!("\n### Direct Actions\n\nNone: the audit reads only.\n"));
    if !report.notes.is_empty() {
        line(out, format_args!("### Notes on This Audit\n\n| Weight | Note | Evidence |\n|---|---|---|"));
        for note in &report.notes {
            let (title, evidence) = (escape::cell(&note.title), escape::cell(&note.evidence));
            line(out, format_args!("| {} | {title} | {evidence} |", note.weight.word()));
        }
        line(out, format_args!(""));
    }
    if report.rows_left_out > 0 {
        line(
            out,
            format_args!("**{} rows are left out below for size; all counts include them.**\n", report.rows_left_out),
        );
    }
    line(out, format_args!("---\n"));
}

/// `23 of 29 done; 6 missing`.
pub(super) fn details(counts: Counts) -> String {
    let mut text = format!("{} of {} done", counts.done(), counts.expected());
    for status in Status::ALL {
        let count = counts.get(status);
        if count > 0 && status != Status::Present {
            let _ = write!(text, "; {count} {}", status.word().to_lowercase());
        }
    }
    text
}

fn gates(out: &mut String, report: &Report) {
    let read_all = report.notes.iter().all(|note| note.weight == crate::note::Weight::Info);
    let complete = report.counts.done() == report.counts.expected();
    let gate = |pass: bool| if pass { "PASS" } else { "PARTIAL" };
    line(out, format_args!("## Completion Gates\n\n| Phase | Gate | Result |\n|---|---|---|"));
    line(
        out,
        format_args!("| 0 | Every plan was found and read whole | {} |", gate(read_all && !report.plans.is_empty())),
    );
    line(out, format_args!("| 1 | Expected outputs were listed | {} |", gate(report.rows_left_out == 0)));
    line(out, format_args!("| 2 | Everything that could be verified is done | {} |", gate(complete)));
    line(out, format_args!("| 3 | Performance was analysed | NOT DONE |\n| 4 | Alignment was assessed | NOT DONE |"));
    line(out, format_args!("| 5 | Gaps were listed | PASS |\n| 6 | The report was written | PASS |\n"));
}

fn appendices(out: &mut String, report: &Report, gaps: &[Gap]) {
    line(out, format_args!("## Appendix A: Files Created/Modified\n\nNone besides this report and its JSON twin.\n"));
    line(out, format_args!("## Appendix B: Plan Completion Summary\n"));
    line(
        out,
        format_args!("Completion = (PRESENT + DRIFTED) / (all but UNVERIFIABLE), in whole per cent, halves up.\n"),
    );
    line(
        out,
        format_args!(
            "| Plan | Present | Drifted | Partial | Empty | Stub | Moved | Missing | Phantom | Unverifiable | Completion |"
        ),
    );
    line(out, format_args!("|---|---|---|---|---|---|---|---|---|---|---|"));
    let cells = |counts: Counts| Status::ALL.map(|status| counts.get(status).to_string()).join(" | ");
    for plan in &report.plans {
        let done = percent(plan.completion_percent);
        line(out, format_args!("| {} | {} | {done} |", escape::path(&plan.plan), cells(plan.counts)));
    }
    let done = percent(report.completion_percent);
    line(out, format_args!("| **Overall** | {} | **{done}** |\n", cells(report.counts)));
    line(out, format_args!("## Appendix C: IDs\n\n| ID | Severity |\n|---|---|\n| `{}` | report |", report.report_id));
    for gap in gaps {
        line(out, format_args!("| {} | {} |", escape::path(&gap.id), gap.weight.word()));
    }
    line(out, format_args!("\n---\n"));
}

fn footer(out: &mut String, report: &Report) {
    line(out, format_args!("**Report Status:** {}  ", report.status));
    line(out, format_args!("**Overall Completion Rate:** {}  ", percent(report.completion_percent)));
    line(out, format_args!("**Deliverables Created:** 0  "));
    line(out, format_args!("**Next Audit Recommended:** When a plan or a deliverable changes"));
}
