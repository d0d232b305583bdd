//! The server of one agent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use baton_dispatch::agent_work::AgentSession;

use crate::parts::ServerParts;

/// The MCP server of one agent.
#[derive(Clone)]
pub struct McpServer {
    session: AgentSession,
    parts: Arc<ServerParts>,
    last_call: Arc<Mutex<Instant>>,
    /// True if each call renews the claims, because no process renews them.
    renews: bool,
}

impl McpServer {
    /// A server for the agent of `session`.
    #[must_use]
    pub fn new(session: AgentSession, parts: Arc<ServerParts>) -> Self {
        Self { session, parts, last_call: Arc::new(Mutex::new(Instant::now())), renews: false }
    }

    /// Changes this server so that each call renews the claims of its session.
    pub(crate) fn renewing_claims(self) -> Self {
        Self { renews: true, ..self }
    }

    /// Records a call, and renews the claims if no process renews them. A tool that waits calls this function repeatedly.
    pub(super) async fn on_call(&self) {
        *self.last_call.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if let Err(error) = self.session.note_call().await {
            tracing::warn!(%error, "cannot record a call of an agent");
        }
        if self.renews
            && let Err(error) = self.session.renew().await
        {
            tracing::warn!(%error, "cannot renew the claims of an agent");
        }
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
