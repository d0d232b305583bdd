//! The data of an attempt, from its lease to its settlement.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_core::text::at_most;
use baton_core::{OutcomeKind, State};
use baton_ledger::task::Task;
use baton_ledger::{LedgerError, Tx, plugin_requests, task};
use baton_sandbox::{AttemptError, AttemptReport};
use jiff::Timestamp;

use crate::limits;
use crate::plugins::InstalledPlugin;
use crate::triggers::own_writes::OwnChanges;

/// A settled attempt.
#[derive(Debug)]
pub(crate) struct SettledTask {
    pub(crate) id: String,
    pub(crate) agent: String,
    /// The sender of the handoff; empty if the task has no sender.
    pub(crate) from: String,
    pub(crate) title: String,
    pub(crate) state: State,
    pub(crate) outcome: Option<OutcomeKind>,
    pub(crate) text: String,
    pub(crate) next_steps: Vec<String>,
    pub(crate) artifacts: Vec<String>,
    /// Other tasks that now have deliveries.
    pub(crate) to_deliver: Vec<String>,
    /// Tasks that depended on this one may start.
    pub(crate) released: bool,
    /// Why Baton runs no more tasks of the plugin for now: it is quarantined, or a budget is used up. `None` if neither is
    /// the case.
    pub(crate) quarantined: Option<String>,
    /// The plugin has changed the set of files that it watches.
    pub(crate) watches: bool,
    /// The attempt has changed files that its plugin's triggers watch. Another program may have changed the same files
    /// at the same time.
    pub(crate) wrote: bool,
    /// The standard output and standard error of the plugin.
    pub(crate) log: String,
}

impl SettledTask {
    /// The state or outcome in the form that people see.
    pub(crate) fn status(&self) -> &'static str {
        OutcomeKind::status(self.state, self.outcome)
    }

    /// Logs the task; as a warning if the task failed or waits for a person.
    pub(crate) fn log(&self) {
        let Self { id: task, agent, from, text, .. } = self;
        let title = at_most(&self.title, limits::TITLE_IN_LOG_BYTES);
        let state = self.status();
        match self.state {
            State::Failed
            | State::Dead
            | State::Rejected
            | State::NeedsHuman
            | State::NeedsGrant
            | State::NeedsApproval => tracing::warn!(%task, %agent, %state, ?from, ?title, "{text}"),
            _ => tracing::info!(%task, %agent, %state, ?from, ?title, "{text}"),
        }
    }
}

/// The effect of an attempt on its plugin's quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PluginHealth {
    /// The plugin works: it succeeded, or returned an error.
    Ok,
    /// The plugin crashed or exceeded a limit.
    Fault(String),
    /// The attempt does not show whether the plugin works, for instance because it was cancelled.
    None,
}

impl PluginHealth {
    pub(crate) fn of(report: &AttemptReport) -> Self {
        match &report.ended {
            Err(failure @ (AttemptError::Trap(_) | AttemptError::Limit { .. })) => Self::Fault(failure.to_string()),
            Err(AttemptError::Cancelled) => Self::None,
            // A missing grant, for example, is not a fault of the plugin.
            Ok(_)
            | Err(
                AttemptError::Retryable(_)
                | AttemptError::Permanent(_)
                | AttemptError::NeedsHuman(_)
                | AttemptError::NeedsGrant(_),
            ) => Self::Ok,
        }
    }
}

/// The RETURN that triggered a task, and the request that it answers.
#[derive(Debug)]
pub(crate) struct ReturnContext {
    /// The task of the RETURN.
    pub(crate) answer: Task,
    /// The task of the request, and the bytes of the request's file.
    pub(crate) request: Option<(Task, Option<Vec<u8>>)>,
    /// The key under which the plugin sent the request. The `dedupe_key` in the request's file is different: each file has a
    /// new one.
    pub(crate) key: Option<String>,
}

