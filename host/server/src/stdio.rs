//! The MCP server on standard input and output, for one agent: `baton mcp`. The client starts and ends the process.

use std::time::Duration;

use rmcp::ServiceExt as _;

use crate::limits;
use crate::mcp::McpServer;

/// Why the server ended early.
#[derive(Debug, thiserror::Error)]
#[error("the MCP client ended the connection before it was set up: {0}")]
pub struct StdioError(String);

/// Serves until the client closes standard input. Meanwhile it renews the claims of the session, unless the agent has not
/// called a tool for two hours.
///
/// # Errors
/// When the client does not use MCP.
pub async fn serve_stdio(server: McpServer) -> Result<(), StdioError> {
    let renewals = tokio::spawn(renew(server.clone(), limits::RENEWAL));
    let served = server.serve(rmcp::transport::stdio()).await;
    let ended = match served {
        Ok(running) => running.waiting().await.map(drop).map_err(|error| StdioError(error.to_string())),
        Err(error) => Err(StdioError(error.to_string())),
    };
    renewals.abort();
    ended
}

async fn renew(server: McpServer, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        if server.idle() < limits::FORGOTTEN
            && let Err(error) = server.session().renew().await
        {
            tracing::warn!(%error, "cannot renew the claims of this session");
        }
    }
}
