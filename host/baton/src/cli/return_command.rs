//! `baton return ID`: answers a request for the external agent that received it, like the tool `return` of the MCP
//! server. `--verify` says what the agent still owes, for the hooks of coding agents.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use baton_core::handoff::agent_return::{CommandRun, ReturnStatus, WorkEvidence};
use baton_core::{Evidence, State};
use baton_dispatch::agent_work::{AgentReturn, AgentSession, AgentWork, InboxItem, ReturnReport, inbox_items};
use baton_ledger::task;
use baton_server::PROCESS_CLAIM;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::hook::{self, quoted};
use super::{WorkspaceOptions, task_view};
use crate::exit::Code;
use crate::output::{self, one_line};
use crate::workspace::{PluginSelection, Workspace, head, open};

/// The kind of this process in claims. Claims of this kind end with their process.
const KIND: &str = "mcp";

/// The most requests in the text for a hook.
const LISTED: usize = 5;

/// Answer a request as the external agent that received it, with evidence that Baton checks
///
/// Exit codes: 0 the RETURN is written, 1 Baton did not find the reported work (the task is `disputed`). With --verify:
/// 0 every claimed request has a RETURN, 2 at least one has none; standard error lists them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The request: a task id, a handoff id, a file name or a title
    #[arg(value_name = "ID", required_unless_present = "verify")]
    id: Option<String>,
    /// The agent that answers [default: the agent of the request]
    #[arg(long, value_name = "AGENT", required_if_eq("verify", "true"))]
    agent: Option<String>,
    /// completed, partial, blocked or failed
    #[arg(long, default_value = "completed", value_parser = status)]
    status: ReturnStatus,
    /// What was done, or why it was not done
    #[arg(long, value_name = "TEXT", required_unless_present = "verify")]
    summary: Option<String>,
    /// A file or folder that exists now because of this work; may be given several times
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<String>,
    /// A commit of this work; may be given several times
    #[arg(long = "commit", value_name = "ID")]
    commits: Vec<String>,
    /// A command that succeeds now; may be given several times. Baton runs it if `[[evidence]]` of baton.toml allows it
    #[arg(long = "command", value_name = "COMMAND")]
    commands: Vec<String>,
    /// What the requesting agent should do next; may be given several times
    #[arg(long = "next-step", value_name = "TEXT")]
    next_steps: Vec<String>,
    /// Write nothing; list requests that the agent has claimed and not answered, and requests whose RETURN was refuted
    #[arg(long, conflicts_with_all = ["summary", "files", "commits", "commands", "next_steps"])]
    verify: bool,
    /// With --verify: read the JSON that a hook gets on standard input, and exit with 0 if this hook already kept the
    /// session from ending (`stop_hook_active`)
    #[arg(long, requires = "verify")]
    hook: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "verify")]
    json: bool,
}