impl ReturnContext {
    /// Reads the RETURN that triggered the task; `None` if no RETURN triggered it.
    pub(crate) fn of(tx: &Tx<'_>, task: &Task) -> Result<Option<Self>, LedgerError> {
        let Some(about) = &task.about else {
            return Ok(None);
        };
        let answer = task::get_in(tx, about)?;
        let request = answer.request.as_deref().map(|id| task::get_in(tx, id)).transpose()?;
        let id = request.as_ref().and_then(|request| request.handoff_id.as_deref());
        let key = id.map(|id| plugin_requests::key(tx, &task.agent, id)).transpose()?.flatten();
        let request = match request {
            Some(request) => {
                let bytes = request.input.as_deref().map(|hash| task::input(tx, hash)).transpose()?.flatten();
                Some((request, bytes))
            }
            None => None,
        };
        Ok(Some(Self { answer, request, key }))
    }
}

/// Agents that have work now, and the time until more work is due.
#[derive(Debug, Default)]
pub(crate) struct DueWork {
    pub(crate) agents: Vec<String>,
    pub(crate) next: Option<Duration>,
}

/// The attempts that were settled together, and the next tasks of the same worker.
#[derive(Debug, Default)]
pub(crate) struct AttemptBatch {
    pub(crate) settled: Vec<SettledTask>,
    /// These tasks are leased in the transaction that settled the attempts, which saves one commit for each task.
    pub(crate) next: Vec<StartedTask>,
}

/// A leased task and the bytes of its handoff.
#[derive(Debug)]
pub(crate) struct StartedTask {
    pub(crate) task: Task,
    pub(crate) input: Option<Vec<u8>>,
    /// Present if a RETURN triggered the task.
    pub(crate) about: Option<Box<ReturnContext>>,
    /// The number of files that Baton watches for the plugin, for each key of `watch.set`.
    pub(crate) watched: BTreeMap<String, u64>,
}

/// A task whose attempt has ended and is not settled yet.
pub(crate) struct FinishedAttempt {
    pub(crate) task: Task,
    pub(crate) installed: Option<Arc<InstalledPlugin>>,
    pub(crate) ended: Result<AttemptReport, AbortReason>,
    /// The changes that the attempt made to files that a trigger of its plugin watches.
    pub(crate) own: OwnChanges,
    /// The number of bytes by which the plugin's own database grew.
    pub(crate) sql_bytes: u64,
    pub(crate) at: Timestamp,
}

impl FinishedAttempt {
    pub(crate) fn of(
        task: Task,
        installed: Option<Arc<InstalledPlugin>>,
        ended: Result<AttemptReport, AbortReason>,
    ) -> Self {
        Self { task, installed, ended, own: OwnChanges::default(), sql_bytes: 0, at: Timestamp::now() }
    }

    /// The total size of the artifacts in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let outcome = self.ended.as_ref().ok().and_then(|report| report.ended.as_ref().ok());
        outcome.map_or(0, |outcome| outcome.artifacts.iter().map(|artifact| artifact.bytes.len()).sum())
    }
}

/// Why a task ended without an outcome.
pub(crate) enum AbortReason {
    /// The operator cancelled the task.
    Cancelled(String),
    /// The operator or the sender of the task asked the running attempt to stop.
    StopRequested,
    /// The sender of the task withdrew it.
    Withdrawn(String),
    /// The file of the task was removed from the inbox.
    FileRemoved(String),
    /// The external agent did not answer the task in time.
    Stale(String),
    /// Baton or the plugin cannot do the request.
    Refused(String),
    /// The deadline of the task has passed.
    Overdue(String),
    /// The plugin is not usable now.
    Unusable(String),
    /// The operator has not allowed the plugin.
    Held(String),
    /// The file of the task is not in the inbox: it was removed or renamed, or a program is saving it.
    Missing,
    /// The daemon stopped before an attempt of the task started.
    NotStarted,
}
