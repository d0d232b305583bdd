//! Why a task waits or failed, in one line. `baton why` shows everything.

use baton_core::State;
use baton_core::text::one_line;
use baton_ledger::task::TaskSummary;
use jiff::Timestamp;

use super::model::PluginHolds;
use crate::cli::command_agents::progress;
use crate::cli::task_view::age;

/// The line; empty if there is nothing to explain.
pub(super) fn reason(task: &TaskSummary, holds: &PluginHolds, now: Timestamp) -> String {
    let own = one_line(task.reason.trim());
    match task.state {
        State::Running if task.attempts > 1 => format!("attempt {}", task.attempts),
        State::Succeeded | State::Captured | State::Running => String::new(),
        State::Queued => held(task, holds).unwrap_or(own),
        State::Waiting => held(task, holds).map_or_else(|| own.clone(), |held| format!("{own}; {held}")),
        State::Delivered => running(task, holds, now).or_else(|| overdue(task, now)).unwrap_or_default(),
        State::NeedsGrant
        | State::NeedsHuman
        | State::NeedsApproval
        | State::Disputed
        | State::Failed
        | State::Dead
        | State::Cancelled
        | State::Duplicate
        | State::Rejected => own,
    }
}

/// The run of a command agent that works on the task.
fn running(task: &TaskSummary, holds: &PluginHolds, now: Timestamp) -> Option<String> {
    holds.runs.iter().find(|run| run.task == task.id).map(|run| progress(run, now))
}

/// Why all tasks of the task's plugin wait.
fn held(task: &TaskSummary, holds: &PluginHolds) -> Option<String> {
    if let Some(held) = holds.held.iter().find(|held| held.agent == task.agent) {
        return Some(format!("its plugin is in quarantine after {} failures in a row", held.failures));
    }
    let reached = holds.reached.iter().find(|reached| reached.plugin == task.agent && reached.holds_tasks())?;
    Some(format!("its plugin has used up its budget `{}`", reached.resource.as_str()))
}

/// Why a delivered request is overdue; `None` before its deadline and after its RETURN.
fn overdue(task: &TaskSummary, now: Timestamp) -> Option<String> {
    let deadline = task.deadline.filter(|deadline| *deadline < now && task.returned_at.is_none())?;
    Some(format!("no RETURN yet; its deadline passed {} ago", age(deadline, now)))
}
