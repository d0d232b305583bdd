//! Decisions of the operator about one task: cancel, retry, answer. They also work while a daemon is running; Baton then
//! wakes the daemon.

use std::sync::Arc;

use baton_core::State;
use baton_intake::{publish, stage};
use baton_ledger::event::{self, Event};
use baton_ledger::task::{self, Origin, Task};
use baton_ledger::{LedgerError, Tx, outbox};
use fail::fail_point;
use jiff::Timestamp;

use crate::attempt::AbortReason;
use crate::capture::answered_before;
use crate::delivery::archive::to_inbox;
use crate::settle::{dependencies, settle_aborted};
use crate::{AgentKind, Context, DispatchError, deliver, limits};

/// The actor in the events of these decisions.
const OPERATOR: &str = "operator";

/// The result of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionResult {
    /// The task is in this state now.
    Now(State),
    /// The task is running, and its process was asked to stop.
    Asked,
    /// The captured file was written into the inbox again, with this path.
    Dropped(String),
    /// A new task with this id does the same work.
    Anew(String),
}

/// Cancels a task that is not final: sends a RETURN to its sender and archives its file. Asks a running task to stop. For a
/// disputed task, only the state changes, because its RETURN was delivered and its file was archived before.
///
/// # Errors
/// [`DispatchError::Refused`] when the task has ended already; otherwise when the ledger fails.
pub async fn cancel(context: &Arc<Context>, id: &str, reason: &str) -> Result<DecisionResult, DispatchError> {
    end_early(context, id, OPERATOR, reason.to_owned(), AbortReason::Cancelled).await
}

/// Cancels a task like [`cancel`], for the agent `sender`. The caller checks that this agent sent the request.
pub(crate) async fn withdraw(context: &Arc<Context>, id: &str, sender: &str) -> Result<DecisionResult, DispatchError> {
    end_early(context, id, sender, format!("{sender} withdrew it"), AbortReason::Withdrawn).await
}

async fn end_early(
    context: &Arc<Context>,
    id: &str,
    actor: &str,
    reason: String,
    abort: fn(String) -> AbortReason,
) -> Result<DecisionResult, DispatchError> {
    let (actor, why) = (actor.to_owned(), reason.clone());
    let (task_id, owner, now) = (id.to_owned(), context.owner.clone(), Timestamp::now());
    let look = move |tx: &Tx<'_>| {
        let task = task::get_in(tx, &task_id)?;
        match task.state {
            State::Running => {
                ask_to_stop(tx, &task, &actor, "the task runs: Baton asked its process to stop", now)?;
                Ok(CancelStart::Asked)
            }
            State::Disputed => {
                task::transition(tx, &Event::of(&task, &actor, "cancelled", why, State::Cancelled, now))?;
                dependencies::settled(tx, &task, State::Cancelled, now)?;
                Ok(CancelStart::Ended)
            }
            state if state.is_final() => Ok(CancelStart::Refused(format!("{task_id} has ended already ({state})"))),
            _ => {
                // If this process dies before it settles the task, recovery sees this mark and cancels the task.
                ask_to_stop(tx, &task, &actor, "the task does not run: Baton ends it now", now)?;
                task::lease_task(tx, &task_id, &owner, limits::LEASE, now)
                    .map(|task| CancelStart::Leased(Box::new(task)))
            }
        }
    };
    match context.ledger.write(look).await? {
        CancelStart::Asked => Ok(DecisionResult::Asked),
        CancelStart::Ended => {
            context.wake();
            Ok(DecisionResult::Now(State::Cancelled))
        }
        CancelStart::Refused(reason) => Err(DispatchError::Refused(reason)),
        CancelStart::Leased(task) => {
            fail_point!("cancel.leased");
            let settled = settle_aborted(context, *task, abort(reason)).await?;
            fail_point!("cancel.settled");
            deliver(context, &settled.id).await?;
            Ok(DecisionResult::Now(settled.state))
        }
    }
}

/// Records who asked the task to stop. A second request is not recorded.
fn ask_to_stop(tx: &Tx<'_>, task: &Task, actor: &str, text: &str, now: Timestamp) -> Result<(), LedgerError> {
    if task.stop_asked {
        return Ok(());
    }
    task::ask_to_stop(tx, &task.id)?;
    event::append(tx, &Event::of(task, actor, "cancel_asked", text.to_owned(), task.state, now)).map(drop)
}

enum CancelStart {
    Asked,
    Ended,
    Refused(String),
    Leased(Box<Task>),
}

/// Tries a task again. A waiting task starts at once. For a task that ended without success, Baton writes the captured file
/// into the inbox again, which makes a new task. If the task had no handoff, Baton makes the new task directly.
///
/// # Errors
/// [`DispatchError::Refused`] when the task succeeded, is running, or its file cannot be read; otherwise when the
/// ledger or a folder fails.
pub async fn retry(context: &Arc<Context>, id: &str) -> Result<DecisionResult, DispatchError> {
    let task_id = id.to_owned();
    let task = context.ledger.write(move |tx| task::get_in(tx, &task_id)).await?;
    match task.state {
        State::Waiting | State::NeedsGrant | State::NeedsHuman | State::NeedsApproval => {
            resume(context, id, "retried", "the operator retried it", None).await
        }
        State::Disputed | State::Failed | State::Dead | State::Cancelled if task.origin == Origin::Handoff => {
            drop_again(context, task).await
        }
        State::Disputed | State::Failed | State::Dead | State::Cancelled => repeat(context, task).await,
        State::Succeeded | State::Duplicate => Err(DispatchError::Refused(format!(
            "{id} has ended as {}; to run it again, drop the handoff with another handoff_id",
            task.state
        ))),
        State::Rejected => Err(DispatchError::Refused(format!(
            "{id} cannot be read: correct the file (`baton lint FILE` reports its errors) and drop it again"
        ))),
        state => Err(DispatchError::Refused(format!("{id} is {state}: it needs no retry"))),
    }
}

