//! Runs attempts, from the lease of a task to the end of its attempt, and renews the lease with heartbeats.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use baton_core::grants::Grant;
use baton_ledger::task::{self, Task};
use baton_sandbox::{AttemptError, AttemptReport, AttemptRequest, Cancel, Progress};
use fail::fail_point;
use jiff::{SignedDuration, Timestamp};

use super::prepare::{TaskSource, prepare};
use super::request_permission::request_permission;
use crate::attempt::{AbortReason, AttemptBatch, FinishedAttempt, StartedTask};
use crate::context::Context;
use crate::error::UnusableReason;
use crate::lease::lease;
use crate::plugins::InstalledPlugin;
use crate::presence::is_missing;
use crate::settle::settle;
use crate::triggers::own_changes::changes;
use crate::{DispatchError, budget, limits};

/// Receives the progress of a task, with the task's id.
pub(crate) type Listener = Arc<dyn Fn(&str, Progress) + Send + Sync>;

/// The signals that end the work of the engine.
pub(crate) struct StopSignals {
    /// Cancels running attempts.
    pub(crate) cancel: Cancel,
    /// Prevents that new work starts.
    pub(crate) closing: Cancel,
}

/// Runs one attempt for each task in `started`, one after the other. If `started` is empty, runs one attempt for the next
/// task of `agent`. The returned batch is empty if no task waits. Unless the engine closes, the transaction that writes the
/// outcomes also leases the next tasks. After short attempts it leases several tasks, so that a fast plugin does not wait
/// for a commit for each task.
pub(crate) async fn run_batch(
    context: &Arc<Context>,
    agent: &str,
    started: Vec<StartedTask>,
    StopSignals { cancel, closing }: &StopSignals,
    listener: Option<&Listener>,
) -> Result<AttemptBatch, DispatchError> {
    let (inner, name) = (Arc::clone(context), agent.to_owned());
    fail_point!("work.before_lease");
    let started = if started.is_empty() {
        context.ledger.in_lane(agent).write(move |tx| lease(tx, &inner, &name, 1)).await?
    } else {
        started
    };
    fail_point!("work.leased");
    let (mut left, mut finished, mut bytes) = (VecDeque::from(started), Vec::new(), 0);
    let since = Instant::now();
    while let Some(started) = left.pop_front() {
        let attempt = attempt(context, started, cancel, listener).await;
        fail_point!("work.attempted");
        bytes += attempt.bytes();
        finished.push(attempt);
        if since.elapsed() > limits::ATTEMPT_BATCH || bytes > limits::ATTEMPT_BATCH_BYTES || closing.is_cancelled() {
            break;
        }
    }
    if closing.is_cancelled() {
        let not_started = |started: StartedTask| FinishedAttempt::of(started.task, None, Err(AbortReason::NotStarted));
        finished.extend(left.drain(..).map(not_started));
    }
    if finished.is_empty() {
        return Ok(AttemptBatch::default());
    }
    let room = match (since.elapsed() > limits::ATTEMPT_BATCH, left.is_empty()) {
        (false, true) => limits::ATTEMPT_BATCH_TASKS,
        (true, true) => 1,
        (_, false) => 0,
    };
    let room = if closing.is_cancelled() { 0 } else { room };
    fail_point!("work.before_settle");
    let AttemptBatch { settled, next } = settle(context, finished, room).await?;
    fail_point!("work.settled");
    left.extend(next);
    Ok(AttemptBatch { settled, next: left.into() })
}

/// Makes one attempt. `cancel` or the operator's `baton cancel` ends it.
pub(super) async fn attempt(
    context: &Arc<Context>,
    started: StartedTask,
    cancel: &Cancel,
    listener: Option<&Listener>,
) -> FinishedAttempt {
    let own_cancel = context.running.begin(&started.task.id);
    if let Some(reason) = reason_not_to_start(context, &started.task, own_cancel.is_cancelled()) {
        context.running.end(&started.task.id);
        return FinishedAttempt::of(started.task, None, Err(reason));
    }
    let finished = attempt_now(context, started, cancel, own_cancel, listener).await;
    let by_operator = context.running.end(&finished.task.id);
    match &finished.ended {
        Ok(AttemptReport { ended: Err(AttemptError::Cancelled), .. }) if by_operator => {
            FinishedAttempt { ended: Err(AbortReason::StopRequested), ..finished }
        }
        _ => finished,
    }
}

fn reason_not_to_start(context: &Context, task: &Task, stopped: bool) -> Option<AbortReason> {
    if task.stop_asked || stopped {
        return Some(AbortReason::StopRequested);
    }
    if task.file.as_deref().is_some_and(|file| is_missing(&context.real(file))) {
        return Some(AbortReason::Missing);
    }
    let deadline = task.deadline.filter(|deadline| *deadline < Timestamp::now())?;
    let deadline = deadline.strftime("%Y-%m-%d %H:%M UTC");
    Some(AbortReason::Overdue(format!("its deadline ({deadline}) passed before it could start")))
}

