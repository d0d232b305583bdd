//! One attempt from lease to settlement, with its heartbeat; for the engine and for a person who calls an action by hand.

use std::path::Path;
use std::sync::Arc;

use baton_core::State;
use baton_core::handoff::Priority;
use baton_ledger::event::{self, Event};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use baton_sandbox::{Attempt, Cancel, Emission, Failure, Progress, Report, wit};
use jiff::{SignedDuration, Timestamp};

use crate::house::{House, Installed};
use crate::prepare::prepare;
use crate::settle::{Settled, settle};
use crate::{DispatchError, limits};

/// Who is told about the progress of a task: its id and how far it is.
pub(crate) type Listener = Arc<dyn Fn(&str, Progress) + Send + Sync>;

/// Does one attempt of `begun`, else of the next task of `agent`. `None` when nothing waits. Unless `closing`, the
/// outcome's transaction takes the task after it too: [`Settled::next`].
///
/// # Errors
/// When the ledger fails.
pub(crate) async fn next(
    house: &Arc<House>,
    agent: &str,
    begun: Option<Begun>,
    (cancel, closing): (&Cancel, &Cancel),
    listener: Option<&Listener>,
) -> Result<Option<Settled>, DispatchError> {
    let begun = match begun {
        Some(begun) => begun,
        None => {
            let (name, owner) = (agent.to_owned(), house.owner.clone());
            match house.ledger.write(move |tx| lease_next(tx, &name, &owner)).await? {
                Some(begun) => begun,
                None => return Ok(None),
            }
        }
    };
    attempt(house, begun, cancel, Some(closing), listener).await.map(Some)
}

/// A task under way and the bytes that it came from.
#[derive(Debug)]
pub(crate) struct Begun {
    task: Task,
    input: Option<Vec<u8>>,
}

/// Takes the next task of `agent` and writes down that its attempt begins.
///
/// # Errors
/// When the database fails.
pub(crate) fn lease_next(tx: &Tx<'_>, agent: &str, owner: &str) -> Result<Option<Begun>, LedgerError> {
    let now = Timestamp::now();
    let leased = task::lease_next(tx, agent, owner, limits::LEASE, now)?;
    leased.map(|task| begin(tx, task, now)).transpose()
}

fn begin(tx: &Tx<'_>, task: Task, now: Timestamp) -> Result<Begun, LedgerError> {
    let input = task.input.as_deref().map(|hash| task::input(tx, hash)).transpose()?.flatten();
    let attempt = format!("attempt {}", task.attempts);
    let started = Event::of(&task, "baton", "started", attempt, State::Running, now);
    event::append(tx, &started)?;
    Ok(Begun { task, input })
}

async fn attempt(
    house: &Arc<House>,
    begun: Begun,
    cancel: &Cancel,
    closing: Option<&Cancel>,
    listener: Option<&Listener>,
) -> Result<Settled, DispatchError> {
    let Begun { task, input } = begun;
    if let Some(file) = task.file.as_deref().filter(|file| is_withdrawn(&house.real(file))) {
        let reason = format!("{file} was taken out of the inbox before it ran");
        return settle(house, task, None, Err(Ended::Withdrawn(reason)), closing).await;
    }
    let installed = match house.plugin(&task.agent) {
        Ok(installed) => installed.clone(),
        Err(error @ DispatchError::Unusable { .. }) => {
            return settle(house, task, None, Err(Ended::Unusable(error.to_string())), closing).await;
        }
        Err(error) => return settle(house, task, None, Err(Ended::Refused(error.to_string())), closing).await,
    };
    let action = match installed.action(task.action.as_deref()) {
        Ok((name, _)) => name.to_owned(),
        Err(error) => {
            let refused = Err(Ended::Refused(error.to_string()));
            return settle(house, task, Some(&installed), refused, closing).await;
        }
    };
    let given = prepare(&task, &action, input.as_deref(), Timestamp::now());
    let mut report = run(house, &installed, &task.id, given, cancel, listener).await;
    // A plugin that obeys says "later"; that costs it no attempt.
    if cancel.is_cancelled() && matches!(report.ended, Err(Failure::Retryable(_))) {
        report.ended = Err(Failure::Cancelled);
    }
    if !report.log.is_empty() {
        tracing::info!(task = %task.id, plugin = %task.agent, "the plugin wrote:\n{}", report.log.trim_end());
    }
    settle(house, task, Some(&installed), Ok(report), closing).await
}

/// Whether a person took the file away: it is not there, and its inbox is. A folder that cannot be read says nothing.
fn is_withdrawn(file: &Path) -> bool {
    let gone = file.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    gone && file.parent().is_some_and(|inbox| std::fs::read_dir(inbox).is_ok())
}

/// Ends the waiting tasks of `agent` whose files were taken away. Gives what is to be carried.
///
/// # Errors
/// When the ledger fails.
pub(crate) async fn withdraw(house: &Arc<House>, agent: &str) -> Result<Vec<Settled>, DispatchError> {
    let name = agent.to_owned();
    let waiting = house.ledger.write(move |tx| task::waiting_files(tx, &name)).await?;
    let mut settled = Vec::new();
    for (id, file) in waiting.into_iter().filter(|(_, file)| is_withdrawn(&house.real(file))) {
        let (owner, now) = (house.owner.clone(), Timestamp::now());
        // Meanwhile it may have run and its file may be archived: then it is not withdrawn.
        let lease = move |tx: &Tx<'_>| {
            let still = task::waits_with(tx, &id, &file)?;
            still.then(|| task::lease_task(tx, &id, &owner, limits::LEASE, now)).transpose()
        };
        if let Some(task) = house.ledger.write(lease).await? {
            let reason = format!("{} was taken out of the inbox", task.file.as_deref().unwrap_or("its file"));
            settled.push(settle(house, task, None, Err(Ended::Withdrawn(reason)), None).await?);
        }
    }
    Ok(settled)
}

