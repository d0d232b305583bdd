//! Runs attempts from lease to settlement, with their heartbeat: for the engine, and for a call by hand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use baton_core::{OutcomeKind, State};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use baton_sandbox::{AttemptError, AttemptReport, AttemptRequest, Cancel, Progress, Writes, wit};
use fail::fail_point;
use jiff::{SignedDuration, Timestamp};

use crate::attempt::{AbortReason, AttemptBatch, FinishedAttempt, SettledTask, StartedTask};
use crate::context::Context;
use crate::error::UnusableReason;
use crate::lease::{begin, lease};
use crate::plugins::InstalledPlugin;
use crate::prepare::{TaskSource, prepare, with_defaults};
use crate::presence::is_missing;
use crate::settle::settle;
use crate::triggers::own_changes::changes;
use crate::{DispatchError, budget, emission, limits};

/// Gets the progress of a task, with the task's id.
pub(crate) type Listener = Arc<dyn Fn(&str, Progress) + Send + Sync>;

/// Runs one attempt of each of `begun`, or of the next task of `agent` if `begun` is empty, one after the other. The batch is
/// empty if no task waits. Unless `closing`, the transaction of the outcomes leases the next tasks too: several if these
/// attempts were short, so that a quick plugin does not wait for a commit each.
pub(crate) async fn next(
    context: &Arc<Context>,
    agent: &str,
    begun: Vec<StartedTask>,
    (cancel, closing): (&Cancel, &Cancel),
    listener: Option<&Listener>,
) -> Result<AttemptBatch, DispatchError> {
    let (inner, name) = (Arc::clone(context), agent.to_owned());
    fail_point!("work.before_lease");
    let begun = if begun.is_empty() {
        context.ledger.in_lane(agent).write(move |tx| lease(tx, &inner, &name, 1)).await?
    } else {
        begun
    };
    fail_point!("work.leased");
    let (mut left, mut ended, mut bytes) = (VecDeque::from(begun), Vec::new(), 0);
    let since = Instant::now();
    while let Some(begun) = left.pop_front() {
        let attempted = attempt(context, begun, cancel, listener).await;
        fail_point!("work.attempted");
        bytes += attempted.bytes();
        ended.push(attempted);
        if since.elapsed() > limits::ATTEMPT_BATCH || bytes > limits::ATTEMPT_BATCH_BYTES || closing.is_cancelled() {
            break;
        }
    }
    if closing.is_cancelled() {
        ended.extend(left.drain(..).map(|begun| FinishedAttempt::of(begun.task, None, Err(AbortReason::Unbegun))));
    }
    if ended.is_empty() {
        return Ok(AttemptBatch::default());
    }
    let room = match (since.elapsed() > limits::ATTEMPT_BATCH, left.is_empty()) {
        (false, true) => limits::ATTEMPT_BATCH_TASKS,
        (true, true) => 1,
        (_, false) => 0,
    };
    let room = if closing.is_cancelled() { 0 } else { room };
    fail_point!("work.before_settle");
    let (settled, next) = settle(context, ended, room).await?;
    fail_point!("work.settled");
    left.extend(next);
    Ok(AttemptBatch { settled, next: left.into() })
}

async fn attempt(
    context: &Arc<Context>,
    begun: StartedTask,
    cancel: &Cancel,
    listener: Option<&Listener>,
) -> FinishedAttempt {
    let own = context.running.begin(&begun.task.id);
    if let Some(ended) = over_before(context, &begun.task, own.is_cancelled()) {
        context.running.end(&begun.task.id);
        return FinishedAttempt::of(begun.task, None, Err(ended));
    }
    let attempted = attempt_now(context, begun, (cancel, &own), listener).await;
    let by_a_person = context.running.end(&attempted.task.id);
    match &attempted.ended {
        Ok(AttemptReport { ended: Err(AttemptError::Cancelled), .. }) if by_a_person => {
            FinishedAttempt { ended: Err(AbortReason::Cancelled(BY_A_PERSON.to_owned())), ..attempted }
        }
        _ => attempted,
    }
}

/// The reason not to start the attempt.
fn over_before(context: &Context, task: &Task, stopped: bool) -> Option<AbortReason> {
    if task.stop_asked || stopped {
        return Some(AbortReason::Cancelled(BY_A_PERSON.to_owned()));
    }
    if task.file.as_deref().is_some_and(|file| is_missing(&context.real(file))) {
        return Some(AbortReason::Missing);
    }
    let deadline = task.deadline.filter(|deadline| *deadline < Timestamp::now())?;
    let deadline = deadline.strftime("%Y-%m-%d %H:%M UTC");
    Some(AbortReason::Overdue(format!("its deadline ({deadline}) passed before it could begin")))
}

