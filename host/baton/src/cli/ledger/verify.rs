//! `baton ledger verify`: checks the chain, and its archives if they are given.

use std::path::PathBuf;

use anyhow::bail;
use baton_ledger::seal::{RowProblem, Rows};
use baton_ledger::verify::{self, ArchivedPart, Head, HeadPosition, Report};
use serde_json::{Value, json};

use super::open::{events, unchecked_reader};
use crate::exit::Code;
use crate::output;
use crate::workspace::Workspace;
use crate::workspace::head::{self, LedgerMismatch};

/// Check that no event and no row was edited, deleted, added or moved: exit 0 sound, 1 broken, 2 could not check
///
/// It compares the rows of all tables to their checksums, the checksums to the last seal in the chain, and captured
/// files to their hashes. A seal is an event with the digest of all checksums. SQLite checks pages and indexes. Rows that
/// changed after the last seal (because Baton is running, or was killed before the next seal) are compared to their
/// checksums only.
///
/// It also checks that this is the ledger of the workspace, and that its last known head is in the chain
/// (`.baton-ledger` beside `baton.toml`).
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A known head, or at least its first 12 digits: it must still be in the chain
    ///
    /// Every RETURN (`baton.ledger_head`), every backup and every export has a head. If a head is not in the chain, the
    /// ledger was cut or rewritten. If the head may belong to a pruned event, Baton searches the archives of --archive;
    /// without archives the check fails (exit 2).
    #[arg(long, value_name = "H")]
    head: Option<Head>,
    /// Archives of pruned events, without gaps between them; the last archive must end where the ledger begins
    #[arg(long, value_name = "FILE", num_args = 1..)]
    archive: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, workspace: &Workspace) -> anyhow::Result<Code> {
        let alarm = head::check(&workspace.root, &workspace.state)?;
        let reader = unchecked_reader(workspace).or_else(|error| head::need_known(workspace).and(Err(error)))?;
        let report = verify::verify_with(&reader, self.head.as_ref(), &self.archive)?;
        if let (Some(head), Some(HeadPosition::Several(count)), true) = (&self.head, report.found, report.is_whole()) {
            bail!("{count} events have a hash that begins with {head}; give more digits");
        }
        if self.json {
            output::json(&as_json(&report, self.head.as_ref(), alarm.as_ref()));
        } else {
            let alarm =
                alarm.as_ref().map(|alarm| format!("{}\n", output::one_line(&alarm.to_string()))).unwrap_or_default();
            output::print(&(as_text(&report, self.head.as_ref()) + &alarm));
        }
        Ok(if alarm.is_some() { Code::Findings } else { code(&report) })
    }
}

fn code(report: &Report) -> Code {
    match report.found {
        _ if report.is_sound() => Code::Good,
        Some(HeadPosition::Pruned) if report.is_whole() => Code::Failed,
        _ => Code::Findings,
    }
}

fn as_text(report: &Report, head: Option<&Head>) -> String {
    let (count, last) = (events(report.tip.events), &report.tip.head);
    let mut text = match &report.broken {
        None => format!("sound: {count}, head {last}\n"),
        Some(broken) => {
            let (seq, task, why) = (broken.seq, output::one_line(&broken.task), broken.wrong.explained());
            format!("broken at event {seq} of {count} (task {task}): {why}\n")
        }
    };
    if let Some(pruned) = &report.pruned {
        let place = pruned
            .archive
            .as_ref()
            .map(|archive| format!(", archived in {}", output::one_line(archive)))
            .unwrap_or_default();
        text.push_str(&format!("events 1–{} pruned{place}\n", pruned.last));
    }
    text.push_str(&report.archived.as_ref().map(archived_text).unwrap_or_default());
    if let Some((head, found)) = head.zip(report.found) {
        text.push_str(&found_text(head, found));
    }
    text + &rows_text(&report.rows)
}

fn rows_text(rows: &Rows) -> String {
    if rows.tables == 0 && rows.problems.is_empty() {
        return "rows not checked: the ledger has an older format, which the next `baton up` updates\n".to_owned();
    }
    if rows.problems.is_empty() {
        let sealed = if rows.sealed { "sealed in the chain" } else { "changed since the last seal in the chain" };
        return format!("rows sound: {} in {} tables, {sealed}\n", rows.rows, rows.tables);
    }
    rows.problems.iter().map(|problem| format!("broken rows: {problem}\n")).collect()
}

fn rows_json(rows: &Rows) -> Value {
    let problem = |problem: &RowProblem| json!({ "table": problem.table, "row": problem.row, "what": problem.what });
    let problems: Vec<Value> = rows.problems.iter().map(problem).collect();
    json!({ "tables": rows.tables, "rows": rows.rows, "sealed": rows.sealed, "problems": problems })
}

fn archived_text(archived: &ArchivedPart) -> String {
    match &archived.broken {
        Some(broken) => {
            format!("broken archive: {}, line {}: {}\n", broken.file.display(), broken.line, broken.why)
        }
        None if archived.first > 1 => {
            let (first, last, before) = (archived.first, archived.last, archived.first - 1);
            format!(
                "archives intact: events {first}–{last} connect to the ledger; events 1–{before} were not checked\n"
            )
        }
        None => format!("archives intact: events 1–{} connect to the ledger\n", archived.last),
    }
}

