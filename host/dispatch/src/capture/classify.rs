//! Decides the first state of a captured file's task: a repetition, a refused request, a request that waits for other
//! tasks, or a RETURN.

use std::time::Duration;

use baton_core::State;
use baton_core::guard::{PreviousHandoff, refusal};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use jiff::Timestamp;

use super::answers::{find_request, request_of, waits_for};
use super::incoming::{IncomingFile, IncomingKind};
use crate::limits::ago;
use crate::settle::dependencies::{DependencyState, dependency_state};
use crate::settle::plugin_requests;

/// What the classification finds, except the state of the task.
#[derive(Debug, Default)]
pub(super) struct Classification {
    /// The request that a RETURN answers, and the state in which the request ends.
    pub(super) answered: Option<(Task, State)>,
    /// The open dependencies of the task.
    pub(super) needs: Vec<String>,
    pub(super) repeats: Option<Box<Task>>,
}

/// Decides the first state of the file's task. `edited` is the previous task of the same file.
pub(super) fn classify(
    tx: &Tx<'_>,
    incoming: &mut IncomingFile,
    edited: Option<&Task>,
    now: Timestamp,
) -> Result<Classification, LedgerError> {
    let new = &mut incoming.new;
    match &incoming.what {
        IncomingKind::Broken => new.state = State::Rejected,
        IncomingKind::Unrouted(reason) => (new.state, new.reason) = (State::Failed, reason.clone()),
        IncomingKind::Greeting(reason) => {
            (new.state, new.reason) = (State::Succeeded, reason.clone());
            return Ok(Classification::default());
        }
        IncomingKind::Request if let Some(reason) = plugin_requests::refused_file(tx, new)? => {
            (new.state, new.reason) = (State::Cancelled, reason);
            return Ok(Classification::default());
        }
        IncomingKind::Request | IncomingKind::Return => {
            let first = same_key(tx, new, incoming.repeats_within, edited, now)?;
            // A second RETURN with the same id and different content is a separate answer, so no person has to decide about
            // it.
            let repeats = |first: &Task| incoming.answers.is_none() || first.substance == new.substance;
            if let Some(first) = first.filter(repeats) {
                (new.state, new.reason) = repeated(&first, new);
                let repeats = (new.state == State::Duplicate).then(|| Box::new(first));
                return Ok(Classification { repeats, ..Classification::default() });
            }
            new.state = if incoming.external { State::Delivered } else { State::Queued };
            if edited.is_some() {
                "the file was edited; Baton uses its new content".clone_into(&mut new.reason);
            }
        }
    }
    match incoming.what {
        IncomingKind::Request => request(tx, incoming),
        IncomingKind::Return | IncomingKind::Unrouted(_) | IncomingKind::Broken | IncomingKind::Greeting(_) => {
            answer(tx, incoming)
        }
    }
}

/// The task that this file repeats, if any.
pub(super) fn same_key(
    tx: &Tx<'_>,
    new: &task::NewTask,
    within: Option<Duration>,
    edited: Option<&Task>,
    now: Timestamp,
) -> Result<Option<Task>, LedgerError> {
    let except = edited.map(|known| known.id.as_str());
    let since = within.map(|within| ago(now, within));
    let first = |key| task::with_key(tx, key, new.substance.as_deref(), except, since);
    Ok(new.dedupe_key.as_deref().map(first).transpose()?.flatten())
}

/// Baton never runs a RETURN. A RETURN ends its request, even if the request's sender is not an agent of this workspace.
fn answer(tx: &Tx<'_>, incoming: &mut IncomingFile) -> Result<Classification, LedgerError> {
    let Some(answers) = &incoming.answers else {
        return Ok(Classification::default());
    };
    let new = &mut incoming.new;
    let (answered, reason) = find_request(tx, answers, &new.agent)?;
    if answered.is_none() {
        new.answers = waits_for(tx, &answers.original)?;
    }
    match &incoming.what {
        IncomingKind::Return => {
            new.reason = reason;
            if !incoming.external {
                new.state = State::Succeeded;
            }
        }
        // The request was answered. Only its RETURN has no recipient in this workspace.
        IncomingKind::Unrouted(_) => {
            let request = match &answered {
                Some(request) => Some(request.clone()),
                None => request_of(tx, answers, &new.agent)?,
            };
            if let Some(request) = request {
                new.state = State::Succeeded;
                new.reason = answers_nobody(&request);
            }
        }
        _ => {}
    }
    Ok(Classification { answered: answered.map(|request| (request, answers.ended)), ..Classification::default() })
}

/// Why the RETURN to this request has no recipient.
fn answers_nobody(request: &Task) -> String {
    let (id, kept) = (&request.id, "so nobody is notified and the RETURN is kept in handoffs/_unrouted");
    match request.answer_to() {
        None => format!("it answers {id}, but that request names no sender, {kept}"),
        Some(sender) => format!("it answers {id} of `{sender}`, which is not an agent of this workspace, {kept}"),
    }
}

/// The state of a request whose key is known, and the reason. It is a repetition, or a different request with the same id.
fn repeated(first: &Task, new: &task::NewTask) -> (State, String) {
    if first.substance == new.substance {
        return (State::Duplicate, format!("the same request as {}", first.id));
    }
    let reason = format!(
        "it has the id of {} and different content: give it another handoff_id, or `baton retry` it, or `baton \
         cancel` it",
        first.id
    );
    (State::NeedsHuman, reason)
}

/// A new request. Checks it for loops and dependencies.
fn request(tx: &Tx<'_>, incoming: &mut IncomingFile) -> Result<Classification, LedgerError> {
    let new = &mut incoming.new;
    let before = incoming.follows.as_deref().map(|id| task::named(tx, id)).transpose()?.flatten();
    if let Some(before) = &before {
        new.chain_id = new.chain_id.take().or_else(|| before.chain_id.clone()).or_else(|| Some(before.id.clone()));
        new.chain_phase = new.chain_phase.or_else(|| Some(before.chain_phase.unwrap_or(1).saturating_add(1)));
    }
    let known = before.as_ref().map(|before| PreviousHandoff { kind: &before.kind, title: &before.title });
    if let Some(reason) = refusal(&new.kind, &new.title, new.chain_phase.unwrap_or(1), known) {
        (new.state, new.reason) = (State::Failed, reason);
        return Ok(Classification::default());
    }
    // An external agent can read the file already, so its task does not wait for dependencies.
    if incoming.external || incoming.depends_on.is_empty() {
        return Ok(Classification::default());
    }
    let own: Vec<&str> = [&new.handoff_id, &new.task_id].into_iter().flatten().map(String::as_str).collect();
    let mut needs = Vec::new();
    match dependency_state(tx, &own, &incoming.depends_on)? {
        DependencyState::Free => {}
        DependencyState::Cycle(reason) => (new.state, new.reason) = (State::Failed, reason),
        DependencyState::Broken(reason) => (new.state, new.reason) = (State::NeedsHuman, reason),
        DependencyState::Open(open) => {
            (new.state, new.reason) = (State::Waiting, open.reason());
            needs = open.names;
        }
    }
    Ok(Classification { needs, ..Classification::default() })
}
