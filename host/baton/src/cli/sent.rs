//! Waits for the outcome of a sent handoff. It only reads the ledger, so any process may serve the workspace. An
//! interrupted wait does not withdraw the handoff.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use baton_core::State;
use baton_dispatch::ALL_AGENTS;
use baton_ledger::task::{self, Task, TaskSummary};
use baton_ledger::{LedgerError, Reader};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::task_view;
use crate::exit::Code;
use crate::output::{self, one_line};
use crate::workspace::{ServingProcess, Workspace};

/// The pause between two reads of the ledger.
const PAUSE: Duration = Duration::from_millis(100);

/// The maximum time between the end of a task and the delivery of its RETURN.
const RETURN_PAUSE: Duration = Duration::from_secs(10);

/// The maximum time between the deadline of a task and its end by the daemon.
const DEADLINE_PAUSE: SignedDuration = SignedDuration::from_secs(2);

pub(super) struct SentHandoff {
    pub(super) id: String,
    pub(super) to: String,
    pub(super) file: String,
    pub(super) deadline: Option<Timestamp>,
}

/// The outcome of a handoff that was sent.
pub(super) struct SendOutcome {
    tasks: Vec<Task>,
    ended: bool,
}

impl SendOutcome {
    pub(super) fn code(&self) -> Code {
        let good = self.tasks.iter().all(|task| task.state == State::Succeeded);
        match (self.ended, good) {
            (false, _) => Code::Unverified,
            (true, true) => Code::Good,
            (true, false) => Code::Findings,
        }
    }
}

impl SentHandoff {
    /// Waits until all tasks of the handoff have ended and its RETURN is delivered, or until the deadline has passed.
    pub(super) fn wait(&self, workspace: &Workspace) -> anyhow::Result<SendOutcome> {
        if !ServingProcess::read(&workspace.state).is_ok_and(ServingProcess::is_on) {
            output::note("note: no `baton up` serves this workspace; waiting until one is started");
        }
        let (mut reader, mut reported, mut ended_at) = (None, BTreeSet::new(), None);
        loop {
            if reader.is_none() {
                reader = task_view::open(&workspace.state.ledger())?;
            }
            let tasks = reader.as_ref().map(|reader| self.tasks(reader)).transpose()?.unwrap_or_default();
            for task in &tasks {
                report_blocked(task, &mut reported);
            }
            let ended = !tasks.is_empty() && tasks.iter().all(|task| task.state.is_final());
            if ended {
                let since = *ended_at.get_or_insert_with(Instant::now);
                let awaits = |task: &&Task| task.agent != ALL_AGENTS && task.state.sends_return();
                let returned = tasks.iter().filter(awaits).all(|task| task.returned_at.is_some());
                if returned || since.elapsed() > RETURN_PAUSE {
                    for task in &tasks {
                        output::note(&outcome(task));
                        let steps = reader.as_ref().map(|reader| task::next_steps(reader, &task.id)).transpose()?;
                        output::suggestions(&task.agent, &steps.unwrap_or_default());
                    }
                    return Ok(SendOutcome { tasks, ended });
                }
            }
            if self.deadline.is_some_and(|deadline| Timestamp::now().duration_since(deadline) > DEADLINE_PAUSE)
                && !ended
            {
                output::note(&format!("no outcome before the deadline; `baton why {}` shows the state", self.id));
                return Ok(SendOutcome { tasks, ended });
            }
            sleep(PAUSE);
        }
    }

    /// The tasks of the handoff; empty until it is captured. For a broadcast: the tasks of all recipients, or the
    /// broadcast's own task if there is no recipient.
    fn tasks(&self, reader: &Reader) -> Result<Vec<Task>, LedgerError> {
        let mut tasks = task::matching(reader, &self.id)?.tasks;
        tasks.retain(|task| task.kind != "RETURN");
        if tasks.len() > 1 {
            tasks.retain(|task| task.agent != ALL_AGENTS);
        }
        Ok(tasks)
    }

    pub(super) fn as_json(&self, outcome: Option<&SendOutcome>) -> Value {
        let tasks = outcome.map(|outcome| {
            outcome.tasks.iter().map(|task| task_view::as_json(&TaskSummary::from(task.clone()))).collect::<Vec<_>>()
        });
        json!({
            "schema": 1,
            "handoff_id": self.id,
            "to": self.to,
            "file": self.file,
            "deadline": self.deadline.map(|at| at.to_string()),
            "ended": outcome.map(|outcome| outcome.ended),
            "tasks": tasks,
        })
    }
}

/// Prints, once for each task, that it waits for a person, and why.
fn report_blocked(task: &Task, reported: &mut BTreeSet<(String, String)>) {
    let blocked = matches!(task.state, State::NeedsHuman | State::NeedsGrant | State::NeedsApproval);
    if blocked && reported.insert((task.id.clone(), task.reason.clone())) {
        let reason = one_line(&task.reason);
        output::note(&format!("{} is {}: {reason} (`baton why {}`)", one_line(&task.agent), task.state, task.id));
    }
}

fn outcome(task: &Task) -> String {
    format!("{}: {}: {}", one_line(&task.agent), task.status(), one_line(&task.reason))
}
