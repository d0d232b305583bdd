//! Recovers tasks: interrupted attempts, and retries that are due. Finds tasks that are stalled.
//!
//! An interrupted attempt runs again only if its action is declared `idempotent` and it was not interrupted too often.
//! Otherwise Baton asks a person, because the attempt may have done half of its work. Baton completes an interrupted
//! cancellation of a request to an external agent.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::task::{self, StallReason, StalledTask, Task};
use baton_ledger::{Ledger, LedgerError, Tx, supervision};
use fail::fail_point;
use jiff::{SignedDuration, Timestamp};

use crate::agent_work::end_lost_claims;
use crate::attempt::{AbortReason, DueWork};
use crate::settle::{set_state, settle_aborted};
use crate::{AgentKind, Context, DispatchError, budget, limits};

/// Recovers unfinished tasks. `starting`: the daemon has just started.
pub(super) async fn recover(context: &Arc<Context>, starting: bool) -> Result<(), DispatchError> {
    let now = Timestamp::now();
    let inner = Arc::clone(context);
    let job = move |tx: &Tx<'_>| {
        let mut cancellations = Vec::new();
        for task in task::abandoned(tx, &inner.owner, now, |owner| inner.is_gone(owner))? {
            if task.stop_asked && is_external(&inner, &task) {
                cancellations.push(take_over_cancellation(tx, &inner, &task, now)?);
                continue;
            }
            let (state, reason) = state_after_interruption(&inner, &task);
            tracing::warn!(task = %task.id, %state, "{reason}");
            set_state(tx, &task, "interrupted", state, reason, now)?;
            fail_point!("recover.interrupted");
        }
        for agent in end_lost_claims(tx, now)? {
            tracing::warn!(%agent, "a session of the agent lost its claim; the request waits again");
        }
        if starting {
            inner.locks.sweep(tx)?;
            // The daemon read the grants at its start, so a task that waits for a grant may have it now.
            requeue(tx, |_| true, now)?;
            for task in task::in_state(tx, State::Waiting)?.iter().filter(|task| is_too_far(&inner, task, now)) {
                let reason =
                    "the retry was due too far in the future, because the clock was wrong: trying again".to_owned();
                set_state(tx, task, "queued", State::Queued, reason, now)?;
            }
        }
        for task in task::due(tx, now)? {
            if is_external(&inner, &task) {
                let reason = "the wait has ended; the request is open for its agent again".to_owned();
                set_state(tx, &task, "resumed", State::Delivered, reason, now)?;
            } else {
                set_state(tx, &task, "queued", State::Queued, "its backoff has ended".to_owned(), now)?;
            }
            fail_point!("recover.due");
        }
        Ok(cancellations)
    };
    let cancellations = context.ledger.write(job).await?;
    fail_point!("recover.committed");
    for task in cancellations {
        settle_aborted(context, task, AbortReason::StopRequested).await?.log();
    }
    Ok(())
}

/// Takes the lease of a request whose cancellation was interrupted.
fn take_over_cancellation(tx: &Tx<'_>, context: &Context, task: &Task, now: Timestamp) -> Result<Task, LedgerError> {
    let reason = "the process that cancelled the task has exited; Baton completes the cancellation".to_owned();
    tracing::warn!(task = %task.id, "{reason}");
    event::append(tx, &Event::of(task, "baton", "interrupted", reason, State::Running, now))?;
    task::take_over_lease(tx, &task.id, &context.owner, limits::LEASE, now)
}

/// Recovers unfinished tasks. If `quarantined` is true, the next tries of quarantined plugins count as due work too.
pub(super) async fn recover_tasks(context: &Arc<Context>, quarantined: bool) -> Result<DueWork, DispatchError> {
    recover(context, false).await?;
    let now = Timestamp::now();
    let owner = context.owner.clone();
    let job = move |tx: &Tx<'_>| {
        let quarantined = if quarantined { supervision::next(tx, now)? } else { None };
        let due = [task::next_due(tx)?, quarantined].into_iter().flatten().min();
        Ok((task::agents_with_work(tx)?, due, task::to_stop(tx, &owner)?))
    };
    let (agents, due, stop) = context.ledger.write(job).await?;
    for id in &stop {
        context.running.stop(id);
    }
    let next = due.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO));
    Ok(DueWork { agents, next })
}