/// Answers the question of a task. The task then continues.
///
/// # Errors
/// [`DispatchError::Refused`] when the task has no question; otherwise when the ledger fails.
pub async fn answer(context: &Arc<Context>, id: &str, text: &str) -> Result<DecisionResult, DispatchError> {
    let task_id = id.to_owned();
    let task = context.ledger.write(move |tx| task::get_in(tx, &task_id)).await?;
    if task.state != State::NeedsHuman {
        return Err(DispatchError::Refused(format!("{id} has no question: it is {}", task.state)));
    }
    resume(context, id, "answered", text, Some(text.to_owned())).await
}

/// Continues a task that waits for its retry, a grant, an approval or a person.
async fn resume(
    context: &Arc<Context>,
    id: &str,
    action: &'static str,
    reason: &str,
    answer: Option<String>,
) -> Result<DecisionResult, DispatchError> {
    let (task_id, reason, now) = (id.to_owned(), reason.to_owned(), Timestamp::now());
    let inner = Arc::clone(context);
    let job = move |tx: &Tx<'_>| {
        let task = task::get_in(tx, &task_id)?;
        let waits = matches!(task.state, State::Waiting | State::NeedsGrant | State::NeedsHuman | State::NeedsApproval);
        if !waits {
            return Ok(None);
        }
        task::renew(tx, &task_id, answer.as_deref())?;
        task::drop_dependencies(tx, &task_id)?;
        let state = next_state(tx, &inner, &task)?;
        task::transition(tx, &Event::of(&task, OPERATOR, action, reason, state, now))?;
        let answered = answered_before(tx, &inner, &task_id, now)?.is_some();
        Ok(Some(if answered { State::Succeeded } else { state }))
    };
    match context.ledger.write(job).await? {
        Some(state) => {
            fail_point!("retry.resumed");
            deliver(context, id).await?;
            Ok(DecisionResult::Now(state))
        }
        None => Err(DispatchError::Refused(format!("{id} is not waiting any more; `baton why {id}` shows its state"))),
    }
}

/// The next state of a continued task: queued for a plugin, delivered to an external agent, or captured until its file is
/// moved from the drop box.
fn next_state(tx: &Tx<'_>, context: &Context, task: &Task) -> Result<State, LedgerError> {
    let roster = context.roster();
    let agent = roster.get(&task.agent);
    let dropped = task.file.as_deref().filter(|file| context.real(file).parent() == Some(roster.central()));
    if let (Some(file), Some(agent)) = (dropped, agent) {
        outbox::add(tx, &task.id, &to_inbox(file, task.input.clone(), context.shown(&agent.inbox)))?;
        return Ok(State::Captured);
    }
    let external = agent.is_none_or(|agent| agent.kind == AgentKind::External);
    Ok(match task.kind.as_str() {
        _ if external => State::Delivered,
        // A RETURN is never run.
        "RETURN" => State::Succeeded,
        _ => State::Queued,
    })
}

/// Writes the captured bytes into the inbox again, under the original name.
async fn drop_again(context: &Arc<Context>, task: Task) -> Result<DecisionResult, DispatchError> {
    let (id, input) = (task.id.clone(), task.input.clone());
    let look = move |tx: &Tx<'_>| {
        let bytes = input.as_deref().map(|hash| task::input(tx, hash)).transpose()?.flatten();
        Ok((bytes, task::file_name(tx, &id)?))
    };
    let (Some(bytes), Some(name)) = context.ledger.write(look).await? else {
        return Err(DispatchError::Refused(format!("the content of {} was pruned; drop the handoff again", task.id)));
    };
    let roster = context.roster();
    let inbox = roster.get(&task.agent).map_or(roster.central(), |agent| &agent.inbox).to_owned();
    let token = format!("retry-{}", task.id);
    let name = tokio::task::spawn_blocking({
        let inbox = inbox.clone();
        move || publish(&stage(&inbox, &token, &bytes)?, &name)
    });
    let name = name.await.map_err(|_| LedgerError::Closed)??;
    fail_point!("retry.dropped");
    let place = context.shown(&inbox.join(name));
    let (note, now) = (format!("dropped again as {place}"), Timestamp::now());
    let told =
        move |tx: &Tx<'_>| event::append(tx, &Event::of(&task, OPERATOR, "retried", note, task.state, now)).map(drop);
    context.ledger.write(told).await?;
    Ok(DecisionResult::Dropped(place))
}

/// Makes a new task with the same work as a task without a file.
async fn repeat(context: &Arc<Context>, task: Task) -> Result<DecisionResult, DispatchError> {
    let now = Timestamp::now();
    let job = move |tx: &Tx<'_>| {
        let new = task::NewTask {
            title: task.title.clone(),
            sender: task.sender.clone(),
            action: task.action.clone(),
            args: task.args.clone(),
            paths: task.paths.clone(),
            input: task.input.clone(),
            about: task.about.clone(),
            priority: task.priority,
            reason: format!("{} again", task.id),
            actor: OPERATOR.to_owned(),
            ..task::NewTask::blank(&task.agent, Origin::Trigger, State::Queued)
        };
        let id = task::insert(tx, &new, None, now)?;
        event::append(tx, &Event::of(&task, OPERATOR, "retried", format!("as {id}"), task.state, now))?;
        Ok(id)
    };
    Ok(DecisionResult::Anew(context.ledger.write(job).await?))
}
