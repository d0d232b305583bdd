//! A call of a tool: its arguments, its result, progress while it waits, and how tools are described.

use std::sync::Arc;
use std::time::Duration;

use baton_dispatch::DispatchError;
use rmcp::RoleServer;
use rmcp::handler::server::common::schema_for_type;
use rmcp::model::{JsonObject, ProgressNotificationParam, ProtocolVersion, Tool, ToolAnnotations};
use rmcp::service::RequestContext;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::server::McpServer;
use crate::limits;

/// Why a tool did not do its work, for the model that called it.
#[derive(Debug, thiserror::Error)]
pub(in crate::mcp) enum ToolError {
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
}

pub(in crate::mcp) type ToolResult = Result<Value, ToolError>;

/// The result of a call of a tool.
pub(in crate::mcp) enum ToolOutcome {
    /// The result.
    Value(Value),
    /// The client gets a task: the request with this task id.
    Task(String),
}

/// A call of a tool.
pub(in crate::mcp) struct ToolCall<'a> {
    pub(super) server: &'a McpServer,
    pub(super) arguments: JsonObject,
    context: RequestContext<RoleServer>,
}

impl<'a> ToolCall<'a> {
    pub(in crate::mcp) fn new(
        server: &'a McpServer,
        arguments: JsonObject,
        context: RequestContext<RoleServer>,
    ) -> Self {
        Self { server, arguments, context }
    }

    /// True if the client has declared the Tasks extension, so it can get a task instead of a result. Older versions of the
    /// protocol do not have this extension, so a declaration in an older version is ignored: the client would not understand
    /// a task.
    pub(super) fn takes_tasks(&self) -> bool {
        let version = self.context.protocol_version();
        version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
            && self.context.client_capabilities().is_some_and(|capabilities| capabilities.supports_tasks())
    }

    /// Converts the arguments to the type `T`. Refuses unknown and missing arguments.
    pub(super) fn arguments<T: DeserializeOwned>(&mut self) -> Result<T, ToolError> {
        let arguments = Value::Object(std::mem::take(&mut self.arguments));
        serde_json::from_value(arguments).map_err(|error| ToolError::Refused(format!("wrong arguments: {error}")))
    }

    /// Counts a handoff or a RETURN that the agent sends. Returns an error beyond the limit.
    pub(super) fn count_send(&self) -> Result<(), ToolError> {
        self.server.parts().count_send(self.server.session().agent()).map_err(ToolError::Refused)
    }

    /// Counts a change of a request. Returns an error beyond the limit.
    pub(super) fn count_change(&self) -> Result<(), ToolError> {
        self.server.parts().count_change(self.server.session().agent()).map_err(ToolError::Refused)
    }

    /// Does `work`, and meanwhile sends progress notifications if the client asked for them. The notifications keep the
    /// client's time limit from ending the call.
    pub(super) async fn with_progress<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let token = self.context.meta.get_progress_token();
        let mut beats = 0.0;
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(limits::PROGRESS) => {
                    beats += 1.0;
                    self.server.on_call().await;
                    if let Some(token) = token.clone() {
                        let progress = ProgressNotificationParam::new(token, beats).with_message(what);
                        drop(self.context.peer.notify_progress(progress).await);
                    }
                }
            }
        }
    }
}

/// Arguments of tools that need none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoArguments {}

/// The schema of arguments. An optional argument has one type, because some clients accept no list of types.
fn schema<T: JsonSchema + 'static>() -> Arc<JsonObject> {
    let mut schema = (*schema_for_type::<T>()).clone();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(|properties| properties.values_mut()) {
        let types = property.get("type").and_then(Value::as_array);
        let only = types.and_then(|types| types.iter().find(|kind| *kind != "null")).cloned();
        if let (Some(only), Some(property)) = (only, property.as_object_mut()) {
            property.insert("type".to_owned(), only);
        }
    }
    Arc::new(schema)
}

/// A tool that changes nothing.
pub(super) fn reading<T: JsonSchema + 'static>(name: &'static str, description: &'static str) -> Tool {
    Tool::new(name, description, schema::<T>()).annotate(ToolAnnotations::new().read_only(true).open_world(false))
}

/// A tool that changes something, but destroys nothing.
pub(super) fn changing<T: JsonSchema + 'static>(name: &'static str, description: &'static str) -> Tool {
    let hints = ToolAnnotations::new().read_only(false).destructive(false).open_world(false);
    Tool::new(name, description, schema::<T>()).annotate(hints)
}

/// How long a call waits: the time of the caller, within the limits.
pub(super) fn wait_time(seconds: Option<u64>) -> Duration {
    seconds.map_or(limits::USUAL_WAIT, Duration::from_secs).min(limits::LONGEST_WAIT)
}
