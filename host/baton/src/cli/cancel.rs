//! `baton cancel`: cancels a task, or all open tasks of an agent, a plugin or a state.

use std::sync::Arc;

use anyhow::bail;
use baton_dispatch::Context;
use baton_ledger::Reader;
use baton_ledger::task::{self, TaskSummary};

use super::task_selection::TaskSelection;
use super::task_selector::TaskSelector;
use super::{WorkspaceOptions, decide, task_view};
use crate::exit::Code;
use crate::output;
use crate::workspace::Workspace;

/// Cancel a task: its sender gets a RETURN, its file is archived
///
/// A running task is asked to stop. Baton removes a request to an external agent from the agent's inbox. Without an ID,
/// Baton cancels every open task that --agent, --plugin and --in-state select.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A task id (at least its first 6 characters), a handoff id, a file name, or a title; it must identify one task
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Select every task with this handoff id, file name or title, for example after a broadcast
    #[arg(long, requires = "id")]
    all: bool,
    #[command(flatten)]
    selection: TaskSelection,
    /// Show what would be cancelled; change nothing
    #[arg(long, conflicts_with = "id")]
    dry_run: bool,
    /// The reason, which the RETURN states
    #[arg(long, value_name = "TEXT", default_value = "cancelled by the operator")]
    reason: String,
}

impl Args {
    pub(super) fn run(mut self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let reason = self.reason;
        let cancel = async |context: Arc<Context>, id: String| baton_dispatch::cancel(&context, &id, &reason).await;
        let options = self.selection.states_of(options);
        if let Some(id) = &self.id {
            if !self.selection.is_empty() {
                bail!("an ID cannot be combined with --agent, --plugin or --in-state; give an ID or these options");
            }
            let which = TaskSelector { word: id, all: self.all, open_only: true };
            return decide::decide(&options, &which, cancel);
        }
        if self.selection.is_empty() {
            bail!("name a task by its ID, or select all open tasks with --agent, --plugin or --in-state");
        }
        let workspace = options.need()?;
        let tasks = open_tasks(&workspace, &self.selection)?;
        if tasks.is_empty() {
            output::note("no open task matches; `baton status` lists all tasks");
            return Ok(Code::Good);
        }
        if self.dry_run {
            let line = |task: &TaskSummary| {
                let title = output::shorten(&output::one_line(&task.title), 80);
                format!("{}  {}  {}  {title}\n", task.id, task.state, task.agent)
            };
            output::print(&tasks.iter().map(line).collect::<String>());
            return Ok(Code::Good);
        }
        decide::each(&workspace, tasks.into_iter().map(|task| task.id).collect(), cancel)
    }
}

/// The open tasks that the selection matches, oldest first.
fn open_tasks(workspace: &Workspace, selection: &TaskSelection) -> anyhow::Result<Vec<TaskSummary>> {
    let filter = selection.filter(workspace)?;
    let recent = |reader: Reader| task::recent(&reader, &filter, u32::MAX);
    let mut tasks = task_view::reader(workspace)?.map(recent).transpose()?.unwrap_or_default();
    tasks.retain(|task| !task.state.is_final());
    tasks.reverse();
    Ok(tasks)
}
