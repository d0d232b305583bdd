//! Data that the table, the JSON and `--watch` of `baton status` share.

use std::time::Duration;

use baton_dispatch::agent_work::is_running;
use baton_dispatch::budget::ExhaustedBudget;
use baton_ledger::Reader;
use baton_ledger::command_run::{self, Run};
use baton_ledger::supervision::{self, FailingPlugin};
use baton_ledger::task::TaskFilter;
use jiff::Timestamp;

use crate::cli::task_view;
use crate::workspace::Workspace;

/// The plugins whose tasks all wait, and the command agents that work.
#[derive(Debug, Default)]
pub(super) struct PluginHolds {
    /// Plugins in quarantine.
    pub(super) held: Vec<FailingPlugin>,
    /// Exhausted budgets.
    pub(super) reached: Vec<ExhaustedBudget>,
    /// The runs of command agents whose processes are running.
    pub(super) runs: Vec<Run>,
}

impl PluginHolds {
    pub(super) fn read(workspace: &Workspace, reader: &Reader, now: Timestamp) -> anyhow::Result<Self> {
        let held = supervision::quarantined_plugins(reader, now)?;
        let runs = command_run::open(reader)?.into_iter().filter(is_running).collect();
        Ok(Self { held, reached: task_view::budgets_reached(workspace, reader, now)?, runs })
    }
}

/// Limits the filter to tasks of the last `age`.
pub(super) fn since(filter: TaskFilter, age: Option<Duration>) -> TaskFilter {
    TaskFilter { since: age.map(|age| task_view::before(Timestamp::now(), age)), ..filter }
}

/// The note for an empty table.
pub(super) fn nothing(filter: &TaskFilter) -> &'static str {
    if filter.is_empty() {
        "no tasks yet: drop a handoff into an inbox (handoffs/examples/ has some) and run `baton up`"
    } else {
        "no task matches; `baton status` lists all"
    }
}
