//! The evidence for the work that RETURNs report: the effects of a RETURN on it, and of a check by a plugin or by Baton.
//!
//! The evidence of a request that an external agent answered is `reported` until a plugin, or a command that the RETURN
//! names, judges one of its RETURNs. If the newest judged RETURN is refuted, a succeeded request becomes `disputed`. If the
//! newest judged RETURN is verified, a disputed request becomes `succeeded` again. Tasks that depend on the request wait
//! until the checks of its RETURN are done.

use baton_core::{Evidence, State};
use baton_ledger::command_check::{self, CommandCheck, CommandState};
use baton_ledger::event::{self, Event};
use baton_ledger::return_check::Checker;
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx, return_check};
use baton_sandbox::Judgement;
use jiff::Timestamp;

use super::dependencies;

/// The name of Baton in events and checks.
const BATON: &str = "baton";

/// The maximum number of reasons that the event of a check quotes.
const QUOTED: usize = 3;

/// Records that the RETURN `answer` has ended the request. If the RETURN was judged before, the judgement also applies
/// to the request.
pub(crate) fn answered(tx: &Tx<'_>, request: &str, answer: &str, now: Timestamp) -> Result<(), LedgerError> {
    return_check::set_evidence(tx, request, Evidence::Reported)?;
    reported(tx, answer)?;
    let known = task::get_in(tx, answer)?.evidence.unwrap_or(Evidence::Reported);
    if known != Evidence::Reported {
        let request = task::get_in(tx, request)?;
        apply(tx, &request, known, ("baton", format!("its RETURN {answer} was already {known}")), now)?;
    }
    Ok(())
}

/// Sets the evidence of a RETURN to `reported`, unless it was judged before.
pub(crate) fn reported(tx: &Tx<'_>, answer: &str) -> Result<(), LedgerError> {
    if task::get_in(tx, answer)?.evidence.is_none() {
        return_check::set_evidence(tx, answer, Evidence::Reported)?;
    }
    Ok(())
}

/// Records the judgements about RETURNs that the attempt of the task `by` made. Tasks that depend on an answered request
/// wait for the checks of its RETURN. They do not wait for the check `by` any more when `by` has ended, or waits for a
/// person or a grant. Returns whether other tasks may start.
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
        tracing::warn!(task = %by.id, plugin = %by.agent, "the plugin judged {id:?}, which is not a RETURN of this workspace");
        return Ok(false);
    };
    if !return_check::record(tx, &answer.id, by.into(), *evidence, reasons, now)? {
        return Ok(false);
    }
    let quoted = quoted(reasons);
    let reason = format!("{} checked it in {}: {quoted}", by.agent, by.id);
    event::append(tx, &Event::of(&answer, &by.agent, evidence.as_str(), reason, answer.state, now))?;
    let reason = format!("{} checked its RETURN {} in {}: {quoted}", by.agent, answer.id, by.id);
    combine(tx, &answer, Some(*evidence), (&by.agent, reason), now)
}

/// Judges a RETURN by its commands, if none of them is waiting. A command whose exit code differs from the reported exit
/// code refutes the RETURN. A command verifies the RETURN only if it succeeds, as reported: a command that fails, as
/// reported, does not show that the work is done. Returns whether other tasks may start.
pub(crate) fn commands_ran(tx: &Tx<'_>, answer: &str, now: Timestamp) -> Result<bool, LedgerError> {
    let commands = command_check::of_answer(tx, answer)?;
    if commands.iter().any(|command| command.state == CommandState::Pending) {
        return Ok(false);
    }
    let answer = task::get_in(tx, answer)?;
    let ran: Vec<&CommandCheck> = commands.iter().filter(|command| command.state == CommandState::Ran).collect();
    let (wrong, right): (Vec<_>, Vec<_>) = ran.into_iter().partition(|run| run.exit_code != Some(run.claimed));
    let succeeded: Vec<_> = right.into_iter().filter(|run| run.claimed == 0).collect();
    let line = |run: &CommandCheck| format!("`{}` {}", run.command, run.reason);
    let (found, reasons): (_, Vec<String>) = match (wrong.is_empty(), succeeded.is_empty()) {
        (false, _) => (Some(Evidence::Refuted), wrong.into_iter().map(line).collect()),
        (true, false) => (Some(Evidence::Verified), succeeded.into_iter().map(line).collect()),
        (true, true) => (None, Vec::new()),
    };
    let mut reason = "none of its commands verifies the RETURN".to_owned();
    if let Some(found) = found {
        let by = Checker { agent: BATON, task: &answer.id };
        return_check::record(tx, &answer.id, by, found, &reasons, now)?;
        reason = format!("Baton ran the commands of its RETURN {}: {}", answer.id, quoted(&reasons));
        event::append(tx, &Event::of(&answer, BATON, found.as_str(), quoted(&reasons), answer.state, now))?;
    }
    let released = combine(tx, &answer, found, (BATON, reason), now)?;
    let Some(request) = &answer.request else { return Ok(released) };
    let request = task::get_in(tx, request)?;
    Ok(dependencies::settled(tx, &request, request.state, now)? || released)
}

