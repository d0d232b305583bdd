//! The tools. Each file has the arguments and the calls of one group; this one has the list and the dispatch by name.
//!
//! | group | tools |
//! |---|---|
//! | `inbox` | `inbox`, `read`, `wait_for_work` |
//! | `work` | `claim`, `progress`, `release`, `ask`, `return` |
//! | `send` | `send` |
//! | `record` | `status`, `why` |
//! | `plugins` | one tool for each action of each plugin |

mod inbox;
mod plugins;
mod record;
mod send;
mod work;

use std::time::Duration;

use baton_dispatch::DispatchError;
use rmcp::RoleServer;
use rmcp::handler::server::common::schema_for_type;
use rmcp::model::{JsonObject, ProgressNotificationParam, Tool, ToolAnnotations};
use rmcp::service::RequestContext;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::McpServer;
use crate::limits;

/// Why a tool did not do its work, for the model that called it.
#[derive(Debug, thiserror::Error)]
pub(super) enum ToolError {
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
}

pub(super) type ToolResult = Result<Value, ToolError>;

/// A call of a tool.
pub(super) struct ToolCall<'a> {
    server: &'a McpServer,
    arguments: JsonObject,
    context: RequestContext<RoleServer>,
}

impl<'a> ToolCall<'a> {
    pub(super) fn new(server: &'a McpServer, arguments: JsonObject, context: RequestContext<RoleServer>) -> Self {
        Self { server, arguments, context }
    }

    /// The arguments as their type. An unknown or missing argument is refused.
    fn arguments<T: DeserializeOwned>(&mut self) -> Result<T, ToolError> {
        let arguments = Value::Object(std::mem::take(&mut self.arguments));
        serde_json::from_value(arguments).map_err(|error| ToolError::Refused(format!("wrong arguments: {error}")))
    }

    /// Does `work`, and sends progress notifications meanwhile if the client asked for them. They keep its time limit
    /// from ending the call.
    async fn with_progress<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let token = self.context.meta.get_progress_token();
        let mut beats = 0.0;
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(limits::PROGRESS) => {
                    beats += 1.0;
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
struct NoArguments {}

/// A tool that changes nothing.
fn reading<T: JsonSchema + 'static>(name: &'static str, description: &'static str) -> Tool {
    Tool::new(name, description, schema_for_type::<T>())
        .annotate(ToolAnnotations::new().read_only(true).open_world(false))
}

/// A tool that changes something, never by destroying it.
fn changing<T: JsonSchema + 'static>(name: &'static str, description: &'static str) -> Tool {
    let hints = ToolAnnotations::new().read_only(false).destructive(false).open_world(false);
    Tool::new(name, description, schema_for_type::<T>()).annotate(hints)
}

/// How long a call waits: as the caller says, within the limits.
fn wait_time(seconds: Option<u64>) -> Duration {
    seconds.map_or(limits::USUAL_WAIT, Duration::from_secs).min(limits::LONGEST_WAIT)
}

/// Every tool of the server.
pub(super) fn list(server: &McpServer) -> Vec<Tool> {
    let own = [inbox::list(), work::list(), send::list(), record::list()];
    own.into_iter().flatten().chain(plugins::list(server)).collect()
}

/// Calls a tool; `None` if there is no tool with this name.
pub(super) async fn call(name: &str, call: ToolCall<'_>) -> Option<ToolResult> {
    Some(match name {
        "inbox" => inbox::inbox(call).await,
        "read" => inbox::read(call).await,
        "wait_for_work" => inbox::wait_for_work(call).await,
        "claim" => work::claim(call).await,
        "progress" => work::progress(call).await,
        "release" => work::release(call).await,
        "ask" => work::ask(call).await,
        "return" => work::give_return(call).await,
        "send" => send::send(call).await,
        "status" => record::status(call).await,
        "why" => record::why(call).await,
        _ => return plugins::call(name, call).await,
    })
}
