//! What is known about the work that RETURNs report: the effects of a RETURN, and of a check by a plugin.
//!
//! A request that an external agent answered is `reported`, until a plugin judges one of its RETURNs. If the newest judged
//! RETURN is refuted, a succeeded request becomes `disputed`; if it is verified, a disputed one is succeeded again. Tasks
//! that depend on the request wait until the plugins that check its RETURN are done.

use baton_core::{Evidence, State};
use baton_ledger::event::{self, Event};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx, return_check};
use baton_sandbox::Judgement;
use jiff::Timestamp;

use super::dependencies;

/// The reasons of a check that the ledger's event quotes.
const QUOTED: usize = 3;

/// The RETURN `answer` has ended the request. If it was judged before, this counts for the request too.
pub(crate) fn answered(tx: &Tx<'_>, request: &str, answer: &str, now: Timestamp) -> Result<(), LedgerError> {
    return_check::set_evidence(tx, request, Evidence::Reported)?;
    reported(tx, answer)?;
    let known = task::get_in(tx, answer)?.evidence.unwrap_or(Evidence::Reported);
    if known != Evidence::Reported {
        let request = task::get_in(tx, request)?;
        apply(tx, &request, known, ("baton", format!("its RETURN {answer} was {known} before")), now)?;
    }
    Ok(())
}

/// A RETURN is reported, unless it was judged before.
pub(crate) fn reported(tx: &Tx<'_>, answer: &str) -> Result<(), LedgerError> {
    if task::get_in(tx, answer)?.evidence.is_none() {
        return_check::set_evidence(tx, answer, Evidence::Reported)?;
    }
    Ok(())
}

/// Records what the attempt of `by` found out about RETURNs. If `by` is a task about a RETURN and has ended, tasks that
/// depend on the answered request need not wait for it any more. Returns whether other tasks may start.
pub(super) fn settled(
    tx: &Tx<'_>,
    by: &Task,
    state: State,
    judgements: &[Judgement],
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let mut released = false;
    for judgement in judgements {
        released |= judge(tx, by, judgement, now)?;
    }
    let checks_later = matches!(state, State::Captured | State::Queued | State::Running | State::Waiting);
    let Some(answer) = by.about.as_deref().filter(|_| !checks_later) else { return Ok(released) };
    match task::get_in(tx, answer)?.request {
        Some(request) => {
            let request = task::get_in(tx, &request)?;
            Ok(dependencies::settled(tx, &request, request.state, now)? || released)
        }
        None => Ok(released),
    }
}

fn judge(tx: &Tx<'_>, by: &Task, judgement: &Judgement, now: Timestamp) -> Result<bool, LedgerError> {
    let Judgement { task, evidence, reasons } = judgement;
    let Some(id) = task.as_ref().or(by.about.as_ref()) else { return Ok(false) };
    let Some(answer) = task::return_with_id(tx, id)? else {
        tracing::warn!(task = %by.id, plugin = %by.agent, "it judged {id:?}, which is not a RETURN of this workspace");
        return Ok(false);
    };
    if !return_check::record(tx, &answer.id, by, *evidence, reasons, now)? {
        return Ok(false);
    }
    let quoted = quoted(reasons);
    return_check::set_evidence(tx, &answer.id, *evidence)?;
    let reason = format!("{} checked it in {}: {quoted}", by.agent, by.id);
    event::append(tx, &Event::of(&answer, &by.agent, evidence.as_str(), reason, answer.state, now))?;
    let Some(request) = &answer.request else { return Ok(false) };
    let request = task::get_in(tx, request)?;
    // An earlier RETURN does not count any more when a later one was judged.
    let (Some(_), Some(newest)) = (request.evidence, return_check::newest_evidence(tx, &request.id)?) else {
        return Ok(false);
    };
    if newest != *evidence {
        return Ok(false);
    }
    let reason = format!("{} checked its RETURN {} in {}: {quoted}", by.agent, answer.id, by.id);
    apply(tx, &request, newest, (&by.agent, reason), now)
}

/// Gives an answered request this evidence, and the state that follows from it. Returns whether other tasks may start.
fn apply(
    tx: &Tx<'_>,
    request: &Task,
    evidence: Evidence,
    (actor, reason): (&str, String),
    now: Timestamp,
) -> Result<bool, LedgerError> {
    return_check::set_evidence(tx, &request.id, evidence)?;
    let state = match (request.state, evidence) {
        (State::Succeeded, Evidence::Refuted) => State::Disputed,
        (State::Disputed, Evidence::Verified) => State::Succeeded,
        (state, _) => state,
    };
    let event = Event::of(request, actor, evidence.as_str(), reason, state, now);
    if state == request.state {
        event::append(tx, &event)?;
        return Ok(false);
    }
    task::transition(tx, &event)?;
    dependencies::settled(tx, request, state, now)
}

fn quoted(reasons: &[String]) -> String {
    let more = reasons.len().saturating_sub(QUOTED);
    let first: Vec<&str> = reasons.iter().take(QUOTED).map(String::as_str).collect();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", first.join("; "))
}
