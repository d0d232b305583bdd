//! Finds the request that a RETURN answers, independent of which of the two is captured first, and decides how the
//! request ends.

use baton_core::State;
use baton_core::handoff::{self, Handoff, Kind, Original};
use baton_ledger::event::Event;
use baton_ledger::task::{self, CloseReason, Task};
use baton_ledger::{LedgerError, Tx, outbox};
use fail::fail_point;
use jiff::Timestamp;

use crate::delivery::archive::to_archive;
use crate::settle::{dependencies, evidence};
use crate::triggers::returns;
use crate::{Agent, Context, Roster};

/// The request that a RETURN may answer, and the agents that may have signed the RETURN. Ids and file names are not unique,
/// so an agent can answer only requests that it received.
pub(super) struct AnsweredRequest {
    pub(super) original: Original,
    /// The agents of this workspace that have the name in the RETURN's signature; empty if none has this name.
    pub(super) by: Vec<String>,
    /// The state in which the RETURN ends the request.
    pub(super) ended: State,
}

impl AnsweredRequest {
    /// Reads which request a RETURN answers; `None` if the handoff is not a RETURN.
    pub(super) fn of(roster: &Roster, handoff: &Handoff) -> Option<Self> {
        if handoff.kind != Kind::Return {
            return None;
        }
        let signed = |agent: &&Agent| handoff.from.as_deref().is_some_and(|from| roster.same(&agent.name, from));
        let by = roster.agents().filter(signed).map(|agent| agent.name.clone()).collect();
        Some(Self { original: handoff.original.clone().unwrap_or_default(), by, ended: final_state(handoff) })
    }

    /// The names that identify the request. If no agent of this workspace signed the RETURN, only the id is used.
    fn names(&self) -> Original {
        if self.by.is_empty() {
            return Original { handoff_id: self.original.handoff_id.clone(), ..Original::default() };
        }
        self.original.clone()
    }

    /// True if the agent that received the request signed the RETURN.
    pub(super) fn is_own(&self, request: &Task) -> bool {
        self.by.contains(&request.agent)
    }

    /// True if this RETURN in the inbox of `inbox` may answer the request. It may if the request's agent signed the RETURN.
    /// If no agent of this workspace signed it, the request's sender must read its answers in this inbox.
    fn fits(&self, request: &Task, inbox: &str) -> bool {
        if self.by.is_empty() { request.answer_to() == Some(inbox) } else { self.by.contains(&request.agent) }
    }
}

/// The request that a RETURN in the inbox of `inbox` answers. The request may be open or ended: a RETURN may arrive
/// twice, and the RETURN of a plugin arrives when its request has ended.
pub(super) fn request_of(tx: &Tx<'_>, answers: &AnsweredRequest, inbox: &str) -> Result<Option<Task>, LedgerError> {
    let named = task::named_by(tx, &answers.names())?;
    Ok(named.into_iter().find(|request| answers.fits(request, inbox)))
}

/// The open request that a RETURN in the inbox of `inbox` can answer, and the reason for the ledger. `None` if several open
/// requests fit, or none.
pub(super) fn find_request(
    tx: &Tx<'_>,
    answers: &AnsweredRequest,
    inbox: &str,
) -> Result<(Option<Task>, String), LedgerError> {
    let mut found = task::answered_by(tx, &answers.names())?;
    found.retain(|request| answers.fits(request, inbox));
    // If several requests fit, keep those whose sender reads its answers in this inbox.
    if found.iter().any(|request| request.answer_to() == Some(inbox)) {
        found.retain(|request| request.answer_to() == Some(inbox));
    }
    Ok(match found.len() {
        0 => (None, "it answers no request that is open here".to_owned()),
        1 => {
            let reason = found.first().map(|request| format!("it answers {}", request.id)).unwrap_or_default();
            (found.pop(), reason)
        }
        several => (None, format!("it could answer {several} open requests, so it ends none of them")),
    })
}

/// The name under which Baton stores a RETURN until its request is found; `None` if the request has ended.
pub(super) fn waits_for(tx: &Tx<'_>, original: &Original) -> Result<Option<String>, LedgerError> {
    let Some(name) = original.handoff_id.as_ref().or(original.file_name.as_ref()).or(original.task_id.as_ref()) else {
        return Ok(None);
    };
    let ended = task::named(tx, name)?.is_some_and(|request| request.state.is_final());
    Ok((!ended).then(|| name.clone()))
}

