//! `baton mcp`: the MCP server of one agent on standard input and output. A coding agent starts it and ends it. This
//! file also starts the MCP server over HTTP for `baton up`.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use baton_dispatch::agent_work::{AgentSession, AgentWork};
use baton_dispatch::{AgentKind, Context};
use baton_server::{
    AllowedHosts, CARD_PATH, HttpServer, HttpSettings, McpServer, PATH, PROCESS_CLAIM, ServerParts, TokenStore,
    serve_stdio,
};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::WorkspaceOptions;
use crate::exit::Code;
use crate::output;
use crate::workspace::{PluginSelection, ServingProcess, Workspace, head, open};

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
    /// Print the address and the token for the server of `baton up` (section `server` of baton.toml), and exit
    #[arg(long)]
    http_token: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        if self.http_token {
            return print_token(&workspace, &self.agent);
        }
        head::need_used_state(&workspace)?;
        super::block_on(async {
            let context = open(&workspace, PluginSelection::None, KIND, 3)?;
            let ledger = context.ledger().clone();
            let work = AgentWork::new(context)?;
            let holder = work.context().owner().to_owned();
            let session = AgentSession::new(work, &self.agent, holder, PROCESS_CLAIM).await?;
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

/// Prints the address and the token for a client over HTTP.
fn print_token(workspace: &Workspace, agent: &str) -> anyhow::Result<Code> {
    let roster = workspace.roster()?;
    let Some(agent) = roster.resolve(agent).filter(|agent| agent.kind == AgentKind::External) else {
        bail!("{}", roster.unknown_agent(agent));
    };
    let Some(server) = workspace.config.server() else {
        bail!(
            "the server is off: add `[server]` with `listen = \"127.0.0.1:7077\"` to baton.toml and restart `baton up`"
        );
    };
    let token = TokenStore::new(workspace.state.tokens()?).token_of(&agent.name)?;
    output::print(&format!("http://{}{PATH}\nAuthorization: Bearer {token}\n", server.listen));
    Ok(Code::Good)
}

/// Starts the server over HTTP, if it is configured. The returned handle stops it.
pub(super) async fn serve_http(workspace: &Workspace, context: &Arc<Context>) -> anyhow::Result<Option<AbortHandle>> {
    let Some(config) = workspace.config.server() else { return Ok(None) };
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.with_context(|| {
        format!("the server cannot listen on {}; choose another port for [server] listen", config.listen)
    })?;
    let address = listener.local_addr()?;
    let settings = HttpSettings { hosts: AllowedHosts::new(address.port(), &config.hosts), a2a: config.a2a };
    let tokens = TokenStore::new(workspace.state.tokens()?);
    let server = HttpServer::new(AgentWork::new(Arc::clone(context))?, parts(workspace), tokens, settings);
    tracing::info!("the MCP server listens on http://{address}{PATH}");
    if config.a2a {
        tracing::info!("the A2A agent card is http://{address}{CARD_PATH}");
    }
    Ok(Some(tokio::spawn(server.serve(listener)).abort_handle()))
}

/// The parts that the servers of all agents share.
pub(super) fn parts(workspace: &Workspace) -> Arc<ServerParts> {
    let state = workspace.state.clone();
    let is_served = move || ServingProcess::read(&state).is_ok_and(ServingProcess::is_on);
    ServerParts::new(workspace.manifests(), Box::new(is_served))
}
