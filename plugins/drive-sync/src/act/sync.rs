//! The action `sync`: writes databases to the Drive, or delivers changes from the Drive.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_plugin_kit::export::Exports;
use baton_plugin_kit::{Findings, count};
use baton_plugin_sdk::{Error, Outcome, OutcomeKind, Severity, Task};
use serde_json::json;

use super::shared::{HostServices, report_error, report_similar_folders, stamp};
use crate::context::{DriveContext, SyncError};
use crate::source::{sidecar_text, source_csv};
use crate::sync::{self, DatabaseSelection, ImportResult, Mode, Origin, Report, SkippedRow, gather, take};
use crate::table::{Database, render_csv};
use crate::task_arguments;

/// Maximum number of cells of one database in a report.
const MOST_CELLS: usize = 10_000;

/// After this time no further database is begun. A task has five minutes; with an account, the rest is for uploads.
const TIME: Duration = Duration::from_mins(3);

/// Syncs in the direction of the task.
pub(super) fn run(task: &Task, context: &DriveContext<'_>, services: HostServices<'_>) -> Result<Outcome, Error> {
    let tables = task.arg_list("catalog")?;
    let folder = task_arguments::databases(task);
    if folder.is_none() && tables.is_empty() {
        return Err(Error::NeedsGrant(
            "the folder `databases` is not granted: baton plugin grant drive-sync files:ro=databases=PATH; or name tables of the \
             catalog: --arg 'catalog=[\"tracks\"]'"
                .to_owned(),
        ));
    }
    let path = folder.map(|mount| std::path::PathBuf::from(&mount.path));
    let only = task_arguments::only(task)?;
    let wanted = DatabaseSelection {
        folder: path.as_deref(),
        tables: &tables,
        catalog: (!tables.is_empty()).then_some(services.catalog),
        only: &only,
    };
    if task_arguments::from_drive(task)? {
        return from(task, context, wanted);
    }
    let is_late = || services.web.drive.now() >= context.begin + TIME;
    let report = sync::run(context, wanted, task_arguments::sync_options(task)?, &is_late)?;
    check_selection(&only, report.looked_at)?;
    if !report.busy.is_empty() && report.busy.len() == report.looked_at {
        return Err(all_busy(report.busy.len()));
    }
    Ok(outcome(task, context, report))
}

/// The error if other tasks work on all databases. It is retryable, because the locks may be free later.
fn all_busy(databases: usize) -> Error {
    Error::Retryable(format!("another task works on {}; nothing was done", count(databases, "database")))
}

/// The outcome and the next step. `done` and `left` are the numbers of completed and skipped databases.
fn judged(task: &Task, done: usize, left: usize, summary: String) -> Outcome {
    if done + left == 0 {
        let step = "put a database (CSV and JSON) into the folder `databases`, or name tables of the catalog: --arg \
                    'catalog=[\"tracks\"]'";
        return Outcome::refused(format!("There is no database to sync. {summary}")).with_next_step(step);
    }
    let outcome = Outcome::with_kind(OutcomeKind::from_counts(done, left), summary);
    if left == 0 {
        return outcome;
    }
    let again = "then run it again";
    outcome.with_next_step(format!("follow each finding (`baton why {}` lists them), {again}", task.id))
}

fn check_selection(only: &BTreeSet<String>, found: usize) -> Result<(), Error> {
    if only.is_empty() || found > 0 {
        return Ok(());
    }
    let ids = only.iter().cloned().collect::<Vec<_>>().join(", ");
    Err(Error::Permanent(format!("no source has the id {ids}; the files in the folder `databases` define the ids")))
}

