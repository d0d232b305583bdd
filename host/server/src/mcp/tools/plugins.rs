//! Actions of plugins as tools. A call sends a handoff to the plugin in the agent's name and waits for its RETURN, so the
//! plugin has only its grants and the ledger records the call, as for any other request.

use std::sync::Arc;

use baton_core::manifest::Manifest;
use baton_core::text::plugin_says;
use baton_dispatch::AgentKind;
use baton_dispatch::agent_work::NewRequest;
use baton_ledger::task::Task;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use super::super::present;
use super::super::server::McpServer;
use super::call::{ToolCall, ToolError, ToolOutcome};
use crate::limits;

/// Separates the plugin from its action in the name of a tool.
const SEPARATOR: &str = "__";

/// The manifests of the installed plugins.
async fn manifests(server: &McpServer) -> Vec<Manifest> {
    let Ok(roster) = server.session().work().roster().await else { return Vec::new() };
    let plugins = roster.agents().filter(|agent| agent.kind == AgentKind::Plugin);
    plugins.filter_map(|agent| (server.parts().manifests)(&agent.name)).collect()
}

/// The name of the tool: the plugin's name if the action has the same name and the server has no tool of that name,
/// otherwise plugin and action.
fn tool_name(own: &[Tool], plugin: &str, action: &str) -> String {
    if plugin == action && !own.iter().any(|tool| tool.name == plugin) {
        plugin.to_owned()
    } else {
        format!("{plugin}{SEPARATOR}{action}")
    }
}

/// The tools of all plugins. `own` has the tools of the server itself.
pub(super) async fn list(server: &McpServer, own: &[Tool]) -> Vec<Tool> {
    let mut tools = Vec::new();
    for manifest in manifests(server).await {
        for (action, declared) in &manifest.declares.actions {
            let Value::Object(schema) = declared.args.clone() else { continue };
            let description =
                format!("Run `{action}` of the plugin {}. {}", manifest.name, plugin_says(&declared.description));
            let tool = Tool::new(tool_name(own, &manifest.name, action), description, Arc::new(with_type(schema)));
            tools.push(tool.annotate(ToolAnnotations::new().read_only(false)));
        }
    }
    tools
}

/// Adds `"type": "object"` to the schema, because MCP requires it.
fn with_type(mut schema: JsonObject) -> JsonObject {
    schema.insert("type".to_owned(), json!("object"));
    schema
}

/// Calls the action of a tool; `None` if there is no such tool.
pub(super) async fn call(name: &str, own: &[Tool], mut call: ToolCall<'_>) -> Option<Result<ToolOutcome, ToolError>> {
    let found = manifests(call.server).await.into_iter().find_map(|manifest| {
        let action = manifest.declares.actions.keys().find(|action| tool_name(own, &manifest.name, action) == name)?;
        Some((manifest.name.clone(), action.clone()))
    });
    let (plugin, action) = found?;
    let args = std::mem::take(&mut call.arguments);
    Some(run(&call, plugin, action, args).await)
}

async fn run(
    call: &ToolCall<'_>,
    plugin: String,
    action: String,
    args: Map<String, Value>,
) -> Result<ToolOutcome, ToolError> {
    let (session, parts) = (call.server.session(), call.server.parts());
    if !(parts.is_served)() {
        let reason = "no `baton up` serves this workspace, so no plugin runs; start it, or use `baton run`";
        return Err(ToolError::Refused(reason.to_owned()));
    }
    call.count_send()?;
    let title = format!("{plugin}: {action}");
    let request = NewRequest { to: plugin, title, action: Some(action), args, ..NewRequest::default() };
    let sent = session.send(request, parts.manifests.clone()).await?;
    if call.takes_tasks() {
        let captured = session.captured_as(&sent.id, limits::CAPTURE);
        if let Some(task) = call.with_progress("the request is being captured", captured).await? {
            return Ok(ToolOutcome::Task(task.id));
        }
    }
    let outcome = session.outcome(&sent.id, limits::USUAL_WAIT);
    let task = call.with_progress("the plugin is working", outcome).await?;
    Ok(ToolOutcome::Value(action_result(&sent.id, task.as_ref())))
}

/// The result of an action: the request, and its state.
pub(in crate::mcp) fn action_result(handoff_id: &str, task: Option<&Task>) -> Value {
    let ended = task.is_some_and(|task| task.state.is_final());
    let next = "the plugin still works on it; `why` shows the state of the task, and the RETURN comes to your inbox";
    json!({
        "handoff_id": handoff_id,
        "ended": ended,
        "task": task.map(present::task),
        "next": if ended { Value::Null } else { json!(next) },
    })
}
