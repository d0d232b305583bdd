//! `baton up`: serves the workspace.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use baton_command_agent::CommandAgent;
use baton_core::State;
use baton_dispatch::{Engine, Mode, Summary};
use baton_ledger::{Ledger, seal, supervision, task};
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::task_view::held_text;
use super::{WorkspaceOptions, command_agents, mcp, task_view};
use crate::exit::Code;
use crate::notices::Follower;
use crate::output;
use crate::workspace::{CONFIG_FILE, PluginSelection, UpLock, Workspace, head, leftovers, open, preflight};

/// The maximum time between a commit and the update of the head in the workspace.
const HEAD_PAUSE: Duration = Duration::from_secs(5);

/// The minimum time between two seals of the rows.
const SEAL_PAUSE: Duration = Duration::from_mins(1);

/// The states of open tasks that wait for Baton or the operator.
const WAITING: [State; 5] = [State::Queued, State::Waiting, State::NeedsGrant, State::NeedsHuman, State::NeedsApproval];

/// Serve the workspace: watch its inboxes, run tasks, deliver replies. Ctrl-C finishes running tasks and exits
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Run all waiting tasks, then exit
    #[arg(long)]
    once: bool,
    /// Also serve inboxes whose `.baton-owner` file names another workspace, machine or state folder; Baton rewrites the file
    #[arg(long)]
    take_over: bool,
    /// Accept the ledger in the state folder, or start an empty one, if the known ledger is missing, replaced or rolled back
    ///
    /// The workspace remembers its ledger and the head of its chain in the file .baton-ledger. If the ledger in the state
    /// folder is not the known ledger, `up` refuses to start. `baton restore FILE` replaces the ledger by a backup. This
    /// option accepts the existing ledger instead, or starts an empty ledger, and records this as an event of the chain.
    /// `up` refuses the option if the ledger is the known ledger.
    #[arg(long)]
    new_ledger: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let agents = if self.once { Vec::new() } else { preflight::command_agents(&workspace)? };
        let lock = UpLock::take(&workspace.state)?;
        if let Some(message) = workspace.config.rename_message() {
            output::note(&format!("{CONFIG_FILE}: {message}"));
        }
        if self.new_ledger {
            head::begin_anew(&workspace, &baton_process::owner::name("up"))?;
        }
        let summary = super::block_on(self.serve(&workspace, agents));
        drop(lock);
        let summary = summary?;
        if self.once || std::io::stderr().is_terminal() {
            output::note(&describe(&summary));
        }
        if self.once {
            print_waiting(&workspace)?;
        }
        Ok(code(&summary))
    }

    async fn serve(&self, workspace: &Workspace, command: Vec<CommandAgent>) -> anyhow::Result<Summary> {
        let context =
            open(workspace, PluginSelection::All { over: self.take_over }, "up", if self.once { 3 } else { u32::MAX })?;
        let ledger = context.ledger().clone();
        let noting = tokio::spawn(note_heads(workspace.clone(), ledger.clone()));
        leftovers::remove(workspace);
        let tidying = tokio::spawn(remove_leftovers(workspace.clone()));
        // Start the follower before the engine, so that it misses no event.
        let follower = Follower::start(workspace, &ledger).await?;
        let (ask, stop) = watch::channel(0);
        tokio::spawn(count_signals(ask)?);
        let server = if self.once { None } else { mcp::serve_http(workspace, &context).await? };
        let command = command_agents::serve(workspace, &context, command, stop.clone())?;
        let agents = context.roster().agents().count();
        let mode = if self.once { Mode::Once } else { Mode::Forever };
        tracing::info!(
            "serving {} with {agents} agents; Ctrl-C finishes running tasks and exits",
            workspace.root.display()
        );
        let engine = Engine::new(context, mode, |task, progress| {
            let percent = progress.percent.map(|percent| format!("{percent} % ")).unwrap_or_default();
            tracing::debug!(%task, "{percent}{}", progress.message);
        });
        let mut again = stop.clone();
        let served = engine.serve(stop).await;
        if let Some(command) = command {
            command.finish(served.is_ok()).await;
        }
        if let Some(follower) = follower {
            let twice = async move { drop(again.wait_for(|times| *times >= 2).await) };
            follower.finish(twice).await;
        }
        if let Some(server) = server {
            server.abort();
        }
        noting.abort();
        tidying.abort();
        if served.is_ok() {
            seal_rows(&ledger).await;
            head::note(workspace, &ledger);
        }
        Ok(served?)
    }
}