/// The stalled tasks.
pub(super) async fn stalled_tasks(context: &Arc<Context>) -> Result<Vec<StalledTask>, DispatchError> {
    let now = Timestamp::now();
    let inner = Arc::clone(context);
    let job = move |tx: &Tx<'_>| {
        let mut stalled = task::stalled_in(tx, now, &task::StallLimits::default())?;
        // When a budget is used up, the log already says why the plugin's tasks wait.
        let mut held = BTreeMap::new();
        for task in stalled.iter().filter(|task| task.why == StallReason::NotBegun) {
            if let Entry::Vacant(entry) = held.entry(task.agent.clone()) {
                entry.insert(budget::is_held(tx, &inner, &task.agent, now)?);
            }
        }
        stalled.retain(|task| task.why != StallReason::NotBegun || held.get(&task.agent) != Some(&true));
        Ok(stalled)
    };
    Ok(context.ledger.write(job).await?)
}

/// Queues the tasks of these agents again that wait for a grant or an approval, except tasks of `baton run`.
pub(super) fn requeue(tx: &Tx<'_>, agents: impl Fn(&str) -> bool, now: Timestamp) -> Result<(), LedgerError> {
    for state in [State::NeedsGrant, State::NeedsApproval] {
        let waiting = task::in_state(tx, state)?;
        for task in waiting.iter().filter(|task| task.origin != task::Origin::Call && agents(&task.agent)) {
            let reason = "the grants of its plugin have changed: trying again".to_owned();
            set_state(tx, task, "queued", State::Queued, reason, now)?;
        }
    }
    Ok(())
}

/// Queues the tasks of these plugins again that wait for a grant or an approval. A running daemon resumes the tasks
/// at its next wake-up.
pub async fn try_again(ledger: &Ledger, agents: Vec<String>) -> Result<(), LedgerError> {
    let job = move |tx: &Tx<'_>| requeue(tx, |agent| agents.iter().any(|known| known == agent), Timestamp::now());
    ledger.write(job).await
}

/// Recovers the tasks of a crashed worker of `agent` in this process.
pub(super) async fn release(context: &Arc<Context>, agent: String) -> Result<(), DispatchError> {
    let now = Timestamp::now();
    let inner = Arc::clone(context);
    let job = move |tx: &Tx<'_>| {
        for task in task::held_by(tx, &agent, &inner.owner)? {
            let (state, reason) = state_after_interruption(&inner, &task);
            set_state(tx, &task, "interrupted", state, reason, now)?;
        }
        Ok(())
    };
    Ok(context.ledger.write(job).await?)
}

fn is_external(context: &Context, task: &Task) -> bool {
    context.roster().get(&task.agent).is_some_and(|agent| agent.kind == AgentKind::External)
}

/// True if the retry of a plugin's task is later than the longest backoff allows. The usage limit of a command agent may
/// last for days.
fn is_too_far(context: &Context, task: &Task, now: Timestamp) -> bool {
    if is_external(context, task) {
        return false;
    }
    let longest = context.retry(&task.agent).max_backoff.max(limits::MISSING_AGAIN);
    let latest = SignedDuration::try_from(longest).ok().and_then(|longest| now.checked_add(longest).ok());
    task.due_at.is_some_and(|due| latest.is_some_and(|latest| due > latest))
}

fn state_after_interruption(context: &Context, task: &Task) -> (State, String) {
    if is_external(context, task) {
        return (
            State::Delivered,
            "the process that was closing this task has exited; its file stays in the inbox".to_owned(),
        );
    }
    let plugin = context.plugin(&task.agent);
    let idempotent = plugin.is_ok_and(|installed| installed.is_idempotent(task.action.as_deref()));
    if task.origin == task::Origin::Call {
        return (State::Failed, "the process that started this call has exited; repeat the command".to_owned());
    }
    if task.stop_asked {
        return (State::Queued, "the attempt was interrupted before it could be cancelled".to_owned());
    }
    if !idempotent {
        let reason = "the attempt was interrupted and the action is not declared idempotent: check what it has done, then \
                      `baton retry` runs it again and `baton cancel` ends it";
        return (State::NeedsHuman, reason.to_owned());
    }
    if task.attempts >= limits::INTERRUPTIONS {
        return (State::NeedsHuman, format!("{} attempts were interrupted: the task may be the cause", task.attempts));
    }
    (State::Queued, "the attempt was interrupted; Baton repeats it".to_owned())
}