async fn attempt_now(
    context: &Arc<Context>,
    begun: StartedTask,
    (cancel, own): (&Cancel, &Cancel),
    listener: Option<&Listener>,
) -> FinishedAttempt {
    let StartedTask { task, input, about, watched } = begun;
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
    let given = prepare(&from, &action, defaults, Timestamp::now());
    if let Err(why) = check_arguments(&installed, &action, &given.args).await {
        return FinishedAttempt::of(task, Some(installed), Err(AbortReason::Refused(why)));
    }
    let writes = context.own.begin(&task.agent, &task.id);
    let database = budget::database_bytes(&installed);
    let mut report = run(context, &installed, (given, watched, writes.clone()), (cancel, own), listener).await;
    let changed = changes(context, &installed, &writes).await;
    // A cancelled plugin may return "retryable"; that does not count as an attempt.
    if own.is_cancelled() && matches!(report.ended, Err(AttemptError::Retryable(_))) {
        report.ended = Err(AttemptError::Cancelled);
    }
    if !report.log.is_empty() {
        tracing::info!(task = %task.id, plugin = %task.agent, "the plugin wrote:\n{}", report.log.trim_end());
    }
    let sql_bytes = budget::database_bytes(&installed).saturating_sub(database);
    FinishedAttempt { own: changed, sql_bytes, ..FinishedAttempt::of(task, Some(installed), Ok(report)) }
}

/// Checks the arguments against the action's schema. Large ones are checked on a thread that may block.
async fn check_arguments(installed: &InstalledPlugin, action: &str, args: &str) -> Result<(), String> {
    let arguments = Arc::clone(installed.plugin.arguments());
    if args.len() <= limits::ARGUMENTS_AT_ONCE {
        return arguments.check(action, args);
    }
    let (action, args) = (action.to_owned(), args.to_owned());
    let checked = tokio::task::spawn_blocking(move || arguments.check(&action, &args)).await;
    checked.unwrap_or_else(|error| Err(format!("the arguments could not be checked: {error}")))
}

/// The reason of a cancellation on demand.
const BY_A_PERSON: &str = "cancelled by the operator";

/// Settles a task that this process has leased and nobody has tried.
pub(crate) async fn settle_aborted(
    context: &Arc<Context>,
    task: Task,
    ended: AbortReason,
) -> Result<SettledTask, DispatchError> {
    let (settled, _) = settle(context, vec![FinishedAttempt::of(task, None, Err(ended))], 0).await?;
    Ok(settled.into_iter().next().ok_or(LedgerError::Closed)?)
}

async fn run(
    context: &Arc<Context>,
    installed: &InstalledPlugin,
    (task, watched, writes): (wit::Task, BTreeMap<String, u64>, Writes),
    (cancel, own): (&Cancel, &Cancel),
    listener: Option<&Listener>,
) -> AttemptReport {
    let id = task.id.clone();
    let listener = listener.cloned().map(|listener| {
        let id = id.clone();
        Arc::new(move |progress| listener(&id, progress)) as Arc<dyn Fn(Progress) + Send + Sync>
    });
    let attempt = AttemptRequest {
        task,
        mounts: installed.grants.mounts.clone(),
        folder_check: installed.grants.folder_check.clone(),
        hard_links: installed.grants.hard_links,
        writes,
        emission: emission::of(context, installed, &id),
        ledger: installed.grants.ledger.then(|| context.ledger.path().to_owned()),
        databases: installed.grants.databases.clone(),
        claims: installed.grants.claims.then(|| context.claims.clone()),
        repositories: installed.grants.repositories.clone(),
        sounds: installed.grants.sounds.clone(),
        egress: installed.grants.egress.clone(),
        watched,
        cancel: own.clone(),
        listener,
    };
    fail_point!("work.before_run");
    let running = context.sandbox.run(&installed.plugin, attempt);
    tokio::pin!(running);
    // Not `interval`: its first tick, at once, waits for the timer's next millisecond.
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + limits::HEARTBEAT, limits::HEARTBEAT);
    loop {
        tokio::select! {
            report = &mut running => return report,
            () = cancel.asked(), if !own.is_cancelled() => own.cancel(),
            // Beside the attempt: a busy ledger must not hold it up.
            _ = beat.tick() => drop(tokio::spawn(heartbeat(Arc::clone(context), id.clone()))),
        }
    }
}