async fn attempt_now(
    context: &Arc<Context>,
    started: StartedTask,
    cancel: &Cancel,
    own_cancel: Cancel,
    listener: Option<&Listener>,
) -> FinishedAttempt {
    let StartedTask { task, input, about, watched } = started;
    let installed = match context.plugin(&task.agent) {
        Ok(installed) => installed,
        Err(DispatchError::Unusable { why: UnusableReason::Held(reason), .. }) => {
            return FinishedAttempt::of(task, None, Err(AbortReason::Held(reason)));
        }
        Err(error @ DispatchError::Unusable { .. }) => {
            return FinishedAttempt::of(task, None, Err(AbortReason::Unusable(error.to_string())));
        }
        Err(error) => return FinishedAttempt::of(task, None, Err(AbortReason::Refused(error.to_string()))),
    };
    let action = match installed.action(task.action.as_deref()) {
        Ok((name, _)) => name.to_owned(),
        Err(error) => return FinishedAttempt::of(task, Some(installed), Err(AbortReason::Refused(error.to_string()))),
    };
    let roster = context.roster();
    let defaults = roster.get(&task.agent).and_then(|agent| agent.settings.defaults.get(&action));
    let from = TaskSource { task: &task, input: input.as_deref(), about: about.as_deref() };
    let prepared = prepare(&from, &action, defaults, Timestamp::now());
    if let Err(why) = check_arguments(&installed, &action, &prepared.args).await {
        return FinishedAttempt::of(task, Some(installed), Err(AbortReason::Refused(why)));
    }
    let writes = context.own_writes.begin(&task.agent, &task.id);
    let bytes_before = budget::database_bytes(&installed);
    let services = installed.grants.services.clone();
    let request = AttemptRequest {
        task: prepared,
        writes: writes.clone(),
        handoffs: request_permission(context, &installed, &task.id),
        ledger: services.allows(&Grant::Ledger).then(|| context.ledger.path().to_owned()),
        locks: services.allows(&Grant::Locks).then(|| context.locks.clone()),
        services,
        watched,
        cancel: own_cancel.clone(),
        listener: listener.cloned().map(|listener| {
            let id = task.id.clone();
            Arc::new(move |progress| listener(&id, progress)) as Arc<dyn Fn(Progress) + Send + Sync>
        }),
    };
    let mut report = run(context, &installed, request, cancel).await;
    let changed = changes(context, &installed, &writes).await;
    // A plugin may return "retryable" because it was cancelled. Such an attempt counts as cancelled.
    if own_cancel.is_cancelled() && matches!(report.ended, Err(AttemptError::Retryable(_))) {
        report.ended = Err(AttemptError::Cancelled);
    }
    if !report.log.is_empty() {
        tracing::info!(task = %task.id, plugin = %task.agent, "the plugin wrote:\n{}", report.log.trim_end());
    }
    let sql_bytes = budget::database_bytes(&installed).saturating_sub(bytes_before);
    FinishedAttempt { own: changed, sql_bytes, ..FinishedAttempt::of(task, Some(installed), Ok(report)) }
}

/// Checks the arguments against the action's schema. Large arguments are checked on a thread that may block.
pub(super) async fn check_arguments(installed: &InstalledPlugin, action: &str, args: &str) -> Result<(), String> {
    let arguments = Arc::clone(installed.plugin.arguments());
    if args.len() <= limits::ARGUMENTS_AT_ONCE {
        return arguments.check(action, args);
    }
    let (action, args) = (action.to_owned(), args.to_owned());
    let checked = tokio::task::spawn_blocking(move || arguments.check(&action, &args)).await;
    checked.unwrap_or_else(|error| Err(format!("the arguments could not be checked: {error}")))
}

/// Runs the plugin, and renews the lease of its task with heartbeats.
async fn run(
    context: &Arc<Context>,
    installed: &InstalledPlugin,
    request: AttemptRequest,
    cancel: &Cancel,
) -> AttemptReport {
    let (id, own_cancel) = (request.task.id.clone(), request.cancel.clone());
    fail_point!("work.before_run");
    let running = context.sandbox.run(&installed.plugin, request);
    tokio::pin!(running);
    // `interval` is not used, because its first tick waits for the next millisecond of the timer.
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + limits::HEARTBEAT, limits::HEARTBEAT);
    loop {
        tokio::select! {
            report = &mut running => return report,
            () = cancel.asked(), if !own_cancel.is_cancelled() => own_cancel.cancel(),
            // The heartbeat runs in a separate task, because a busy ledger must not delay the attempt.
            _ = beat.tick() => drop(tokio::spawn(heartbeat(Arc::clone(context), id.clone()))),
        }
    }
}

async fn heartbeat(context: Arc<Context>, id: String) {
    let lease = SignedDuration::try_from(limits::LEASE).unwrap_or(SignedDuration::ZERO);
    let until = Timestamp::now().checked_add(lease).unwrap_or(Timestamp::MAX);
    let owner = context.owner.clone();
    if let Err(error) = context.ledger.write(move |tx| task::heartbeat(tx, &id, &owner, until)).await {
        tracing::warn!(%error, "the lease could not be renewed");
    }
}

#[cfg(test)]
mod tests {
    use baton_core::State;

    use super::*;

    fn new(title: &str) -> task::NewTask {
        task::NewTask { title: title.to_owned(), ..task::NewTask::blank("a", task::Origin::Handoff, State::Queued) }
    }

    #[tokio::test]
    async fn a_task_that_is_not_idempotent_is_leased_alone() {
        let folder = tempfile::tempdir().unwrap();
        let context = Context::in_folder(folder.path());
        let inner = Arc::clone(&context);
        let taken = context.ledger.write(move |tx| {
            for title in ["one", "two"] {
                task::insert(tx, &new(title), None, Timestamp::UNIX_EPOCH)?;
            }
            let nothing = lease(tx, &inner, "a", 0)?.len();
            let taken = lease(tx, &inner, "a", limits::ATTEMPT_BATCH_TASKS)?;
            Ok((nothing, taken.into_iter().map(|begun| begun.task.title).collect::<Vec<_>>()))
        });
        assert_eq!(taken.await.unwrap(), (0, vec!["one".to_owned()]));
    }
}