/// Periodically removes temporary files of killed commands.
async fn remove_leftovers(workspace: Workspace) {
    loop {
        tokio::time::sleep(leftovers::PAUSE).await;
        let workspace = workspace.clone();
        drop(tokio::task::spawn_blocking(move || leftovers::remove(&workspace)).await);
    }
}

/// Records the head of the ledger after commits, at most once in [`HEAD_PAUSE`], and seals the rows. An idle daemon writes
/// nothing.
async fn note_heads(workspace: Workspace, ledger: Ledger) {
    let mut pulse = ledger.pulse();
    let mut sealed = Instant::now();
    while pulse.changed().await.is_ok() {
        tokio::time::sleep(HEAD_PAUSE).await;
        if pulse.borrow_and_update().lost.is_some() {
            return;
        }
        if sealed.elapsed() >= SEAL_PAUSE {
            seal_rows(&ledger).await;
            sealed = Instant::now();
        }
        head::note(&workspace, &ledger);
    }
}

/// Appends a seal of the rows to the chain, if they have changed since the last one.
async fn seal_rows(ledger: &Ledger) {
    let due = ledger.reader().and_then(|reader| seal::is_due(&reader));
    let sealed = match due {
        Ok(true) => ledger.write(|tx| seal::seal(tx, Timestamp::now())).await,
        other => other.map(drop),
    };
    if let Err(error) = sealed {
        tracing::warn!(%error, "cannot seal the rows of the ledger");
    }
}

/// Counts Ctrl-C and SIGTERM.
fn count_signals(ask: watch::Sender<u8>) -> anyhow::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => {}
                Some(()) = terminate.recv() => {}
                else => return,
            }
            ask.send_modify(|times| *times = times.saturating_add(1));
        }
    })
}

fn describe(summary: &Summary) -> String {
    let counts: &BTreeMap<_, _> = &summary.settled;
    let settled: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let settled = if settled.is_empty() { "nothing to run".to_owned() } else { settled.join(", ") };
    let mut text = format!("{} captured; {settled}", summary.captured);
    for failed in &summary.undelivered {
        text.push_str(&format!("\nnot done: {}", output::one_line(failed)));
    }
    text
}

/// Prints the number of open tasks in each state, and the reasons why all tasks of a plugin wait. After `--once`, the open
/// tasks wait until the next start of Baton.
fn print_waiting(workspace: &Workspace) -> anyhow::Result<()> {
    let Some(reader) = task_view::reader(workspace)? else { return Ok(()) };
    let open = task::open_by_state(&reader, &WAITING)?;
    let mut counts: BTreeMap<_, u64> = BTreeMap::new();
    for waiting in &open {
        *counts.entry(waiting.state.as_str()).or_default() += waiting.count;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    output::note(&format!("not finished: {} (`baton status` says why)", counts.join(", ")));
    let (now, waits) = (Timestamp::now(), |plugin: &str| open.iter().any(|waiting| waiting.agent == plugin));
    let held = supervision::quarantined_plugins(&reader, now)?;
    held.iter().filter(|held| waits(&held.agent)).for_each(|held| output::note(&held_text(held)));
    let reached = task_view::budgets_reached(workspace, &reader, now)?;
    let holds = reached.iter().filter(|reached| reached.holds_tasks() && waits(&reached.plugin));
    holds.for_each(|reached| output::note(&reached.text()));
    Ok(())
}

/// Failed tasks do not change the exit code of the daemon. Files that could not be read or delivered do.
fn code(summary: &Summary) -> Code {
    if summary.undelivered.is_empty() { Code::Good } else { Code::Findings }
}
