//! Decides how an attempt ends: the state, the event's action and the reason. This module writes nothing.

use std::sync::Arc;

use baton_core::{OutcomeKind, State};
use baton_ledger::task::{Origin, Task};
use baton_sandbox::{self as sandbox, AttemptError, AttemptReport, Judgement, WatchUpdate, wit};
use jiff::{SignedDuration, Timestamp};

use super::explain::explain;
use super::reports;
use crate::attempt::AbortReason;
use crate::context::Context;
use crate::limits;
use crate::plugins::InstalledPlugin;
use crate::presence::FILE_MISSING;

/// Who ended an attempt: the actor of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    /// The plugin, with the result of its attempt.
    Plugin,
    /// The daemon.
    Baton,
    /// A person, with a command such as `baton cancel`.
    Operator,
    /// The agent that sent the request.
    Sender,
    /// The actor that asked the running attempt to stop: the operator or the sender.
    StopRequester,
}

impl Actor {
    pub(super) fn name(self, task: &Task) -> &str {
        match self {
            Self::Plugin => &task.agent,
            Self::Baton => "baton",
            Self::Operator | Self::StopRequester => "operator",
            Self::Sender => task.sender.as_deref().unwrap_or("operator"),
        }
    }
}

/// The decision how an attempt ends, before it is written.
pub(super) struct Resolution {
    pub(super) actor: Actor,
    pub(super) state: State,
    pub(super) action: &'static str,
    pub(super) text: String,
    /// How much was done, if the plugin returned an outcome.
    pub(super) outcome: Option<OutcomeKind>,
    pub(super) next_steps: Vec<String>,
    pub(super) due: Option<Timestamp>,
    /// True if the external agent did not answer in time.
    pub(super) stale: bool,
    pub(super) artifacts: Vec<wit::Artifact>,
    pub(super) findings: Vec<wit::Finding>,
    pub(super) requests: Vec<sandbox::PluginRequest>,
    pub(super) watched: Vec<WatchUpdate>,
    pub(super) judgements: Vec<Judgement>,
}

impl Resolution {
    /// The resolution of an attempt that the plugin ended without an outcome.
    fn without_outcome(state: State, action: &'static str, text: String) -> Self {
        Self {
            actor: Actor::Plugin,
            state,
            action,
            text,
            outcome: None,
            next_steps: Vec::new(),
            due: None,
            stale: false,
            artifacts: Vec::new(),
            findings: Vec::new(),
            requests: Vec::new(),
            watched: Vec::new(),
            judgements: Vec::new(),
        }
    }

    fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }
}

/// Decides how an attempt of `installed` ended. If the task has to wait for a grant or an approval, and the operator has
/// changed the plugin or its grants during the attempt, the task is tried again.
pub(super) fn resolve(
    context: &Context,
    task: &Task,
    installed: Option<&Arc<InstalledPlugin>>,
    ended: Result<AttemptReport, AbortReason>,
    now: Timestamp,
) -> Resolution {
    let resolution = match ended {
        Err(ended) => without_report(ended, now),
        Ok(AttemptReport { ended: Err(failure), log, .. }) => {
            let resolution = failed(context, task, installed.map(Arc::as_ref), &failure, &log, now);
            if context.budgets.was_refused(&task.agent, &task.id) {
                out_of_budget(context, task, resolution)
            } else {
                resolution
            }
        }
        Ok(AttemptReport { ended: Ok(outcome), plugin_requests, watched, judgements, .. }) => {
            Resolution { judgements, ..with_outcome(task, outcome, plugin_requests, watched) }
        }
    };
    let waits = matches!(resolution.state, State::NeedsGrant | State::NeedsApproval);
    if waits && task.origin == Origin::Call {
        let text = format!("{}; then repeat the command: `baton run` does not continue automatically", resolution.text);
        return Resolution { text, ..resolution };
    }
    if waits && has_changed(context, task, installed) {
        let text = "the plugin or its grants have changed in the meantime: trying again".to_owned();
        return Resolution::without_outcome(State::Queued, "queued", text).by(Actor::Baton);
    }
    resolution
}