fn found_text(head: &Head, found: HeadPosition) -> String {
    match found {
        HeadPosition::At(seq) => format!("found: {head} is the head at event {seq}\n"),
        HeadPosition::Nowhere => {
            format!("not found: {head} is not a head of this chain: the ledger was cut or rewritten since\n")
        }
        HeadPosition::Pruned => format!(
            "unknown: {head} is not in the ledger, but may be among the events that were pruned; \
             give all their archives with --archive\n"
        ),
        HeadPosition::Several(_) => String::new(),
    }
}

fn as_json(report: &Report, head: Option<&Head>, alarm: Option<&LedgerMismatch>) -> Value {
    let broken = report.broken.as_ref().map(|broken| {
        let wrong = broken.wrong;
        json!({ "seq": broken.seq, "task": broken.task, "wrong": wrong.as_str(), "explained": wrong.explained() })
    });
    let asked = head.map(|head| {
        let seq = if let Some(HeadPosition::At(seq)) = report.found { Some(seq) } else { None };
        json!({ "head": head.to_string(), "seq": seq, "pruned": report.found == Some(HeadPosition::Pruned) })
    });
    let pruned = report
        .pruned
        .as_ref()
        .map(|pruned| json!({ "last": pruned.last, "hash": pruned.hash, "archive": pruned.archive }));
    json!({
        "schema": 1,
        "sound": report.is_sound() && alarm.is_none(),
        "events": report.tip.events,
        "head": report.tip.head,
        "broken": broken,
        "asked": asked,
        "pruned": pruned,
        "archived": report.archived.as_ref().map(archived_json),
        "rows": rows_json(&report.rows),
        "alarm": alarm.map(|alarm| alarm.what.clone()),
    })
}

fn archived_json(archived: &ArchivedPart) -> Value {
    let broken = archived.broken.as_ref().map(
        |broken| json!({ "file": broken.file.display().to_string(), "line": broken.line, "explained": broken.why }),
    );
    json!({ "first": archived.first, "last": archived.last, "broken": broken })
}

#[cfg(test)]
mod tests {
    use baton_ledger::verify::{BrokenArchive, BrokenRow, ChainTip, PrunedPart, RowFault};

    use super::*;

    fn rows() -> Rows {
        Rows { tables: 9, rows: 40, sealed: true, problems: Vec::new() }
    }

    fn report(broken: Option<RowFault>, found: Option<HeadPosition>) -> Report {
        let broken = broken.map(|wrong| BrokenRow { seq: 3, task: "t".to_owned(), wrong });
        Report {
            tip: ChainTip { events: 7, head: "ab".repeat(32) },
            broken,
            found,
            pruned: None,
            archived: None,
            rows: rows(),
        }
    }

    #[test]
    fn a_report_has_the_position_of_the_fault_and_whether_the_head_exists() {
        let head: Head = "ababababab12".parse().unwrap();
        let text = as_text(&report(Some(RowFault::Missing), Some(HeadPosition::Nowhere)), Some(&head));
        assert_eq!(
            text,
            "broken at event 3 of 7 events (task t): a row is missing before it\n\
             not found: ababababab12 is not a head of this chain: the ledger was cut or rewritten since\n\
             rows sound: 40 in 9 tables, sealed in the chain\n"
        );
        let value = as_json(&report(None, Some(HeadPosition::At(5))), Some(&head), None);
        assert_eq!(
            (&value["sound"], &value["broken"], &value["asked"]["seq"]),
            (&json!(true), &json!(null), &json!(5))
        );
        let value = as_json(&report(Some(RowFault::Order), None), None, None);
        assert_eq!((&value["sound"], &value["broken"]["wrong"]), (&json!(false), &json!("order")));
        assert_eq!(value["asked"], json!(null));
    }

    #[test]
    fn a_report_has_the_pruned_events_and_whether_their_archives_are_complete() {
        let head: Head = "ababababab12".parse().unwrap();
        let mut report = report(None, Some(HeadPosition::Pruned));
        report.pruned = Some(PrunedPart { last: 4, hash: "cd".to_owned(), archive: Some("/a.jsonl".to_owned()) });
        assert_eq!(code(&report), Code::Failed, "neither sound nor broken: it could not be checked");
        let text = as_text(&report, Some(&head));
        assert!(text.contains("\nevents 1–4 pruned, archived in /a.jsonl\nunknown: ababababab12 is not in"), "{text}");
        let broken = BrokenArchive { file: PathBuf::from("a.jsonl"), line: 2, why: "it is cut" };
        report.archived = Some(ArchivedPart { first: 3, last: 4, broken: Some(broken) });
        assert_eq!(code(&report), Code::Findings);
        assert!(as_text(&report, None).contains("broken archive: a.jsonl, line 2: it is cut\n"));
        report.archived = Some(ArchivedPart { first: 3, last: 4, broken: None });
        assert!(as_text(&report, None).contains("events 3–4 connect to the ledger; events 1–2 were not checked\n"));
        assert_eq!(as_json(&report, Some(&head), None)["asked"]["pruned"], json!(true));
    }
}
