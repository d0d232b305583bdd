//! Command agents in `baton up`, and what `agents`, `status` and `why` show of their runs.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use baton_command_agent::{CommandAgent, CommandAgents, McpCommand};
use baton_dispatch::Context;
use baton_dispatch::agent_work::{AgentActivity, AgentWork};
use baton_ledger::command_run::{self, Run, RunOutcome};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::task_view;
use crate::output::{self, Table, one_line};
use crate::workspace::Workspace;

/// The lines of output that `why` shows of the newest run; `--json` has all.
const LINES: usize = 20;

/// The supervisor of the command agents.
pub(super) struct Supervisor(JoinHandle<()>);

impl Supervisor {
    /// Waits until the last run has ended. If `waits` is false, because the engine failed, ends the processes at once instead.
    pub(super) async fn finish(self, waits: bool) {
        if !waits {
            self.0.abort();
        }
        if let Err(error) = self.0.await
            && waits
        {
            tracing::error!(%error, "the command agents stopped");
        }
    }
}

/// Starts the supervisor if the workspace has command agents, or if a killed daemon left a run open. `stop` ends it.
pub(super) fn serve(
    workspace: &Workspace,
    context: &Arc<Context>,
    agents: Vec<CommandAgent>,
    stop: watch::Receiver<u8>,
) -> anyhow::Result<Option<Supervisor>> {
    if agents.is_empty() && command_run::open(&context.ledger().reader()?)?.is_empty() {
        return Ok(None);
    }
    let shown = |path: PathBuf| path.display().to_string();
    let root = workspace.root.clone();
    let state = workspace.state.folder().canonicalize().unwrap_or_else(|_| workspace.state.folder().to_owned());
    let mcp = McpCommand {
        program: std::env::current_exe().context("failed to find the program of Baton")?,
        args: vec!["-w".to_owned(), shown(root), "--state".to_owned(), shown(state)],
        folder: workspace.state.folder().join("command-agents"),
    };
    for agent in &agents {
        tracing::info!(agent = %agent.name, "command agent: {}", agent.program.display());
    }
    let agents = CommandAgents::new(AgentWork::new(Arc::clone(context))?, agents, mcp);
    Ok(Some(Supervisor(tokio::spawn(agents.serve(stop)))))
}

/// The public JSON form of an agent's activity.
pub(super) fn activity_json(activity: &AgentActivity) -> Value {
    json!({
        "state": activity.activity.as_str(),
        "last_sign": activity.last_sign.map(task_view::time),
        "why": activity.why,
    })
}

/// The activity in a table.
pub(super) fn activity_text(activity: &AgentActivity, now: Timestamp) -> String {
    let word = activity.activity.as_str().replace('_', " ");
    match activity.last_sign {
        Some(at) => format!("{word} ({} ago)", task_view::age(at, now)),
        None => word,
    }
}

/// The progress of a run, for `status`.
pub(super) fn progress(run: &Run, now: Timestamp) -> String {
    let age = task_view::age(run.started_at, now);
    let progress = if run.progress.is_empty() { String::new() } else { format!(": {}", one_line(&run.progress)) };
    format!("{} has worked on it for {age}{progress}", run.client)
}

/// The public JSON form of a run.
pub(super) fn run_json(run: &Run) -> Value {
    json!({
        "client": run.client,
        "session": run.session,
        "resumed": run.resumed,
        "started_at": task_view::time(run.started_at),
        "ended_at": run.ended_at.map(task_view::time),
        "outcome": run.outcome.map(RunOutcome::as_str),
        "reason": run.reason,
        "resume_at": run.resume_at.map(task_view::time),
        "progress": run.progress,
        "cost_usd": run.cost_micros.map(usd),
        "input_tokens": run.input_tokens,
        "output_tokens": run.output_tokens,
        "output": run.output,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a cost is far below 2^52 millionths")]
fn usd(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// The runs of a task, as text. If the newest run gave no RETURN, its output follows.
pub(super) fn list_runs(runs: &[Run], now: Timestamp) -> String {
    let Some(newest) = runs.last() else { return String::new() };
    let mut table = Table::new(&["RUN", "OUTCOME", "TIME", "COST", "TOKENS", "SESSION"]);
    for (number, run) in runs.iter().enumerate() {
        let outcome = run.outcome.map_or("works", RunOutcome::as_str);
        let cost = run.cost_micros.map_or_else(|| "-".to_owned(), |micros| format!("${:.4}", usd(micros)));
        let tokens = match (run.input_tokens, run.output_tokens) {
            (None, None) => "-".to_owned(),
            (input, output) => format!("{} in, {} out", input.unwrap_or(0), output.unwrap_or(0)),
        };
        let time = task_view::age(run.started_at, run.ended_at.unwrap_or(now));
        let session = run.session.clone().unwrap_or_else(|| "-".to_owned());
        table.row([format!("{} {}", number + 1, run.client), outcome.to_owned(), time, cost, tokens, session]);
    }
    let mut text = format!("\n{}", table.lines(|_, _, cell| cell));
    if newest.outcome != Some(RunOutcome::Returned) && !newest.output.trim().is_empty() {
        text.push_str(&format!("\nthe newest run printed\n{}", output::plugin_output(&newest.output, LINES)));
    }
    text
}
