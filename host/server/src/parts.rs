//! The shared parts of the servers of all agents and protocols: the plugins, and the limits of each agent.

use std::sync::Arc;
use std::time::Instant;

use baton_dispatch::request_check::ManifestSource;

use crate::limits;
use crate::rate::RateLimit;

/// The shared parts of the servers of all agents of a workspace.
pub struct ServerParts {
    /// The manifests of the installed plugins.
    pub manifests: ManifestSource,
    /// Whether a daemon serves the workspace now.
    pub is_served: Box<dyn Fn() -> bool + Send + Sync>,
    /// Limits handoffs and RETURNs.
    sends: RateLimit,
    /// Limits claims, progress, questions and releases.
    changes: RateLimit,
}

impl ServerParts {
    /// The shared parts.
    #[must_use]
    pub fn new(manifests: ManifestSource, is_served: Box<dyn Fn() -> bool + Send + Sync>) -> Arc<Self> {
        Arc::new(Self {
            manifests,
            is_served,
            sends: RateLimit::new(limits::SENDS, limits::WINDOW),
            changes: RateLimit::new(limits::CHANGES, limits::WINDOW),
        })
    }

    /// Counts a handoff or a RETURN that the agent sends. Beyond the limit, returns the refusal as `Err`.
    pub(crate) fn count_send(&self, agent: &str) -> Result<(), String> {
        let refusal = format!("has sent {} handoffs within a minute; send the next one", self.sends.most());
        count(&self.sends, agent, &refusal)
    }

    /// Counts a change of a request. Beyond the limit, returns the refusal as `Err`.
    pub(crate) fn count_change(&self, agent: &str) -> Result<(), String> {
        let refusal = format!("has changed requests {} times within a minute; continue", self.changes.most());
        count(&self.changes, agent, &refusal)
    }
}

fn count(limit: &RateLimit, agent: &str, refusal: &str) -> Result<(), String> {
    let counted = limit.count(agent, Instant::now());
    counted.map_err(|wait| format!("{agent} {refusal} in {} s", wait.as_secs() + 1))
}
