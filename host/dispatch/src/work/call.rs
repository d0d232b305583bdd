//! Calls of actions by the operator with `baton run`. They also work while a daemon is running.

use std::sync::Arc;

use baton_core::{OutcomeKind, State};
use baton_ledger::{LedgerError, Tx, task};
use baton_sandbox::{Cancel, Progress};
use jiff::Timestamp;

use super::prepare::with_defaults;
use super::run::{Listener, attempt, check_arguments};
use crate::attempt::SettledTask;
use crate::context::Context;
use crate::lease::begin;
use crate::settle::settle;
use crate::{DispatchError, budget, limits};

/// A call of an action by the operator.
#[derive(Clone, Debug)]
pub struct Call {
    /// The plugin.
    pub plugin: String,
    /// The action.
    pub action: String,
    /// The arguments.
    pub args: serde_json::Map<String, serde_json::Value>,
}

/// The result of a call.
#[derive(Debug)]
pub struct CallReport {
    /// The id of the task in the ledger.
    pub id: String,
    /// The current state of the task.
    pub state: State,
    /// The outcome kind, if the plugin returned an outcome.
    pub outcome: Option<OutcomeKind>,
    /// The summary of the outcome, or the reason of the failure.
    pub text: String,
    /// The next steps that the plugin names.
    pub next_steps: Vec<String>,
    /// The files that were written, relative to the workspace.
    pub artifacts: Vec<String>,
    /// The standard output and standard error of the plugin.
    pub log: String,
}

/// Records a task, makes one attempt at once, and delivers the task's files.
///
/// # Errors
/// When there is no such plugin or action, or the ledger fails.
pub async fn call(
    context: &Arc<Context>,
    call: Call,
    cancel: &Cancel,
    listener: impl Fn(&str, Progress) + Send + Sync + 'static,
) -> Result<CallReport, DispatchError> {
    let args = check_call(context, &call).await?;
    let new = task::NewTask {
        title: format!("{} {}", call.plugin, call.action),
        action: Some(call.action),
        args,
        actor: "operator".to_owned(),
        // The state is not `queued`, because a running daemon would lease a queued task.
        ..task::NewTask::blank(&call.plugin, task::Origin::Call, State::Captured)
    };
    let (owner, now, inner) = (context.owner.clone(), Timestamp::now(), Arc::clone(context));
    let insert = move |tx: &Tx<'_>| {
        let id = task::insert(tx, &new, None, now)?;
        let leased = task::lease_task(tx, &id, &owner, limits::LEASE, now)?;
        // A call starts even if a budget is used up, but its handoffs count against the budget.
        budget::room(tx, &inner, &leased.agent, 1, now)?;
        begin(tx, leased, now)
    };
    let started = context.ledger.write(insert).await?;
    let listener: Listener = Arc::new(listener);
    let finished = attempt(context, started, cancel, Some(&listener)).await;
    let batch = settle(context, vec![finished], 0).await?;
    let settled = batch.settled.into_iter().next().ok_or(LedgerError::Closed)?;
    for id in std::iter::once(&settled.id).chain(&settled.to_deliver) {
        crate::deliver(context, id).await?;
    }
    let SettledTask { id, state, outcome, text, next_steps, artifacts, log, .. } = settled;
    Ok(CallReport { id, state, outcome, text, next_steps, artifacts, log })
}

impl CallReport {
    /// The status for people: the task's state, or `partial` or `refused`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        OutcomeKind::status(self.state, self.outcome)
    }
}

/// The arguments of a call as JSON. An unknown action or wrong arguments are an error; Baton does not record the call.
async fn check_call(context: &Arc<Context>, call: &Call) -> Result<String, DispatchError> {
    let installed = context.plugin(&call.plugin)?;
    installed.action(Some(&call.action))?;
    let args = serde_json::Value::Object(call.args.clone()).to_string();
    let roster = context.roster();
    let defaults = roster.get(&call.plugin).and_then(|agent| agent.settings.defaults.get(&call.action));
    let given = with_defaults(&args, defaults);
    check_arguments(&installed, &call.action, &given).await.map_err(DispatchError::Refused)?;
    Ok(args)
}
