//! Shared by `cancel`, `retry` and `answer`: finds the tasks, applies the decision, wakes the daemon, and prints the result.

use std::sync::Arc;

use baton_dispatch::{Context, DecisionResult, DispatchError};

use super::task_selector::{self, TaskSelector};
use super::{WorkspaceOptions, task_view};
use crate::exit::Code;
use crate::output;
use crate::workspace::{PluginSelection, Workspace, head, open};

/// Calls `decide` with each selected task. An error for one task does not stop the others. Fails if no task matches, if
/// the selector matches several tasks without `--all`, or if `decide` fails for a task. In that case it returns the last
/// error.
pub(super) fn decide<D>(options: &WorkspaceOptions, which: &TaskSelector<'_>, decide: D) -> anyhow::Result<Code>
where
    D: AsyncFn(Arc<Context>, String) -> Result<DecisionResult, DispatchError>,
{
    let workspace = options.need()?;
    let reader = task_view::reader(&workspace)?;
    let tasks = task_selector::to_act(reader.as_ref(), which)?;
    drop(reader);
    each(&workspace, tasks.into_iter().map(|task| task.id).collect(), decide)
}

/// Calls `decide` with each of `tasks`. An error for one task does not stop the others. Returns the last such error.
pub(super) fn each<D>(workspace: &Workspace, tasks: Vec<String>, decide: D) -> anyhow::Result<Code>
where
    D: AsyncFn(Arc<Context>, String) -> Result<DecisionResult, DispatchError>,
{
    let decided = super::block_on(async {
        let context = open(workspace, PluginSelection::None, "decide", 3)?;
        let ledger = context.ledger().clone();
        let mut decided = Vec::new();
        for task in tasks {
            let done = decide(Arc::clone(&context), task.clone()).await;
            decided.push((task, done));
        }
        head::note(workspace, &ledger);
        Ok(decided)
    });
    // Wake the daemon even after a failure, because some decisions may be in the ledger.
    workspace.state.wake_daemon();
    let mut failed = None;
    for (id, done) in decided? {
        match done {
            Ok(done) => output::print(&describe(&id, &done)),
            Err(error) => {
                if let Some(before) = failed.replace(error) {
                    output::note(&output::one_line(&before.to_string()));
                }
            }
        }
    }
    match failed {
        None => Ok(Code::Good),
        Some(error) => Err(error.into()),
    }
}

fn describe(id: &str, decided: &DecisionResult) -> String {
    match decided {
        DecisionResult::Now(state) => format!("{id} is now {state}\n"),
        DecisionResult::Asked => {
            format!("{id} is running and was asked to stop; `baton why {id}` shows when it has stopped\n")
        }
        DecisionResult::Dropped(options) => {
            format!("wrote the file of {id} again: {}\n", output::one_line(options))
        }
        DecisionResult::Anew(new) => format!("{id} runs again as {new}\n"),
    }
}