fn outcome(task: &Task, context: &DriveContext<'_>, mut report: Report) -> Outcome {
    let mut summary = format!(
        "{} checked: {} unchanged, {} written ({}).",
        count(report.looked_at, "database"),
        report.unchanged + report.same,
        report.written,
        count(report.rows, "row")
    );
    if report.merged > 0 {
        summary.push_str(&format!(" {} merged into others.", count(report.merged, "folder")));
    }
    if report.refused > 0 {
        summary.push_str(&format!(" {} refused: the findings say why.", report.refused));
    }
    if report.unreached > 0 {
        let all = report.looked_at;
        summary.push_str(&format!(" INCOMPLETE: {} of {all} not reached; run it again.", report.unreached));
    }
    for (id, folder, others) in &report.others {
        report_similar_folders(&mut report.findings, id, folder, others);
    }
    if let Some(error) = &report.ended {
        report_error(&mut report.findings, &report.last, error);
        summary.push_str(" The sync stopped early; the findings have the reason.");
    }
    if !report.busy.is_empty() {
        let names = report.busy.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let text = format!(" {} skipped, because another task works on them: {names}.", report.busy.len());
        summary.push_str(&text);
    }
    let done = report.unchanged + report.same + report.written;
    let names = report.findings.count_of("names");
    let left = report.refused + report.busy.len() + report.unreached + names + usize::from(report.ended.is_some());
    let mut outcome = judged(task, done, left, summary);
    if report.written > 0 || !report.undo.changes().is_empty() {
        let written = json!({
            "schema": 1,
            "synced_at": context.now,
            "looked_at": report.looked_at,
            "unchanged": report.unchanged,
            "same": report.same,
            "written": report.written,
            "rows": report.rows,
            "busy": report.busy,
            "refused": report.refused,
            "backups_made": report.backups_made,
            "backups_removed": report.backups_deleted,
            "folders_merged": report.merged,
            "undo": report.undo.changes(),
        });
        let name = format!("drive-sync-{}.json", stamp(context));
        outcome = outcome.with_artifact(name, "application/json", format!("{written:#}\n"));
    }
    outcome.findings = report.findings.into_list();
    outcome
}

/// Writes the changes on the Drive as files for the owners.
fn from(task: &Task, context: &DriveContext<'_>, wanted: DatabaseSelection<'_>) -> Result<Outcome, Error> {
    let mode = task_arguments::mode(task)?;
    let mut findings = Findings::default();
    let known = context.memory.stamps()?;
    let all = gather(wanted, &known, &mut findings).map_err(super::shared::task_error)?;
    check_selection(wanted.only, all.len() + findings.count())?;
    let sources = findings.count();
    let counts = Counts { looked_at: all.len(), ..Counts::default() };
    let keep_older = task_arguments::keep_older(task)?;
    let mut work = ImportWork { task, context, outcome: Outcome::new(""), findings, counts, keep_older };
    for origin in all {
        match work.import_database(&origin, wanted, mode) {
            Ok(()) => {}
            Err(SyncError::Refused(kind, text)) => {
                work.counts.refused += 1;
                work.findings.add(kind, &origin.id, Severity::High, text, origin.shown.clone());
            }
            Err(SyncError::Fatal(error)) if work.counts.changed == 0 => return Err(error),
            // The files that were already written are kept.
            Err(SyncError::Fatal(error)) => {
                report_error(&mut work.findings, &origin.id, &error);
                work.counts.ended = true;
                break;
            }
        }
    }
    if work.counts.busy > 0 && work.counts.busy == work.counts.looked_at + sources {
        return Err(all_busy(work.counts.busy));
    }
    let (done, left) = work.counts.done_and_left();
    let judged = judged(task, done, left + sources, work.counts.summary());
    let mut outcome = Outcome { artifacts: work.outcome.artifacts, ..judged };
    outcome.findings = work.findings.into_list();
    Ok(outcome)
}

struct ImportWork<'a> {
    task: &'a Task,
    context: &'a DriveContext<'a>,
    outcome: Outcome,
    findings: Findings,
    counts: Counts,
    keep_older: Option<usize>,
}

