//! `status` and `why`: the agent's own tasks in the ledger.

use baton_core::State;
use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::present;
use super::call::{ToolCall, ToolError, ToolResult, reading};
use crate::limits;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Status {
    /// Only tasks in this state, such as `delivered`, `succeeded`, `disputed`, `needs_human`.
    state: Option<String>,
    /// The maximum number of tasks, up to 50.
    limit: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Why {
    /// The id of a task, or of a handoff that you sent.
    id: String,
}

pub(super) fn list() -> Vec<Tool> {
    vec![
        reading::<Status>("status", "List the newest tasks that you received or sent, their states, and the agents."),
        reading::<Why>("why", "Show the history of one of your tasks: who did what, when and why."),
    ]
}

pub(super) async fn status(mut call: ToolCall<'_>) -> ToolResult {
    let Status { state, limit } = call.arguments()?;
    let wrong =
        |word: &str| ToolError::Refused(format!("`{}` is not a state; there are: {}", present::line(word), states()));
    let state = state.map(|word| word.parse::<State>().map_err(|_| wrong(&word))).transpose()?;
    let session = call.server.session();
    let mut tasks = session.tasks(1_000).await?;
    tasks.retain(|task| state.is_none_or(|state| task.state == state));
    tasks.truncate(limit.unwrap_or(limits::LISTED).min(limits::LISTED));
    let roster = session.work().roster().await?;
    let agents: Vec<Value> =
        roster.agents().map(|agent| json!({ "name": agent.name, "kind": agent.kind.as_str() })).collect();
    Ok(json!({
        "agent": session.agent(),
        "served": (call.server.parts().is_served)(),
        "tasks": tasks.iter().map(present::task).collect::<Vec<_>>(),
        "agents": agents,
    }))
}

pub(super) async fn why(mut call: ToolCall<'_>) -> ToolResult {
    let Why { id } = call.arguments()?;
    let (task, events) = call.server.session().events(&id).await?;
    Ok(json!({ "task": present::task(&task), "events": events.iter().map(present::event).collect::<Vec<_>>() }))
}

fn states() -> String {
    State::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ")
}
