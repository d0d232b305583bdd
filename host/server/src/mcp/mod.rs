//! The MCP server of one agent: tools, resources and a prompt over its [`AgentSession`].
//!
//! It serves both eras of the protocol: 2025-11-25 (`initialize`) and 2026-07-28 (stateless). Everything that a handoff
//! contains is data from another program: lists have ids and titles only, and the text comes from `read`, marked as
//! untrusted. Long tools have a plain form: they return after a while with an id or a cursor, and a later call continues.

mod guide;
mod present;
mod resources;
mod tools;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use baton_dispatch::agent_work::AgentSession;
use baton_dispatch::request_check::ManifestSource;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, GetPromptRequestParams, GetPromptResponse,
    GetPromptResult, Implementation, ListPromptsResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    Prompt, PromptMessage, ReadResourceRequestParams, ReadResourceResponse, Role, ServerCapabilities, ServerConfig,
    Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use self::tools::ToolCall;
use crate::limits;
use crate::rate::RateLimit;

/// The name of the only prompt.
const PROMPT: &str = "work-inbox";

/// What the servers of all agents of a workspace share.
pub struct ServerParts {
    /// The manifests of the installed plugins.
    pub manifests: ManifestSource,
    /// Whether a daemon serves the workspace now.
    pub is_served: Box<dyn Fn() -> bool + Send + Sync>,
    sends: RateLimit,
}

impl ServerParts {
    /// The shared parts.
    #[must_use]
    pub fn new(manifests: ManifestSource, is_served: Box<dyn Fn() -> bool + Send + Sync>) -> Arc<Self> {
        Arc::new(Self { manifests, is_served, sends: RateLimit::new(limits::SENDS, limits::SENDS_WINDOW) })
    }

    /// Counts a handoff that an agent sends.
    pub(crate) fn count_send(&self, agent: &str) -> Result<(), String> {
        self.sends.count(agent, Instant::now()).map_err(|wait| {
            let (most, wait) = (limits::SENDS, wait.as_secs() + 1);
            format!("{agent} has sent {most} handoffs within a minute; send the next one in {wait} s")
        })
    }
}

/// The MCP server of one agent.
#[derive(Clone)]
pub struct McpServer {
    session: AgentSession,
    parts: Arc<ServerParts>,
    last_call: Arc<Mutex<Instant>>,
    /// Whether each call renews the claims, because no process does.
    renews: bool,
}

impl McpServer {
    /// A server for the agent of `session`.
    #[must_use]
    pub fn new(session: AgentSession, parts: Arc<ServerParts>) -> Self {
        Self { session, parts, last_call: Arc::new(Mutex::new(Instant::now())), renews: false }
    }

    /// The same server; each call renews the claims of its session.
    pub(crate) fn renewing_claims(self) -> Self {
        Self { renews: true, ..self }
    }

    pub(crate) fn session(&self) -> &AgentSession {
        &self.session
    }

    pub(crate) fn parts(&self) -> &Arc<ServerParts> {
        &self.parts
    }

    /// The time since the last call of a tool.
    pub(crate) fn idle(&self) -> Duration {
        self.last_call.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().build();
        let mut info = ServerConfig::new(capabilities);
        info.server_info = Implementation::new("baton", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(guide::instructions(self.session.agent()));
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::list(self)))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::list(self).into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        *self.last_call.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if self.renews
            && let Err(error) = self.session.renew().await
        {
            tracing::warn!(%error, "cannot renew the claims of an agent");
        }
        let name = request.name.to_string();
        let call = ToolCall::new(self, request.arguments.unwrap_or_default(), context);
        let result = match tools::call(&name, call).await {
            None => return Err(ErrorData::invalid_params(format!("there is no tool `{name}`"), None)),
            Some(Ok(value)) => CallToolResult::structured(value),
            Some(Err(error)) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
        };
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompt = Prompt::new(PROMPT, Some("How to work through your inbox with Baton"), None);
        Ok(ListPromptsResult::with_all_items(vec![prompt]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name != PROMPT {
            return Err(ErrorData::invalid_params(
                format!("there is no prompt `{}`; there is `{PROMPT}`", request.name),
                None,
            ));
        }
        let message = PromptMessage::new_text(Role::User, guide::work_inbox(self.session.agent()));
        Ok(GetPromptResult::new(vec![message]).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        resources::list(self).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(self, &request.uri).await
    }
}
