//! The end of a run: its outcome, and the next state of its request. An exit code never makes a request succeed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::State;
use baton_core::text::{at_most, one_line};
use baton_dispatch::agent_work::is_live;
use baton_dispatch::{Context, DispatchError};
use baton_ledger::command_run::{self, Run, RunEnd, RunOutcome};
use baton_ledger::event::{self, Event};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::limits;
use crate::quota::{is_limit, reset_time};
use crate::run::{End, FinishedRun};
use crate::settings::CommandAgent;
use crate::start::StartedRun;
use crate::watch::request;

/// The decision about a run and its request.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decision {
    outcome: RunOutcome,
    reason: String,
    /// The next state of the request; `None` keeps it.
    state: Option<State>,
    due: Option<Timestamp>,
}

/// Records the end of a run. Waits first for the capture of a RETURN that the process wrote as a file.
pub(crate) async fn settle(
    context: &Arc<Context>,
    agent: &CommandAgent,
    started: &StartedRun,
    finished: FinishedRun,
) -> Result<(), DispatchError> {
    if matches!(finished.end, End::Exited(_)) {
        let until = Instant::now() + limits::CAPTURE;
        while matches!(request(context, &started.task).await?.state, State::Delivered) && Instant::now() < until {
            let id = started.task.clone();
            if context.ledger().write(move |tx| task::is_return_pending_in(tx, &id)).await? {
                break;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
    let (agent, started) = (agent.clone(), started.clone());
    let job = move |tx: &Tx<'_>| record(tx, &agent, &started, &finished, Timestamp::now());
    let decision = context.ledger().write(job).await?;
    if decision.state == Some(State::Waiting) {
        context.wake();
    }
    Ok(())
}

fn record(
    tx: &Tx<'_>,
    agent: &CommandAgent,
    started: &StartedRun,
    finished: &FinishedRun,
    now: Timestamp,
) -> Result<Decision, LedgerError> {
    let request = task::get_in(tx, &started.task)?;
    let runs = command_run::of_task_in(tx, &started.task)?;
    let is_answered =
        task::is_return_pending_in(tx, &started.task)? || command_run::has_return_since(tx, &started.task, started.at)?;
    let has_asked = event::has_since(tx, &started.task, "asked", started.at)?;
    let others = task::claim_of(tx, &started.task)?.is_some_and(|claim| is_live(&claim, now));
    let decision = match ended_otherwise(&request, is_answered, has_asked, others) {
        Some((outcome, reason)) => Decision { outcome, reason: reason.to_owned(), state: None, due: None },
        None => decide(agent, &runs, finished, now),
    };
    let end = RunEnd {
        outcome: decision.outcome,
        reason: decision.reason.clone(),
        resume_at: decision.due,
        output: finished.output.clone(),
    };
    command_run::end(tx, started.id, &end, now)?;
    let state = decision.state.unwrap_or(request.state);
    let event = Event::of(&request, "baton", "run_ended", decision.reason.clone(), state, now);
    match decision.state {
        Some(_) => task::transition(tx, &event)?,
        None => event::append(tx, &event)?,
    };
    if let Some(due) = decision.due {
        task::set_due(tx, &started.task, due)?;
    }
    tracing::info!(task = %started.task, agent = %agent.name, outcome = %decision.outcome, "{}", decision.reason);
    Ok(decision)
}

/// The outcome of a run whose request needs no decision.
fn ended_otherwise(
    request: &Task,
    is_answered: bool,
    has_asked: bool,
    is_claimed: bool,
) -> Option<(RunOutcome, &'static str)> {
    match request.state {
        _ if is_answered => Some((RunOutcome::Returned, "it gave a RETURN")),
        State::NeedsHuman => Some((RunOutcome::Asked, "it asked a person")),
        State::Cancelled => Some((RunOutcome::Withdrawn, "its request was cancelled")),
        State::Delivered | State::Disputed if is_claimed => {
            Some((RunOutcome::Withdrawn, "another session of the agent works on the request"))
        }
        State::Delivered | State::Disputed if has_asked => {
            Some((RunOutcome::Asked, "it asked a person, who has answered"))
        }
        State::Delivered | State::Disputed => None,
        _ => Some((RunOutcome::Withdrawn, "its request ended in the meantime")),
    }
}

/// Decides about a request without a RETURN.
fn decide(agent: &CommandAgent, runs: &[Run], finished: &FinishedRun, now: Timestamp) -> Decision {
    let client = agent.client.name();
    let ask = |outcome, reason: String| {
        let reason = format!("{reason}; `baton why` shows its output, `baton retry` starts it again");
        Decision { outcome, reason, state: Some(State::NeedsHuman), due: None }
    };
    match &finished.end {
        End::NotStarted(why) => ask(RunOutcome::Failed, why.clone()),
        End::Deadline => {
            let deadline = SignedDuration::try_from(agent.deadline).unwrap_or_default();
            ask(
                RunOutcome::Deadline,
                format!("{client} did not end within its deadline of {deadline:#}, so Baton ended it"),
            )
        }
        End::RequestOver => {
            ask(RunOutcome::Withdrawn, "the request was withdrawn and opened again during the run".to_owned())
        }
        End::DaemonStopped => decide_interrupted(agent, runs, finished),
        End::Exited(exit) => {
            match decide_quota(agent, runs, finished, now).filter(|_| !exit.success || finished.stream.is_error) {
                Some(quota) => quota,
                None if exit.success && !finished.stream.is_error => ask(
                    RunOutcome::NoReturn,
                    format!("{client} ended without a RETURN ({}), so the request is not done", exit.text),
                ),
                None => {
                    let message = last_message(finished);
                    ask(RunOutcome::Failed, format!("{client} failed ({}){message}", exit.text))
                }
            }
        }
    }
}

/// The client's last message, after a colon.
fn last_message(finished: &FinishedRun) -> String {
    let message = match finished.stream.message.as_str() {
        "" => finished.output.lines().next_back().unwrap_or_default(),
        message => message,
    };
    let message = at_most(one_line(message).trim(), limits::TEXT_BYTES).into_owned();
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// If the run reached a usage limit, the request waits until the limit ends. `None` without a limit, or if waiting is off.
fn decide_quota(agent: &CommandAgent, runs: &[Run], finished: &FinishedRun, now: Timestamp) -> Option<Decision> {
    let wait = agent.quota_wait?;
    // JSON lines also contain texts of handoffs and of the model, so they are not searched here. `stream` has already
    // read the limits that they report.
    let plain: Vec<&str> = finished.output.lines().filter(|line| !line.trim_start().starts_with('{')).collect();
    let texts = [finished.stream.message.clone(), plain.join("\n")];
    if !finished.stream.is_limited && !texts.iter().any(|text| is_limit(text)) {
        return None;
    }
    let client = agent.client.name();
    if trailing(runs, RunOutcome::Quota) >= limits::QUOTAS {
        let reason = format!(
            "{client} reached a usage limit {} times in succession; `baton retry` starts it again",
            limits::QUOTAS + 1
        );
        return Some(Decision { outcome: RunOutcome::Quota, reason, state: Some(State::NeedsHuman), due: None });
    }
    let is_near = |at: &Timestamp| *at > now && at.duration_since(now) <= limits::QUOTA_LONGEST;
    let stated = finished.stream.resets_at.filter(is_near);
    let stated =
        stated.or_else(|| texts.iter().find_map(|text| reset_time(text, now, &TimeZone::system())).filter(is_near));
    let (pause, word) = stated.map_or((wait, "has no stated end; Baton tries again at"), |at| {
        (Duration::try_from(at.duration_since(now)).unwrap_or(wait) + limits::QUOTA_MARGIN, "ends at")
    });
    let due = now.checked_add(SignedDuration::try_from(pause).ok()?).ok()?;
    let resumes = if finished.stream.session.is_some() { ", then its session continues" } else { "" };
    let reason = format!("the usage limit of {client} {word} {due:.0}{resumes}");
    Some(Decision { outcome: RunOutcome::Quota, reason, state: Some(State::Waiting), due: Some(due) })
}

/// The number of consecutive runs directly before the newest run that had this outcome.
fn trailing(runs: &[Run], outcome: RunOutcome) -> usize {
    runs.iter().rev().skip(1).take_while(|run| run.outcome == Some(outcome)).count()
}

/// Decides about a request whose run was interrupted. If the session is known, the next run continues it. Without a
/// session, Baton asks a person, unless the run had not started to work.
fn decide_interrupted(agent: &CommandAgent, runs: &[Run], finished: &FinishedRun) -> Decision {
    let run = runs.last();
    let session = finished.stream.session.as_ref().or_else(|| run.and_then(|run| run.session.as_ref()));
    let has_begun = agent.client.may_have_worked(run.is_none_or(|run| run.process.is_some()));
    let interruptions = trailing(runs, RunOutcome::Interrupted);
    let client = agent.client.name();
    let outcome = RunOutcome::Interrupted;
    let ask = |reason| Decision { outcome, reason, state: Some(State::NeedsHuman), due: None };
    match session {
        _ if interruptions + 1 >= limits::INTERRUPTIONS => ask(format!(
            "{client} was interrupted {} times: the request may be the cause; `baton retry` starts it again",
            interruptions + 1
        )),
        Some(session) => {
            let reason = format!("{client} was interrupted; its session {session} continues");
            Decision { outcome, reason, state: None, due: None }
        }
        None if has_begun => ask(format!(
            "{client} was interrupted and its session cannot continue: check what it has done, then `baton retry` starts it again"
        )),
        None => {
            Decision { outcome, reason: format!("{client} was interrupted before it began"), state: None, due: None }
        }
    }
}
