//! Runs from the ledger: the tasks of each agent.

use baton_plugin_kit::host::{Entry, Ledger};
use baton_plugin_sdk::ledger::newest;

use super::runs::{Record, RunRow, RunSource, Runs};
use crate::limits;
use crate::time;

/// The runs of each agent, without the audit's own task `own`.
///
/// # Errors
/// The reason why the ledger could not be read.
pub(super) fn runs(ledger: &dyn Ledger, own: &str) -> Result<Vec<RunRow>, String> {
    let tasks = ledger.tasks(&newest(limits::LEDGER_TASKS)).map_err(|refused| refused.text().to_owned())?;
    let own = tasks.iter().find(|task| task.id == own).map(|task| task.agent.clone());
    let mut runs = Runs::default();
    for task in tasks.iter().filter(|task| Some(&task.agent) != own.as_ref()) {
        runs.add(record(task));
    }
    Ok(runs.rows(RunSource::Ledger))
}

fn record(task: &Entry) -> Record {
    let created = time::read(&task.created_at);
    let ended = task.ended_at.as_deref().and_then(time::read);
    Record {
        name: task.agent.clone(),
        at: created,
        succeeded: match task.state.as_str() {
            "succeeded" => Some(true),
            "failed" | "dead" | "rejected" => Some(false),
            _ => None,
        },
        duration_ms: ended.zip(created).and_then(|(ended, created)| u64::try_from(ended - created).ok()),
        ..Record::default()
    }
}