async fn heartbeat(context: Arc<Context>, id: String) {
    let lease = SignedDuration::try_from(limits::LEASE).unwrap_or(SignedDuration::ZERO);
    let until = Timestamp::now().checked_add(lease).unwrap_or(Timestamp::MAX);
    let owner = context.owner.clone();
    if let Err(error) = context.ledger.write(move |tx| task::heartbeat(tx, &id, &owner, until)).await {
        tracing::warn!(%error, "no heartbeat");
    }
}

/// An action called by hand.
#[derive(Clone, Debug)]
pub struct Call {
    /// The plugin.
    pub plugin: String,
    /// The action.
    pub action: String,
    /// The arguments.
    pub args: serde_json::Map<String, serde_json::Value>,
}

/// The result of a call.
#[derive(Debug)]
pub struct CallReport {
    /// The task in the ledger.
    pub id: String,
    /// Its state now.
    pub state: State,
    /// How much of it was done, when the plugin has said so.
    pub outcome: Option<OutcomeKind>,
    /// The summary, or what went wrong.
    pub text: String,
    /// What the plugin says is to be done next.
    pub next_steps: Vec<String>,
    /// The files that were written, relative to the workspace.
    pub artifacts: Vec<String>,
    /// What the plugin wrote to standard output and standard error.
    pub log: String,
}

/// Writes a task down, does one attempt of it at once, and delivers what came of it. Works beside a running daemon.
///
/// # Errors
/// When there is no such plugin or action, or the ledger fails.
pub async fn call(
    context: &Arc<Context>,
    call: Call,
    cancel: &Cancel,
    listener: impl Fn(&str, Progress) + Send + Sync + 'static,
) -> Result<CallReport, DispatchError> {
    let args = check_call(context, &call).await?;
    let new = task::NewTask {
        title: format!("{} {}", call.plugin, call.action),
        action: Some(call.action),
        args,
        actor: "operator".to_owned(),
        // Never `queued`: a daemon beside us would take it.
        ..task::NewTask::blank(&call.plugin, task::Origin::Call, State::Captured)
    };
    let (owner, now, inner) = (context.owner.clone(), Timestamp::now(), Arc::clone(context));
    let insert = move |tx: &Tx<'_>| {
        let id = task::insert(tx, &new, None, now)?;
        let leased = task::lease_task(tx, &id, &owner, limits::LEASE, now)?;
        // A call begins even if a budget is used up; the handoffs that it sends count.
        budget::room(tx, &inner, &leased.agent, 1, now)?;
        begin(tx, leased, now)
    };
    let begun = context.ledger.write(insert).await?;
    let listener: Listener = Arc::new(listener);
    let attempted = attempt(context, begun, cancel, Some(&listener)).await;
    let (settled, _) = settle(context, vec![attempted], 0).await?;
    let settled = settled.into_iter().next().ok_or(LedgerError::Closed)?;
    for id in std::iter::once(&settled.id).chain(&settled.to_deliver) {
        crate::deliver(context, id).await?;
    }
    let SettledTask { id, state, outcome, text, next_steps, artifacts, log, .. } = settled;
    Ok(CallReport { id, state, outcome, text, next_steps, artifacts, log })
}

impl CallReport {
    /// The word for people that says how it stands: its state, or `partial` or `refused`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        OutcomeKind::status(self.state, self.outcome)
    }
}

/// The arguments of a call as JSON. A call of an unknown action or with wrong arguments is refused without a trace in the ledger.
async fn check_call(context: &Arc<Context>, call: &Call) -> Result<String, DispatchError> {
    let installed = context.plugin(&call.plugin)?;
    installed.action(Some(&call.action))?;
    let args = serde_json::Value::Object(call.args.clone()).to_string();
    let roster = context.roster();
    let defaults = roster.get(&call.plugin).and_then(|agent| agent.settings.defaults.get(&call.action));
    let given = with_defaults(&args, defaults);
    check_arguments(&installed, &call.action, &given).await.map_err(DispatchError::Refused)?;
    Ok(args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(title: &str) -> task::NewTask {
        task::NewTask { title: title.to_owned(), ..task::NewTask::blank("a", task::Origin::Handoff, State::Queued) }
    }

    #[tokio::test]
    async fn what_is_not_known_to_be_repeatable_is_taken_alone() {
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
