//! `ensure-folder`: makes sure that a database has exactly one folder.

use baton_plugin_kit::{Findings, count};
use baton_plugin_sdk::{Error, Outcome, Task};
use serde_json::json;

use super::shared::{report_error, report_similar_folders, stamp, task_error};
use crate::context::{DriveContext, SyncError};
use crate::drive::{Undo, ensure};
use crate::locks::check_held;
use crate::task_arguments;

/// Finds, creates or merges the folder of a database.
pub(super) fn run(task: &Task, context: &DriveContext<'_>) -> Result<Outcome, Error> {
    let id = task_arguments::database(task)?;
    let title = task_arguments::needed(task, "title")?;
    // The lock must be held before the first check.
    let held = context.locks.take(&id)?;
    check_held(held.as_ref(), &id)?;
    let mut undo = Undo::default();
    let before = context.memory.get(&id)?.map(|known| known.title).unwrap_or_default();
    let ensured = match ensure(&context.root, &title, &id, &[&before], &mut undo) {
        Ok(ensured) => ensured,
        Err(error) if undo.is_moved() => return Ok(ended(context, &id, &undo, error)),
        Err(error) => return Err(task_error(SyncError::from(error))),
    };
    let name = &ensured.name;
    let mut summary = match (ensured.made, &ensured.renamed_from) {
        (true, _) => format!("The folder {}/{name} was created.", context.shown),
        (false, Some(before)) => format!("The folder {}/{name} was renamed; its old name is {before}.", context.shown),
        (false, None) => format!("The folder {}/{name} exists already.", context.shown),
    };
    if ensured.merged > 0 {
        summary.push_str(&format!(" {} merged into it; no file was lost.", count(ensured.merged, "folder")));
    }
    let mut outcome = Outcome::new(summary);
    let mut findings = Findings::default();
    report_similar_folders(&mut findings, &id, name, &ensured.others);
    outcome.findings = findings.into_list();
    if undo.changes().len() < 2 && ensured.merged == 0 {
        return Ok(outcome);
    }
    let report = json!({ "schema": 1, "folder": name, "merged": ensured.merged, "undo": undo.changes() });
    Ok(with_report(outcome, context, &report))
}

/// The outcome if an error occurs after something was moved. It is `partial`, because an error cannot report the moves.
fn ended(context: &DriveContext<'_>, id: &str, undo: &Undo, error: std::io::Error) -> Outcome {
    let mut findings = Findings::default();
    report_error(&mut findings, id, &task_error(SyncError::from(error)));
    let text = "The action stopped early; the finding has the reason. The report lists the moves that were done.";
    let mut outcome = Outcome::partial(text).with_next_step("fix the cause in the finding, then run the action again");
    outcome.findings = findings.into_list();
    with_report(outcome, context, &json!({ "schema": 1, "undo": undo.changes() }))
}

fn with_report(outcome: Outcome, context: &DriveContext<'_>, report: &serde_json::Value) -> Outcome {
    let file = format!("ensure-folder-{}.json", stamp(context));
    outcome.with_artifact(file, "application/json", format!("{report:#}\n"))
}