/// Stores the combined result of all checks of a RETURN. `found` is the result of the newest check; `None` if that check has
/// no result. The request gets the combined result, unless `found` or the evidence of the request's newest judged RETURN
/// differs from it. Returns whether other tasks may start.
fn combine(
    tx: &Tx<'_>,
    answer: &Task,
    found: Option<Evidence>,
    cause: (&str, String),
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let combined = return_check::combined(tx, &answer.id)?;
    return_check::set_evidence(tx, &answer.id, combined)?;
    let Some(request) = &answer.request else { return Ok(false) };
    let request = task::get_in(tx, request)?;
    // If a later RETURN to the request was judged, an earlier RETURN does not change the request any more.
    let (Some(_), Some(newest)) = (request.evidence, return_check::newest_evidence(tx, &request.id)?) else {
        return Ok(false);
    };
    if newest != combined || found.is_some_and(|found| found != combined) {
        return Ok(false);
    }
    apply(tx, &request, newest, cause, now)
}

/// Sets the evidence of an answered request, and changes the request's state if the evidence requires it. Returns whether
/// other tasks may start.
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
        // Tasks with a dependency `verified:ID` wait until the request is verified.
        return if evidence == Evidence::Verified { dependencies::settled(tx, request, state, now) } else { Ok(false) };
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

