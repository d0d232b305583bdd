//! Traceability as blocks of a page.

use super::alignment_yml::LinkedTarget;
use super::lookup::ReferenceState;
use super::matrix::{CodeReference, MatrixStatement, RowVerdict};
use super::trace::{Traceability, Verdict};
use crate::count::count as said;
use crate::csv_sheet::{count, heading, table, text, words};
use crate::page::{Bar, Block, Cell, Table};

/// What traceability shows.
#[must_use]
pub fn blocks(trace: &Traceability) -> Vec<Block> {
    let mut out = Vec::new();
    heading(&mut out, "Traceability");
    if trace.verdict == Verdict::None {
        text(&mut out, "None found: the audited folder holds no document, no matrix and no list of requirements.");
        return out;
    }
    summary(trace, &mut out);
    matrices(trace, &mut out);
    lists(trace, &mut out);
    ids(trace, &mut out);
    broken(trace, &mut out);
    orphans(trace, &mut out);
    coverage(trace, &mut out);
    out
}

fn summary(trace: &Traceability, out: &mut Vec<Block>) {
    let mut rows = Table::new(&["Measure", "Value"]);
    rows.row([Cell::Strong("Verdict".into()), Cell::Strong(trace.verdict.word().into())]);
    rows.row([Cell::text("Documents"), count(trace.documents)]);
    rows.row([Cell::text("Rows of matrices"), count(trace.matrix.len())]);
    rows.row([Cell::text("Entries of lists"), count(trace.alignment.len())]);
    rows.row([Cell::text("References that lead nowhere"), count(trace.broken.len())]);
    rows.row([Cell::text("References out of the granted folder, not looked up"), count(trace.outside)]);
    rows.row([Cell::text("Orphans"), Cell::text(format!("{} of {}", trace.orphans.count, trace.orphans.documents))]);
    out.push(Block::Table(rows));
}

fn says(says: MatrixStatement) -> &'static str {
    match says {
        MatrixStatement::Yes => "yes",
        MatrixStatement::Partly => "partly",
        MatrixStatement::Deferred => "deferred",
        MatrixStatement::No => "no",
        MatrixStatement::Unclear => "unclear",
    }
}

fn verified(verified: RowVerdict) -> &'static str {
    match verified {
        RowVerdict::Holds => "\u{2705} holds",
        RowVerdict::CodeMissing => "\u{274c} code missing",
        RowVerdict::Unreferenced => "\u{26a0}\u{fe0f} no code reference",
        RowVerdict::Stale => "\u{26a0}\u{fe0f} stale",
        RowVerdict::Unjudged => "\u{23f3} not judged",
    }
}

fn matrices(trace: &Traceability, out: &mut Vec<Block>) {
    heading(out, "Traceability Matrices");
    if trace.matrix.is_empty() {
        return text(out, "None found.");
    }
    let mut rows = Table::new(&["Feature", "Says", "Priority", "Code", "Verified", "At"]);
    for row in &trace.matrix {
        let code: Vec<String> = row.references.iter().map(reference).collect();
        rows.row([
            Cell::text(&row.name),
            Cell::text(says(row.says)),
            words(Some(&row.priority)),
            words(Some(&code.join(", "))),
            Cell::text(verified(row.verified)),
            Cell::code(format!("{}:{}", row.document, row.line)),
        ]);
    }
    table(out, rows);
}

fn reference(code: &CodeReference) -> String {
    format!("{}{}", code.written, standing(code.standing))
}

/// What is to be said after a path that is not simply there.
fn standing(standing: ReferenceState) -> &'static str {
    match standing {
        ReferenceState::Present => "",
        ReferenceState::Missing => " (missing)",
        ReferenceState::SymbolMissing => " (not defined)",
        ReferenceState::Outside => " (outside)",
        ReferenceState::Unread => " (not read)",
        ReferenceState::UnknownId => " (unknown id)",
    }
}

fn lists(trace: &Traceability, out: &mut Vec<Block>) {
    heading(out, "Lists of Requirements");
    if trace.alignment.is_empty() {
        return text(out, "None found.");
    }
    let joined = |linked: &[LinkedTarget]| {
        let all: Vec<String> =
            linked.iter().map(|linked| format!("{}{}", linked.written, standing(linked.standing))).collect();
        words(Some(&all.join(", ")))
    };
    let mut rows = Table::new(&["Requirement", "Description", "Documents", "Code", "Tasks", "At"]);
    for row in &trace.alignment {
        rows.row([
            Cell::code(&row.id),
            words(Some(&row.description)),
            joined(&row.documents),
            joined(&row.code),
            words(Some(&row.tasks.join(", "))),
            Cell::code(format!("{}:{}", row.file, row.line)),
        ]);
    }
    table(out, rows);
}

fn ids(trace: &Traceability, out: &mut Vec<Block>) {
    heading(out, "Document Ids");
    if trace.ids.ids.is_empty() && trace.ids.faults.is_empty() {
        return text(out, "None found.");
    }
    let faults = trace.ids.faults.len();
    text(
        out,
        format!("{}, {faults} of them or of their documents not as they should be.", said(trace.ids.ids.len(), "id")),
    );
    if faults > 0 {
        let mut rows = Table::new(&["What", "Where"]);
        for fault in &trace.ids.faults {
            let gap = fault.finding();
            rows.row([Cell::text(gap.title), Cell::text(gap.evidence)]);
        }
        table(out, rows);
    }
}

fn broken(trace: &Traceability, out: &mut Vec<Block>) {
    heading(out, "References That Lead Nowhere");
    if trace.broken.is_empty() {
        return text(out, "None found.");
    }
    let mut rows = Table::new(&["Document", "Line", "Refers To", "As"]);
    for row in &trace.broken {
        let form = if row.link { "link" } else { "path in code" };
        rows.row([Cell::code(&row.document), count(row.line), Cell::code(&row.path), Cell::text(form)]);
    }
    table(out, rows);
}

fn orphans(trace: &Traceability, out: &mut Vec<Block>) {
    heading(out, "Orphans");
    let orphans = &trace.orphans;
    if orphans.count == 0 {
        return text(out, format!("Each of {} is named by another.", said(orphans.documents, "document")));
    }
    let judged = if trace.kept {
        format!("{} % are let pass", trace.orphans_allowed)
    } else {
        "not judged: neither ids nor a matrix show that documents are kept track of".to_owned()
    };
    text(out, format!("{} of {} named by no other ({judged}).", orphans.count, said(orphans.documents, "document")));
    out.push(Block::List(orphans.first.iter().map(|path| vec![Cell::code(path)]).collect()));
}

fn coverage(trace: &Traceability, out: &mut Vec<Block>) {
    heading(out, "Coverage");
    let Some(coverage) = &trace.coverage else {
        return text(out, "Not measured: the argument `source_globs` says what the source files are.");
    };
    let (named, files) = (coverage.named, coverage.files);
    text(out, format!("Documents name {named} of {files} source files; {} % are asked for.", trace.coverage_wanted));
    out.push(Block::Bars(vec![Bar { label: "Named source files".into(), done: named as u64, expected: files as u64 }]));
    if !coverage.unnamed.is_empty() {
        out.push(Block::List(coverage.unnamed.iter().map(|path| vec![Cell::code(path)]).collect()));
    }
}