/// Why a task ended without an attempt.
pub(crate) enum Ended {
    /// Its file is gone.
    Withdrawn(String),
    /// Nobody can do what it asks for.
    Refused(String),
    /// The plugin cannot be used as things stand.
    Unusable(String),
}

async fn run(
    house: &Arc<House>,
    installed: &Installed,
    id: &str,
    task: wit::Task,
    cancel: &Cancel,
    listener: Option<&Listener>,
) -> Report {
    let listener = listener.cloned().map(|listener| {
        let id = id.to_owned();
        Arc::new(move |progress| listener(&id, progress)) as Arc<dyn Fn(Progress) + Send + Sync>
    });
    let attempt = Attempt {
        task,
        mounts: installed.grants.mounts.clone(),
        emission: emission(house, installed),
        cancel: cancel.clone(),
        listener,
    };
    let running = house.sandbox.run(&installed.plugin, attempt);
    tokio::pin!(running);
    let mut beat = tokio::time::interval(limits::HEARTBEAT);
    beat.tick().await;
    loop {
        tokio::select! {
            report = &mut running => return report,
            // Beside the attempt: a busy ledger must not hold it up.
            _ = beat.tick() => drop(tokio::spawn(heartbeat(Arc::clone(house), id.to_owned()))),
        }
    }
}

async fn heartbeat(house: Arc<House>, id: String) {
    let lease = SignedDuration::try_from(limits::LEASE).unwrap_or(SignedDuration::ZERO);
    let until = Timestamp::now().checked_add(lease).unwrap_or(Timestamp::MAX);
    let owner = house.owner.clone();
    if let Err(error) = house.ledger.write(move |tx| task::heartbeat(tx, &id, &owner, until)).await {
        tracing::warn!(%error, "no heartbeat");
    }
}

fn emission(house: &Arc<House>, installed: &Installed) -> Emission {
    let name = &installed.plugin.manifest().name;
    if !installed.grants.handoffs {
        return Emission::Denied(format!(
            "the plugin `{name}` may not send handoffs; set `handoffs = true` in its grants in baton.lock"
        ));
    }
    let house = Arc::clone(house);
    Emission::Granted(Arc::new(move |to| {
        let roster = house.roster();
        let found = roster.resolve(to).map(|agent| agent.name.clone());
        found.ok_or_else(|| format!("there is no agent `{to}`; there are: {}", roster.names()))
    }))
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

/// How a call went.
#[derive(Debug)]
pub struct Called {
    /// The task in the ledger.
    pub id: String,
    /// Its state now.
    pub state: State,
    /// The summary, or what went wrong.
    pub text: String,
    /// The files that were written, relative to the workspace.
    pub artifacts: Vec<String>,
}

/// Writes a task down, does one attempt of it at once, and delivers what came of it. Works beside a running daemon.
///
/// # Errors
/// When there is no such plugin or action, or the ledger fails.
pub async fn call(
    house: &Arc<House>,
    call: Call,
    cancel: &Cancel,
    listener: impl Fn(&str, Progress) + Send + Sync + 'static,
) -> Result<Called, DispatchError> {
    house.plugin(&call.plugin)?.action(Some(&call.action))?;
    let new = task::New {
        agent: call.plugin.clone(),
        origin: task::Origin::Call,
        kind: "HANDOFF".to_owned(),
        handoff_id: None,
        sender: None,
        title: format!("{} {}", call.plugin, call.action),
        action: Some(call.action),
        args: serde_json::Value::Object(call.args).to_string(),
        body: String::new(),
        made_at: None,
        paths: Vec::new(),
        priority: Priority::default(),
        // Never `queued`: a daemon beside us would take it.
        state: State::Captured,
        reason: String::new(),
        file: None,
        input: None,
        dedupe_key: None,
        substance: None,
        actor: "operator".to_owned(),
    };
    let (owner, now) = (house.owner.clone(), Timestamp::now());
    let insert = move |tx: &Tx<'_>| {
        let id = task::insert(tx, &new, None, now)?;
        let leased = task::lease_task(tx, &id, &owner, limits::LEASE, now)?;
        begin(tx, leased, now)
    };
    let begun = house.ledger.write(insert).await?;
    let listener: Listener = Arc::new(listener);
    let settled = attempt(house, begun, cancel, None, Some(&listener)).await?;
    crate::carry(house, &settled.id).await?;
    Ok(Called { id: settled.id, state: settled.state, text: settled.text, artifacts: settled.artifacts })
}

/// The failure's text as a person reads it.
pub(crate) fn explain(failure: &Failure, plugin: &str) -> String {
    match failure {
        Failure::Limit { .. } => format!("{failure}; give it less to do, or ask its author (plugin `{plugin}`)"),
        Failure::Trap(_) => format!("{failure}; this is a fault of the plugin `{plugin}`, not of the handoff"),
        Failure::NeedsGrant(text) if !text.contains("baton.lock") => {
            format!("{text}; what the plugin `{plugin}` may do stands in baton.lock")
        }
        Failure::NeedsHuman(text) => {
            format!("{text} (edit the file to run it again, take it out of the inbox to cancel)")
        }
        other => other.to_string(),
    }
}