/// Called when a request was delivered to its agent. If the RETURN was captured earlier, the request ends now. Then returns
/// whether other tasks may start, and the caller must deliver the request's file to the archive; otherwise returns `None`.
pub(crate) fn answered_before(
    tx: &Tx<'_>,
    context: &Context,
    id: &str,
    now: Timestamp,
) -> Result<Option<bool>, LedgerError> {
    let request = task::get_in(tx, id)?;
    if request.state != State::Delivered || request.kind == "RETURN" {
        return Ok(None);
    }
    let file = task::file_name(tx, id)?;
    let names = [&request.handoff_id, &file, &request.task_id];
    let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    let Some(answer) = task::unmatched(tx, &request.agent, &names)?.into_iter().next() else {
        return Ok(None);
    };
    let bytes = answer.input.as_deref().map(|hash| task::input(tx, hash)).transpose()?.flatten();
    let name = answer.file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or("x.json");
    let read = bytes.and_then(|bytes| handoff::parse(name, &bytes).ok());
    let state = read.as_ref().map_or(State::Succeeded, final_state);
    task::matched(tx, &answer.id)?;
    let triggered = returns::trigger_tasks(tx, context, &answer.id, Some(&request), now)?;
    let answer = ClosingReturn { id: &answer.id, hash: answer.input, own: true };
    let released = close(tx, &request, answer, state, now)?;
    Ok(Some(released || triggered))
}

/// A RETURN that ends a request.
pub(super) struct ClosingReturn<'a> {
    /// The id of the RETURN's task.
    pub(super) id: &'a str,
    /// SHA-256 of the RETURN's bytes.
    pub(super) hash: Option<String>,
    /// True if the agent that received the request signed the RETURN.
    pub(super) own: bool,
}

/// Ends a request to an external agent because its RETURN arrived, and queues the move of the request's file to the archive.
/// Returns whether other tasks may start.
pub(super) fn close(
    tx: &Tx<'_>,
    request: &Task,
    answer: ClosingReturn<'_>,
    state: State,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let ClosingReturn { id, hash, own } = answer;
    let (actor, reason, closing) = if own {
        (request.agent.as_str(), format!("its RETURN is {id}"), CloseReason::Answered)
    } else {
        (
            "baton",
            format!("its RETURN is {id}, whose author is not an agent of this workspace"),
            CloseReason::AnsweredByOther,
        )
    };
    let mut event = Event::of(request, actor, "returned", reason, state, now);
    event.output_hash = hash;
    task::set_closing(tx, &request.id, closing)?;
    task::transition(tx, &event)?;
    task::set_returned(tx, &request.id, now)?;
    evidence::answered(tx, &request.id, id, now)?;
    fail_point!("return.request_closed");
    if let Some(file) = &request.file {
        outbox::add(tx, &request.id, &to_archive(file, request.input.clone(), state))?;
    }
    dependencies::settled(tx, request, task::get_in(tx, &request.id)?.state, now)
}

/// Beginnings of a RETURN's status, in lower case. A status with such a beginning means that the request was not done.
const NOT_DONE: [&str; 10] =
    ["fail", "error", "block", "partial", "incomplete", "reject", "refus", "cancel", "abort", "not done"];

/// The state in which this RETURN ends its request. Tasks that depend on the request start only if the request was done.
pub(crate) fn final_state(answer: &Handoff) -> State {
    let status = answer.status.as_deref().unwrap_or_default();
    let status = status.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if NOT_DONE.iter().any(|word| status.starts_with(word)) { State::Failed } else { State::Succeeded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_return_decides_the_state_of_its_request() {
        let state = |status: &str| {
            let text = format!(
                "{{\"type\":\"RETURN_HANDOFF\",\"status\":\"{status}\",\"original_handoff\":{{\"handoff_id\":\"1\"}}}}"
            );
            final_state(&handoff::parse("x.json", text.as_bytes()).unwrap())
        };
        for status in ["FAILED", "❌ Blocked by the key", "partially done", "error: no disk", "Refused"] {
            assert_eq!(state(status), State::Failed, "{status}");
        }
        for status in ["✅ COMPLETED", "done", "Completed with notes", ""] {
            assert_eq!(state(status), State::Succeeded, "{status}");
        }
    }
}
