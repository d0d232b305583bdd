//! `send`: a request to another agent or a plugin.

use baton_core::handoff::Priority;
use baton_dispatch::agent_work::NewRequest;
use jiff::Timestamp;
use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::present;
use super::call::{ToolCall, ToolError, ToolResult, changing, wait_time};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Send {
    /// The agent or plugin that gets the request.
    to: String,
    /// One line, at most 200 characters.
    title: String,
    /// What to do, as Markdown.
    #[serde(default)]
    text: String,
    /// For a plugin: the action. Default: its default action.
    action: Option<String>,
    /// For a plugin: the arguments of the action.
    #[serde(default)]
    args: Map<String, Value>,
    /// low, medium, high or critical. Default: medium.
    priority: Option<String>,
    /// Ids or titles of handoffs that must succeed first. `verified:ID`: a check must also verify the RETURN of that handoff.
    #[serde(default)]
    depends_on: Vec<String>,
    /// A time with its zone: 2026-01-18T10:15:00Z.
    deadline: Option<String>,
    /// Wait at most this number of seconds for the RETURN. Default: do not wait; the RETURN comes to your inbox.
    wait_seconds: Option<u64>,
}

pub(super) fn list() -> Vec<Tool> {
    vec![changing::<Send>(
        "send",
        "Send a request to another agent or to a plugin. Its RETURN comes to your inbox. `status` lists the agents' tasks.",
    )]
}

pub(super) async fn send(mut call: ToolCall<'_>) -> ToolResult {
    let Send { to, title, text, action, args, priority, depends_on, deadline, wait_seconds } = call.arguments()?;
    let priority = match priority.as_deref().map(|word| (word, Priority::read(word))) {
        None => Priority::default(),
        Some((_, Some(priority))) => priority,
        Some((word, None)) => {
            let word = present::line(word);
            return Err(ToolError::Refused(format!("`{word}` is not a priority: low, medium, high, critical")));
        }
    };
    let deadline = deadline.map(|text| {
        let wrong =
            || ToolError::Refused(format!("`{}` is not a time such as 2026-01-18T10:15:00Z", present::line(&text)));
        text.parse::<Timestamp>().map_err(|_| wrong())
    });
    let deadline = deadline.transpose()?;
    call.count_send()?;
    let request =
        NewRequest { to, title, action, args, body: text, priority, depends_on, deadline, ..NewRequest::default() };
    let (session, parts) = (call.server.session(), call.server.parts());
    let sent = session.send(request, parts.manifests.clone()).await?;
    let task = match wait_seconds {
        Some(seconds) => {
            let outcome = session.outcome(&sent.id, wait_time(Some(seconds)));
            call.with_progress("no RETURN yet", outcome).await?
        }
        None => None,
    };
    Ok(json!({
        "handoff_id": sent.id,
        "to": sent.to,
        "file": sent.file,
        "task": task.as_ref().map(present::task),
        "served": (parts.is_served)(),
    }))
}
