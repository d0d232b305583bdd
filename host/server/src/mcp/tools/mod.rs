//! The tools. Each file has the arguments and the calls of one group. This file has the list of all tools, and calls a tool
//! by its name.
//!
//! | group | tools |
//! |---|---|
//! | `inbox` | `inbox`, `read`, `wait_for_work` |
//! | `work` | `claim`, `progress`, `release`, `ask`, `return` |
//! | `send` | `send` |
//! | `record` | `status`, `why` |
//! | `plugins` | one tool for each action of each plugin |

mod call;
mod inbox;
mod plugins;
mod record;
mod send;
mod work;

use rmcp::model::Tool;

use super::server::McpServer;
pub(super) use call::{ToolCall, ToolError, ToolOutcome};
pub(super) use plugins::action_result;

/// The tools of the server itself.
fn own() -> Vec<Tool> {
    [inbox::list(), work::list(), send::list(), record::list()].concat()
}

/// Every tool of the server.
pub(super) async fn list(server: &McpServer) -> Vec<Tool> {
    let own = own();
    let plugins = plugins::list(server, &own).await;
    own.into_iter().chain(plugins).collect()
}

/// Calls a tool; `None` if there is no tool with this name.
pub(super) async fn call(name: &str, call: ToolCall<'_>) -> Option<Result<ToolOutcome, ToolError>> {
    let result = match name {
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
        _ => return plugins::call(name, &own(), call).await,
    };
    Some(result.map(ToolOutcome::Value))
}