/// Whether the plugin was replaced after the attempt started, or has become usable since then.
fn has_changed(context: &Context, task: &Task, installed: Option<&Arc<InstalledPlugin>>) -> bool {
    let now = context.plugin(&task.agent).ok();
    now.is_some_and(|now| installed.is_none_or(|then| !Arc::ptr_eq(&now, then)))
}

/// The resolution of a task without a report of the plugin.
fn without_report(ended: AbortReason, now: Timestamp) -> Resolution {
    let (state, action, text) = match ended {
        AbortReason::Stale(reason) => {
            let resolution = Resolution::without_outcome(State::Cancelled, "stale", reason);
            return Resolution { stale: true, ..resolution.by(Actor::Baton) };
        }
        AbortReason::Missing => {
            let due = now.checked_add(limits::MISSING_AGAIN).ok();
            let resolution = Resolution::without_outcome(State::Waiting, "missing", FILE_MISSING.to_owned());
            return Resolution { due, ..resolution.by(Actor::Baton) };
        }
        AbortReason::Cancelled(reason) => {
            return Resolution::without_outcome(State::Cancelled, "cancelled", reason).by(Actor::Operator);
        }
        AbortReason::StopRequested => {
            let text = "it was asked to stop".to_owned();
            return Resolution::without_outcome(State::Cancelled, "cancelled", text).by(Actor::StopRequester);
        }
        AbortReason::Withdrawn(reason) => {
            return Resolution::without_outcome(State::Cancelled, "cancelled", reason).by(Actor::Sender);
        }
        AbortReason::FileRemoved(reason) => (State::Cancelled, "cancelled", reason),
        AbortReason::Refused(reason) => (State::Failed, "failed", reason),
        AbortReason::Overdue(reason) => (State::Failed, "overdue", reason),
        AbortReason::NotStarted => {
            let text = "the daemon stopped before the task started; the task runs at the next start";
            (State::Queued, "stopped", text.to_owned())
        }
        AbortReason::Held(reason) => (State::NeedsApproval, "needs_approval", reason),
        AbortReason::Unusable(reason) => (State::NeedsGrant, "needs_grant", reason),
    };
    Resolution::without_outcome(state, action, text).by(Actor::Baton)
}

/// The resolution if the plugin returned an outcome. If the name of a report is invalid, the attempt failed.
fn with_outcome(
    task: &Task,
    outcome: wit::Outcome,
    requests: Vec<sandbox::PluginRequest>,
    watched: Vec<WatchUpdate>,
) -> Resolution {
    if let Some(bad) = reports::bad_name(&outcome.artifacts) {
        let text = format!(
            "the plugin `{}` named a report {bad:?}: each report needs a unique file name without a folder",
            task.agent
        );
        return Resolution::without_outcome(State::Failed, "failed", text);
    }
    let (kind, action) = match outcome.kind {
        wit::OutcomeKind::Done => (OutcomeKind::Done, "succeeded"),
        wit::OutcomeKind::Partial => (OutcomeKind::Partial, "partial"),
        wit::OutcomeKind::Refused => (OutcomeKind::Refused, "refused"),
    };
    Resolution {
        outcome: Some(kind),
        next_steps: outcome.next_steps,
        artifacts: outcome.artifacts,
        findings: outcome.findings,
        requests,
        watched,
        ..Resolution::without_outcome(kind.state(), action, outcome.summary)
    }
}