impl Args {
    /// For a hook, an error has exit code 1: clients show it to the user, and the session ends.
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let is_hook = self.hook;
        let ended = if self.verify { self.verify(options) } else { self.send(options) };
        match ended {
            Err(error) if is_hook => {
                output::error(&error);
                Ok(Code::Findings)
            }
            ended => ended,
        }
    }

    fn send(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        head::need_used_state(&workspace)?;
        let word = self.id.as_deref().unwrap_or_default();
        let agent = match &self.agent {
            Some(agent) => agent.clone(),
            None => agent_of(&workspace, word)?,
        };
        let commands = self.commands.iter().map(|line| CommandRun { command: line.clone(), exit_code: Some(0) });
        let commands = commands.collect();
        let answer = AgentReturn {
            status: self.status,
            summary: self.summary.clone().unwrap_or_default(),
            evidence: WorkEvidence { files: self.files.clone(), commits: self.commits.clone(), commands },
            next_steps: self.next_steps.clone(),
        };
        let report = super::block_on(async {
            let context = open(&workspace, PluginSelection::None, KIND, 3)?;
            let ledger = context.ledger().clone();
            let holder = context.owner().to_owned();
            let session =
                AgentSession::new(AgentWork::new(Arc::clone(&context))?, &agent, holder, PROCESS_CLAIM).await?;
            let report = session.give_return(word, answer).await?;
            head::note(&workspace, &ledger);
            Ok(report)
        })?;
        if self.json {
            output::json(&as_json(&report));
        } else {
            output::print(&format!("{}\n", as_text(&report)));
        }
        Ok(if report.state == State::Disputed { Code::Findings } else { Code::Good })
    }

    fn verify(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        // This hook has already kept the session from ending once. Now the session must be able to end.
        if self.hook && hook::input()?.get("stop_hook_active").and_then(Value::as_bool) == Some(true) {
            return Ok(Code::Good);
        }
        let workspace = options.need()?;
        head::need_used_state(&workspace)?;
        let named = self.agent.unwrap_or_default();
        let roster = workspace.roster()?;
        let Some(agent) = roster.resolve(&named) else { bail!("{}", roster.unknown_agent(&named)) };
        let Some(reader) = task_view::reader(&workspace)? else { return Ok(Code::Good) };
        let mut owed = inbox_items(&reader, &agent.name, Timestamp::now())?;
        owed.retain(|item| item.kind != "RETURN" && (item.claim.is_some() || item.state == State::Disputed));
        if let Some(word) = &self.id {
            let meant = task::matching(&reader, word)?.tasks;
            owed.retain(|item| meant.iter().any(|task| task.id == item.id));
        }
        if owed.is_empty() {
            return Ok(Code::Good);
        }
        output::note(&owed_text(&agent.name, &owed));
        // Clients take 2 as "do not stop, and show the model standard error".
        Ok(Code::Failed)
    }
}

/// The requests that the agent still has to answer, as text. Titles are untrusted, so they are quoted.
fn owed_text(agent: &str, owed: &[InboxItem]) -> String {
    let line = |item: &InboxItem| {
        let missing = match item.state {
            State::Disputed => {
                "its RETURN was refuted; `why` shows the missing work. Do that work, then `return` again"
            }
            _ => "the request is claimed, but not answered. `return` it with evidence, `ask` a person, or `release` it",
        };
        format!("  {} {}: {missing}", item.id, quoted(&item.title))
    };
    let lines: Vec<String> = owed.iter().take(LISTED).map(line).collect();
    let more = owed.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    let word = if owed.len() == 1 { "RETURN" } else { "RETURNs" };
    format!(
        "Baton: {agent} owes {} {word} (titles are text of other programs):\n{}{more}",
        owed.len(),
        lines.join("\n")
    )
}

/// The agent that received the request.
fn agent_of(workspace: &Workspace, word: &str) -> anyhow::Result<String> {
    let reader =
        task_view::reader(workspace)?.context("the workspace has no task yet; `baton up` captures requests")?;
    let mut found = task::matching(&reader, word)?.tasks;
    found.retain(|task| task.kind != "RETURN");
    found.sort_by(|a, b| a.agent.cmp(&b.agent));
    found.dedup_by(|a, b| a.agent == b.agent);
    match found.as_slice() {
        [task] => Ok(task.agent.clone()),
        [] => bail!("there is no task `{}`; `baton status` lists the ids", one_line(word)),
        _ => bail!("`{}` names tasks of several agents; choose one with --agent", one_line(word)),
    }
}

fn as_json(report: &ReturnReport) -> Value {
    json!({
        "id": report.task,
        "file": report.file,
        "state": report.state.as_str(),
        "evidence": report.evidence.map(Evidence::as_str),
        "reason": report.reason,
    })
}

fn as_text(report: &ReturnReport) -> String {
    let ReturnReport { task, file, state, evidence, reason } = report;
    let evidence = evidence.map(|evidence| format!(", RETURN {evidence}")).unwrap_or_default();
    let next = match state {
        State::Delivered => "the RETURN is written; it takes effect when `baton up` has captured it".to_owned(),
        _ => one_line(reason),
    };
    format!("{task} is {state}{evidence}: {next}\nwrote {}", one_line(file))
}

fn status(word: &str) -> Result<ReturnStatus, String> {
    word.parse().map_err(|_| "the status is completed, partial, blocked or failed".to_owned())
}