#[cfg(test)]
mod tests {
    use baton_ledger::Ledger;
    use baton_ledger::task::{NewTask, Origin};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        (folder, ledger)
    }

    /// Inserts a RETURN that ends the request or follows another RETURN, and the task that checks it.
    fn insert_return(tx: &Tx<'_>, request: &str, second: i64) -> Result<(String, Task), LedgerError> {
        let new = NewTask { kind: "RETURN".to_owned(), ..NewTask::blank("asker", Origin::Handoff, State::Delivered) };
        let answer = task::insert(tx, &new, None, at(second))?;
        task::set_request(tx, &answer, request)?;
        let review = NewTask { about: Some(answer.clone()), ..NewTask::blank("audit", Origin::Trigger, State::Queued) };
        let review = task::insert(tx, &review, None, at(second))?;
        Ok((answer, task::get_in(tx, &review)?))
    }

    /// Inserts a request that its agent has just answered, and a task that depends on the request.
    fn insert_answered_request(tx: &Tx<'_>) -> Result<(Task, String), LedgerError> {
        let new = NewTask { title: "Build it".to_owned(), ..NewTask::blank("a", Origin::Handoff, State::Succeeded) };
        let request = task::insert(tx, &new, None, at(1))?;
        let waits = task::insert(tx, &NewTask::blank("audit", Origin::Handoff, State::Waiting), None, at(2))?;
        task::add_dependencies(tx, &waits, &["Build it".to_owned()])?;
        Ok((task::get_in(tx, &request)?, waits))
    }

    /// Ends the check `review` as succeeded, with this result. `None` means that the check did not judge the RETURN.
    fn end_check(tx: &Tx<'_>, review: &Task, evidence: Option<Evidence>, second: i64) -> Result<bool, LedgerError> {
        let done = Event::of(review, "audit", "succeeded", String::new(), State::Succeeded, at(second));
        task::transition(tx, &done)?;
        let judgement = |evidence| Judgement { task: None, evidence, reasons: vec!["a.py".to_owned()] };
        let judgements: Vec<_> = evidence.map(judgement).into_iter().collect();
        settled(tx, review, State::Succeeded, &judgements, at(second))
    }

    #[test]
    fn a_refuted_return_holds_dependent_tasks_and_a_verified_one_releases_them() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let (request, waits) = insert_answered_request(tx)?;
            let mut told = Vec::new();
            let mut note = |tx: &Tx<'_>| -> Result<(), LedgerError> {
                let request = task::get_in(tx, &request.id)?;
                told.push((request.state, request.evidence, task::get_in(tx, &waits)?.state));
                Ok(())
            };
            let (first, review) = insert_return(tx, &request.id, 3)?;
            answered(tx, &request.id, &first, at(3))?;
            let released = dependencies::settled(tx, &request, State::Succeeded, at(3))?;
            note(tx)?;
            let released = end_check(tx, &review, Some(Evidence::Refuted), 4)? || released;
            note(tx)?;
            let (second, again) = insert_return(tx, &request.id, 5)?;
            reported(tx, &second)?;
            let late = end_check(tx, &again, Some(Evidence::Verified), 6)?;
            note(tx)?;
            // A new judgement about an older RETURN changes nothing.
            let other = task::insert(tx, &NewTask::blank("audit", Origin::Trigger, State::Running), None, at(7))?;
            let other = task::get_in(tx, &other)?;
            let old = Judgement { task: Some(first), evidence: Evidence::Refuted, reasons: vec!["b.py".to_owned()] };
            settled(tx, &other, State::Succeeded, &[old], at(8))?;
            note(tx)?;
            Ok((told, released, late))
        };
        let (told, released, late) = ledger.write_blocking(job).unwrap();
        assert_eq!(
            told,
            [
                (State::Succeeded, Some(Evidence::Reported), State::Waiting),
                (State::Disputed, Some(Evidence::Refuted), State::NeedsHuman),
                (State::Succeeded, Some(Evidence::Verified), State::Queued),
                (State::Succeeded, Some(Evidence::Verified), State::Queued),
            ]
        );
        assert!(!released && late);
    }

    #[test]
    fn a_return_that_cannot_be_checked_stays_reported_and_releases_tasks() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let (request, waits) = insert_answered_request(tx)?;
            let (answer, review) = insert_return(tx, &request.id, 3)?;
            answered(tx, &request.id, &answer, at(3))?;
            let released = end_check(tx, &review, None, 4)?;
            Ok((task::get_in(tx, &request.id)?, task::get_in(tx, &waits)?.state, released))
        };
        let (request, waits, released) = ledger.write_blocking(job).unwrap();
        assert_eq!((request.state, request.evidence), (State::Succeeded, Some(Evidence::Reported)));
        assert_eq!((waits, released), (State::Queued, true));
    }

    #[test]
    fn a_judgement_is_applied_if_the_request_is_captured_later() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let new = NewTask { kind: "RETURN".to_owned(), ..NewTask::blank("b", Origin::Handoff, State::Delivered) };
            let answer = task::insert(tx, &new, None, at(1))?;
            let review =
                NewTask { about: Some(answer.clone()), ..NewTask::blank("audit", Origin::Trigger, State::Queued) };
            let review = task::insert(tx, &review, None, at(1))?;
            let review = task::get_in(tx, &review)?;
            end_check(tx, &review, Some(Evidence::Refuted), 2)?;
            let (request, _) = insert_answered_request(tx)?;
            task::set_request(tx, &answer, &request.id)?;
            answered(tx, &request.id, &answer, at(3))?;
            // A judgement about a task that is not a RETURN is ignored.
            let wrong = Judgement { task: Some(request.id.clone()), evidence: Evidence::Verified, reasons: Vec::new() };
            settled(tx, &review, State::Succeeded, &[wrong], at(4))?;
            task::get_in(tx, &request.id)
        };
        let request = ledger.write_blocking(job).unwrap();
        assert_eq!((request.state, request.evidence), (State::Disputed, Some(Evidence::Refuted)));
    }
}