impl ImportWork<'_> {
    /// Handles one database under its lock. Its changes are recorded as delivered only after their files are written.
    fn import_database(&mut self, origin: &Origin, wanted: DatabaseSelection<'_>, mode: Mode) -> Result<(), SyncError> {
        let Some(_held) = self.context.locks.try_take(&origin.id)? else {
            self.counts.busy += 1;
            return Ok(());
        };
        let loaded = origin.load(wanted.catalog)?;
        let mut taken = take(self.context, &loaded, &origin.source().1, mode)?.unwrap_or_default();
        let then = taken.then.take();
        report_skipped(&loaded.database, &taken, &mut self.findings);
        self.counts.conflicts += taken.conflicts.len();
        self.counts.bad += taken.bad.len() + taken.unknown.len();
        if !taken.is_empty() {
            let mut exports = Exports::new(self.task, "exports").by("drive-sync").keep_older(self.keep_older);
            export_changes(&loaded.database, &taken, &mut exports)?;
            let places = exports.finish(&mut self.outcome)?;
            self.counts.changed += 1;
            self.counts.cells += taken.changed.len();
            self.counts.added += taken.added;
            self.counts.first = self.counts.first.take().or(places.into_iter().next());
        }
        match then {
            Some(known) => Ok(self.context.memory.put(&known)?),
            None => Ok(()),
        }
    }
}

#[derive(Default)]
struct Counts {
    first: Option<String>,
    looked_at: usize,
    changed: usize,
    cells: usize,
    added: usize,
    conflicts: usize,
    bad: usize,
    busy: usize,
    refused: usize,
    ended: bool,
}

impl Counts {
    /// The number of completed databases, and the number of databases with something left to do.
    fn done_and_left(&self) -> (usize, usize) {
        let not_done = self.busy + self.refused + usize::from(self.ended);
        (self.looked_at.saturating_sub(not_done), not_done + self.conflicts + self.bad)
    }

    fn summary(&self) -> String {
        let mut text = format!(
            "{} checked: {} changed on the Drive ({}, {} new).",
            count(self.looked_at, "database"),
            self.changed,
            count(self.cells, "cell"),
            count(self.added, "row")
        );
        for (count, what) in [
            (self.conflicts, "changed on both sides and skipped"),
            (self.bad, "skipped, because a cell is not valid for its type"),
            (self.busy, "skipped, because another task works on them"),
            (self.refused, "refused: the findings say why"),
        ] {
            if count > 0 {
                text.push_str(&format!(" {count} {what}."));
            }
        }
        if let Some(first) = &self.first {
            text.push_str(&format!(" The files begin with {first}."));
        }
        text
    }
}

fn export_changes(database: &Database, taken: &ImportResult, exports: &mut Exports) -> Result<(), SyncError> {
    let base = &taken.folder;
    let csv = render_csv(&source_csv(database, &taken.rows)).map_err(|error| SyncError::refused("too-large", error))?;
    exports.put(format!("{base}.csv"), "text/csv", csv);
    let described = Database { row_count: Some(taken.rows.len() as u64), ..database.clone() };
    exports.put(format!("{base}.json"), "application/json", sidecar_text(&described).into_bytes());
    let shown: Vec<_> = taken.changed.iter().take(MOST_CELLS).collect();
    let changes = json!({
        "schema": 1,
        "database": database.id,
        "title": database.title,
        "cells": taken.changed.len(),
        "new_rows": taken.added,
        "changed": shown,
        "conflicts": first(&taken.conflicts),
        "bad": first(&taken.bad),
        "read_only": first(&taken.read_only),
        "unknown_rows": first(&taken.unknown),
    });
    exports.put(format!("{base}.changes.json"), "application/json", format!("{changes:#}\n").into_bytes());
    Ok(())
}

fn first(list: &[SkippedRow]) -> Vec<&SkippedRow> {
    list.iter().take(MOST_CELLS).collect()
}

fn report_skipped(database: &Database, taken: &ImportResult, findings: &mut Findings) {
    let kinds = [
        ("conflict", Severity::Medium, &taken.conflicts),
        ("bad-cell", Severity::Medium, &taken.bad),
        ("unknown-row", Severity::Medium, &taken.unknown),
        ("read-only-cell", Severity::Info, &taken.read_only),
    ];
    for (kind, severity, list) in kinds {
        for left in list {
            let what = format!("{}:{}:{}", database.id, left.page_id, left.column);
            let column = if left.column.is_empty() { String::new() } else { format!(", column `{}`", left.column) };
            let title = format!("{}, row {}{column}: {}", taken.folder, left.page_id, left.why);
            findings.add(kind, &what, severity, title, "");
        }
    }
}
