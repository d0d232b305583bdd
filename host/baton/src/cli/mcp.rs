//! `baton mcp`: the MCP server of one agent on standard input and output. A coding agent starts it and ends it.

use anyhow::Context as _;
use baton_dispatch::agent_work::{AgentSession, AgentWork};
use baton_server::{McpServer, PROCESS_CLAIM, ServerParts, serve_stdio};

use super::WorkspaceOptions;
use crate::exit::Code;
use crate::workspace::{PluginSelection, Serving, Workspace, head, open};

/// The kind of this process in leases and claims.
const KIND: &str = "mcp";

/// Serve an agent's inbox over MCP on standard input and output; coding agents start it
///
/// Its tools list, claim, read and answer the requests of the agent. `baton connect` registers it with a coding agent.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The agent whose inbox is served
    #[arg(long, value_name = "AGENT")]
    agent: String,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        super::block_on(async {
            let context = open(&workspace, PluginSelection::None, KIND, 3)?;
            let ledger = context.ledger().clone();
            let work = AgentWork::new(context)?;
            let holder = work.context().owner().to_owned();
            let session = AgentSession::new(work, &self.agent, holder, PROCESS_CLAIM)?;
            let server = McpServer::new(session, parts(&workspace));
            tokio::select! {
                served = serve_stdio(server) => served.context("the MCP server ended")?,
                lost = ledger.lost() => return Err(lost.into()),
            }
            head::note(&workspace, &ledger);
            Ok(Code::Good)
        })
    }
}

/// What the servers of all agents share.
pub(super) fn parts(workspace: &Workspace) -> std::sync::Arc<ServerParts> {
    let state = workspace.state.clone();
    let is_served = move || Serving::read(&state).is_ok_and(Serving::is_on);
    ServerParts::new(workspace.manifests(), Box::new(is_served))
}
