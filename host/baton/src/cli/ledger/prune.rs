//! `baton ledger prune`: moves the old part of the chain into an archive.

use std::path::PathBuf;

use baton_ledger::Reader;
use baton_ledger::prune::{self, Plan, PruneResult, Target};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::open::events;
use crate::exit::Code;
use crate::output;
use crate::workspace::{Workspace, head};

/// Archive the oldest events and delete them from the ledger, even while the daemon runs
///
/// Baton deletes the beginning of the chain, up to the first event that is younger or whose task is still open. It first
/// writes these events to an archive in the format of `baton ledger export`. Keep the archives: with them
/// `baton ledger verify --archive FILE...` can still check the whole chain. Baton still recognises duplicates of old
/// tasks. The arguments, findings and captured files of these tasks are deleted.
///
/// The ledger's file does not shrink: SQLite reuses the free pages. To shrink it, stop the daemon and run `VACUUM` on
/// ledger.db with SQLite.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// How old: an age (90d, 12w, 1y) or a date (2026-01-31, 2026-01-31T12:00:00Z)
    #[arg(long, value_name = "AGE_OR_DATE")]
    before: String,
    /// The new file for the events; nothing is overwritten [default: archive/events-FIRST-LAST.jsonl in the state folder]
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
    /// Show what would be archived; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, workspace: &Workspace, reader: &Reader) -> anyhow::Result<Code> {
        let now = Timestamp::now();
        let before = moment(&self.before, now)?;
        let plan = prune::plan(reader, before)?;
        let target = match self.archive {
            Some(file) => Target::File(file),
            None => Target::Folder(workspace.state.folder().join("archive")),
        };
        let done = if self.dry_run || plan.events() == 0 {
            None
        } else {
            Some(prune::prune(
                &head::open_ledger(workspace, &baton_process::owner::name("prune"))?,
                &plan,
                &target,
                now,
            )?)
        };
        if self.json {
            output::json(&as_json(&plan, before, done.as_ref()));
        } else {
            output::print(&as_text(&plan, done.as_ref()));
        }
        Ok(Code::Good)
    }
}

/// The time that `text` means: a date (midnight, UTC), a time, or an age.
fn moment(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    let zoned = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let ago = |span: Span| now.to_zoned(TimeZone::UTC).checked_sub(span).map(|zoned| zoned.timestamp());
    let is_date = text.len() == "2026-01-31".len();
    let before = match (text.parse::<Timestamp>(), text.parse::<Date>(), text.parse::<Span>()) {
        (Ok(at), ..) => Some(at),
        (_, Ok(date), _) if is_date => zoned(date).ok(),
        (.., Ok(span)) => ago(span).ok(),
        _ => None,
    };
    let before = before.ok_or_else(|| {
        anyhow::anyhow!("`{text}` is neither an age (90d, 12w, 1y) nor a date (2026-01-31, 2026-01-31T12:00:00Z)")
    })?;
    anyhow::ensure!(before <= now, "`{text}` is in the future; give the age of the events to prune");
    Ok(before)
}

fn as_text(plan: &Plan, done: Option<&PruneResult>) -> String {
    let mut text = match done {
        Some(done) => {
            let archive = done.archive.display();
            format!("pruned: events {}–{}, archived in {archive}\n", plan.first, done.last)
        }
        None if plan.events() == 0 => "nothing to prune\n".to_owned(),
        None => format!("would prune {}: {}–{}\n", events(plan.events()), plan.first, plan.last),
    };
    if let Some(kept) = &plan.kept {
        text.push_str(&format!(
            "event {} and all later events stay, because task {} of this event {}\n",
            kept.seq,
            output::one_line(&kept.task),
            kept.why
        ));
    }
    if let Some(done) = done.filter(|done| done.last < plan.last) {
        text.push_str(&format!(
            "pruned less than planned (the plan ended at event {}): a task after event {} was opened again\n",
            plan.last, done.last
        ));
    }
    text
}

fn as_json(plan: &Plan, before: Timestamp, done: Option<&PruneResult>) -> Value {
    let last = done.map_or(plan.last, |done| done.last);
    let some = last >= plan.first;
    json!({
        "schema": 1,
        "before": before.to_string(),
        "pruned": done.is_some(),
        "events": last.saturating_sub(plan.first).saturating_add(1).max(0),
        "first": some.then_some(plan.first),
        "last": some.then_some(last),
        "archive": done.map(|done| done.archive.display().to_string()),
        "kept": plan.kept.as_ref().map(|kept| json!({ "seq": kept.seq, "task": kept.task, "why": kept.why })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_an_age_a_date_or_a_time() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("90d", "2025-12-31T12:00:00Z"),
            ("1w", "2026-03-24T12:00:00Z"),
            ("1y", "2025-03-31T12:00:00Z"),
            ("12h", "2026-03-31T00:00:00Z"),
            ("0s", "2026-03-31T12:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ] {
            assert_eq!(moment(text, now).unwrap(), expected.parse().unwrap(), "{text}");
        }
        for text in ["", "90", "soon", "2026-13-01", "2026-04-01", "-1d", "2026-01-31T12:00:00"] {
            assert!(moment(text, now).is_err(), "{text}");
        }
    }
}
