//! Broadcasts: handoffs for all agents.

use baton_core::agents::is_everybody;
use baton_core::handoff::{Handoff, Kind};

use crate::context::Context;
use crate::{Agent, AgentKind};

/// The name under which the ledger keeps what is for everybody.
pub const ALL_AGENTS: &str = "*";

/// Whether a handoff is for everybody.
pub(crate) fn is_broadcast(handoff: &Handoff) -> bool {
    handoff.to.as_deref().is_some_and(is_everybody) || handoff.kind == Kind::Request("BROADCAST".to_owned())
}

/// Whether a broadcast concerns an agent: a plugin only if it has the action that is named.
pub(crate) fn concerns(context: &Context, agent: &Agent, handoff: &Handoff) -> bool {
    let has = |action: &str| context.plugin(&agent.name).is_ok_and(|plugin| plugin.action(Some(action)).is_ok());
    agent.kind == AgentKind::External || handoff.action.as_deref().is_some_and(has)
}
