//! `claim`, `progress`, `release`, `ask` and `return`: the work on a request.

use baton_core::handoff::agent_return::{CommandRun, ReturnStatus, WorkEvidence};
use baton_dispatch::agent_work::AgentReturn;
use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::super::present;
use super::call::{ToolCall, ToolResult, changing};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Claim {
    /// The id of the request.
    id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Progress {
    /// The id of the request.
    id: String,
    /// What was done and what comes next, in one line.
    message: String,
    /// How much is done, from 0 to 100.
    percent: Option<u8>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Release {
    /// The id of the request.
    id: String,
    /// Why you do not do the work, in one line.
    reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// The id of the request.
    id: String,
    /// The question, in one line.
    question: String,
}

/// How the work ended.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Completed,
    Partial,
    Blocked,
    Failed,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RanCommand {
    /// The command line.
    command: String,
    /// Its exit code.
    exit_code: Option<i32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Return {
    /// The id of the request.
    id: String,
    /// How the work ended. A request that is not `completed` counts as failed.
    status: Status,
    /// What was done, or why not. Name only what exists now.
    summary: String,
    /// Files and folders that exist now because of this work, relative to the project.
    #[serde(default)]
    files: Vec<String>,
    /// Commits of this work.
    #[serde(default)]
    commits: Vec<String>,
    /// Commands that you ran to check the work.
    #[serde(default)]
    commands: Vec<RanCommand>,
    /// What the requesting agent should do next.
    #[serde(default)]
    next_steps: Vec<String>,
}

pub(super) fn list() -> Vec<Tool> {
    vec![
        changing::<Claim>(
            "claim",
            "Claim a request, so that no other session works on it. Each later call renews your claims.",
        ),
        changing::<Progress>("progress", "Report progress on a request and renew its claim."),
        changing::<Release>("release", "Give a claimed request back, so that another session can claim it."),
        changing::<Ask>(
            "ask",
            "Ask a person about a request. The request leaves your inbox until the person answers; `read` shows the answer.",
        ),
        changing::<Return>(
            "return",
            "Answer a request: write the RETURN for the requesting agent. Baton checks the evidence. If the RETURN names \
             something that does not exist, Baton refutes it, and the request is `disputed` until a RETURN is correct.",
        ),
    ]
}

pub(super) async fn claim(mut call: ToolCall<'_>) -> ToolResult {
    let Claim { id } = call.arguments()?;
    call.count_change()?;
    let (task, until) = call.server.session().claim(&id).await?;
    Ok(json!({ "task": present::task(&task), "claimed_until": present::time(until), "next": "`read` shows its text" }))
}

pub(super) async fn progress(mut call: ToolCall<'_>) -> ToolResult {
    let Progress { id, message, percent } = call.arguments()?;
    call.count_change()?;
    let task = call.server.session().progress(&id, percent, &message).await?;
    Ok(json!({ "task": present::task(&task) }))
}

pub(super) async fn release(mut call: ToolCall<'_>) -> ToolResult {
    let Release { id, reason } = call.arguments()?;
    call.count_change()?;
    let task = call.server.session().release(&id, &reason).await?;
    Ok(json!({ "task": present::task(&task) }))
}

pub(super) async fn ask(mut call: ToolCall<'_>) -> ToolResult {
    let Ask { id, question } = call.arguments()?;
    call.count_change()?;
    let task = call.server.session().ask(&id, &question).await?;
    let next =
        format!("a person answers with `baton answer {} TEXT`; then the request is in your inbox again", task.id);
    Ok(json!({ "task": present::task(&task), "next": next }))
}

pub(super) async fn give_return(mut call: ToolCall<'_>) -> ToolResult {
    let Return { id, status, summary, files, commits, commands, next_steps } = call.arguments()?;
    call.count_send()?;
    let commands = commands.into_iter().map(|run| CommandRun { command: run.command, exit_code: run.exit_code });
    let status = match status {
        Status::Completed => ReturnStatus::Completed,
        Status::Partial => ReturnStatus::Partial,
        Status::Blocked => ReturnStatus::Blocked,
        Status::Failed => ReturnStatus::Failed,
    };
    let evidence = WorkEvidence { files, commits, commands: commands.collect() };
    let answer = AgentReturn { status, summary, evidence, next_steps };
    let session = call.server.session();
    let report = call.with_progress("waiting for the check of the RETURN", session.give_return(&id, answer)).await?;
    let served = (call.server.parts().is_served)();
    let next = match report.state {
        baton_core::State::Delivered if !served => {
            "no `baton up` serves the workspace; the RETURN takes effect when `baton up` starts"
        }
        baton_core::State::Delivered => "the RETURN is written; `why` shows when it takes effect",
        baton_core::State::Disputed => {
            "something that the RETURN names does not exist: do the work, then `return` again"
        }
        _ => "`why` shows the result of the check",
    };
    Ok(json!({
        "id": report.task,
        "file": report.file,
        "state": report.state.as_str(),
        "evidence": report.evidence.map(baton_core::Evidence::as_str),
        "reason": present::line(&report.reason),
        "next": next,
    }))
}