fn failed(
    context: &Context,
    task: &Task,
    installed: Option<&InstalledPlugin>,
    failure: &AttemptError,
    log: &str,
    now: Timestamp,
) -> Resolution {
    let missing = installed.map_or(&[][..], |installed| &installed.grants.missing);
    let text = explain(failure, &task.agent, missing, log);
    let (state, action) = match failure {
        AttemptError::Retryable(_) => return again_or_dead(context, task, &text, now),
        AttemptError::NeedsHuman(_) => (State::NeedsHuman, "needs_human"),
        AttemptError::NeedsGrant(_) => (State::NeedsGrant, "needs_grant"),
        AttemptError::Cancelled => return stopped(task, installed),
        AttemptError::Permanent(_) | AttemptError::Limit { .. } | AttemptError::Trap(_) => (State::Failed, "failed"),
    };
    Resolution::without_outcome(state, action, text)
}

/// The resolution if an attempt failed after Baton refused a handoff because of the plugin's budget. The task is tried again
/// when the budget has room, unless the task is a call or has no attempts left.
fn out_of_budget(context: &Context, task: &Task, failed: Resolution) -> Resolution {
    if failed.state != State::Failed || task.origin == Origin::Call {
        return failed;
    }
    let (policy, attempts) = (context.retry(&task.agent), task.attempts);
    let text = format!(
        "{}; the plugin has used up its budget of handoffs (attempt {attempts} of {})",
        failed.text, policy.max_attempts
    );
    // The queued task starts when the budget has room again, like all tasks of the plugin.
    let (state, action) =
        if attempts < policy.max_attempts { (State::Queued, "queued") } else { (State::Dead, "dead") };
    Resolution::without_outcome(state, action, text).by(Actor::Baton)
}

/// The resolution if the daemon stopped the attempt, or a person interrupted a call. An idempotent action runs again at the
/// daemon's next start. For another action, a person decides.
fn stopped(task: &Task, installed: Option<&InstalledPlugin>) -> Resolution {
    let idempotent = installed.is_some_and(|installed| installed.is_idempotent(task.action.as_deref()));
    let (actor, state, text) = if task.origin == Origin::Call {
        (Actor::Operator, State::Cancelled, "it was cancelled")
    } else if idempotent {
        (Actor::Baton, State::Queued, "the attempt was stopped; the task runs again at the next start")
    } else {
        let text = "the attempt was stopped and the action is not declared idempotent: check what it has done";
        (Actor::Baton, State::NeedsHuman, text)
    };
    Resolution::without_outcome(state, "stopped", text.to_owned()).by(actor)
}

/// The resolution after a failed attempt that may be retried. The task is `dead` if it is a call or no attempts are left.
fn again_or_dead(context: &Context, task: &Task, text: &str, now: Timestamp) -> Resolution {
    let policy = context.retry(&task.agent);
    let pause = policy.pause_after(task.attempts, &task.id).filter(|_| task.origin != Origin::Call);
    match pause.and_then(|pause| SignedDuration::try_from(pause).ok()).and_then(|pause| now.checked_add(pause).ok()) {
        Some(due) => {
            let text = format!("{text} (attempt {} of {})", task.attempts, policy.max_attempts);
            Resolution { due: Some(due), ..Resolution::without_outcome(State::Waiting, "waiting", text) }
        }
        None if task.origin == Origin::Call => {
            let text =
                format!("{text}; `baton run` makes only one attempt; repeat the command when the cause is fixed");
            Resolution::without_outcome(State::Dead, "dead", text)
        }
        None => {
            let attempts =
                if task.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", task.attempts) };
            Resolution::without_outcome(State::Dead, "dead", format!("{text} (after {attempts})"))
        }
    }
}

/// The recipient of a RETURN.
pub(super) struct ReturnAddress {
    pub(super) sender: String,
    pub(super) folder: String,
}

/// The recipient of the task's RETURN. `None` if Baton sends no RETURN for the task.
pub(super) fn answer_to(context: &Context, task: &Task, state: State) -> Option<ReturnAddress> {
    let sender = task.sender.as_deref()?;
    let asked = task.origin == Origin::Handoff && task.kind != "RETURN" && sender != "baton";
    if !asked || !state.sends_return() {
        return None;
    }
    Some(ReturnAddress { sender: sender.to_owned(), folder: context.answers_for(task.answer_to()?) })
}
