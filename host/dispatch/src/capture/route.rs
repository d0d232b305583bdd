//! The drop box `handoffs/01_inbox/`: the handoff itself names its recipient.
//!
//! A file for one agent is moved into that agent's inbox. A broadcast (by its type, or addressed to `all`) makes one
//! task and one copy for each agent except the sender; the file itself is archived beside the drop box. A plugin gets a
//! copy only if it has the action in the broadcast, because a greeting to all agents must not start a plugin's default
//! action. A handoff for an unknown agent is moved to `handoffs/_unrouted/` with the reason, and its sender gets a
//! RETURN. A RETURN to a request with an unknown sender is kept there too, but without a reason, because it has answered
//! its request. The ledger records all of this before a file is moved.

use baton_core::agents::is_everybody;
use baton_core::handoff::Handoff;
use baton_intake::CapturedFile;

use super::incoming::{ALL_AGENTS, BroadcastCopy, IncomingFile, IncomingKind, concerns, is_broadcast};
use crate::context::Context;
use crate::{Agent, AgentKind, Roster};

/// A file of the drop box that will be recorded.
pub(super) enum DropBoxFile {
    /// The file is for one agent, or for an unknown agent.
    One(IncomingFile),
    /// The file is for all agents.
    All { whole: IncomingFile, copies: Vec<BroadcastCopy> },
}

enum RouteTarget<'a> {
    One(&'a Agent),
    All {
        /// The agents that get a copy.
        agents: Vec<&'a Agent>,
        /// The plugins that get no copy, because they do not have the action in the broadcast.
        passed_over: Vec<&'a Agent>,
    },
    Nobody(String),
}

fn to<'a>(context: &Context, roster: &'a Roster, handoff: &Handoff) -> RouteTarget<'a> {
    // Check for the names that mean all agents first. No agent can have such a name, even if the alias table has it.
    let one = handoff.to.as_deref().filter(|to| !is_everybody(to));
    let named = one.and_then(|to| roster.resolve(to));
    if let Some(agent) = named {
        return RouteTarget::One(agent);
    }
    if is_broadcast(handoff) {
        let sends = |agent: &&Agent| handoff.from.as_deref().is_none_or(|from| !roster.same(&agent.name, from));
        let (agents, passed_over): (Vec<_>, Vec<_>) =
            roster.agents().filter(sends).partition(|agent| concerns(context, agent, handoff));
        return if agents.is_empty() && passed_over.is_empty() {
            RouteTarget::Nobody("there is no other agent yet".to_owned())
        } else {
            RouteTarget::All { agents, passed_over }
        };
    }
    RouteTarget::Nobody(match &handoff.to {
        Some(to) => roster.unknown_agent(to),
        None => format!("it names no target_agent; the agents are: {}", roster.names()),
    })
}

/// Finds the recipients of a handoff in the drop box.
pub(super) fn route_drop_box(context: &Context, file: String, read: CapturedFile, handoff: Handoff) -> DropBoxFile {
    let roster = context.roster();
    match to(context, &roster, &handoff) {
        RouteTarget::One(agent) => {
            let mut incoming = for_one(context, agent, read, handoff);
            incoming.new.file = Some(file);
            incoming.move_to = Some(context.shown(&agent.inbox));
            DropBoxFile::One(incoming)
        }
        RouteTarget::All { agents, passed_over } => {
            let copy = |agent: &&Agent| {
                let incoming = for_one(context, agent, read.clone(), handoff.clone());
                BroadcastCopy { incoming, inbox: context.shown(&agent.inbox) }
            };
            let copies: Vec<_> = agents.iter().map(copy).collect();
            let reason = format!("for {} agents{}", copies.len(), not_for(&passed_over, handoff.action.as_deref()));
            let mut whole = IncomingFile::for_agent(context, ALL_AGENTS, false, read, handoff);
            whole.new.file = Some(file);
            whole.new.reason = reason;
            DropBoxFile::All { whole, copies }
        }
        RouteTarget::Nobody(reason) => {
            let name = handoff.to.clone().unwrap_or_else(|| ALL_AGENTS.to_owned());
            let mut incoming = IncomingFile::for_agent(context, &name, false, read, handoff);
            incoming.new.file = Some(file);
            incoming.what = IncomingKind::Unrouted(reason);
            DropBoxFile::One(incoming)
        }
    }
}

/// The plugins that get no copy of a broadcast, and the reason, as part of a sentence.
fn not_for(plugins: &[&Agent], action: Option<&str>) -> String {
    let names: Vec<_> = plugins.iter().map(|plugin| format!("`{}`", plugin.name)).collect();
    match (names.is_empty(), action) {
        (true, _) => String::new(),
        (false, None) => format!("; not for the plugins {}, because it names no action", names.join(", ")),
        (false, Some(action)) => {
            format!("; not for the plugins {}, which have no action `{action}`", names.join(", "))
        }
    }
}

fn for_one(context: &Context, agent: &Agent, read: CapturedFile, handoff: Handoff) -> IncomingFile {
    IncomingFile::for_agent(context, &agent.name, agent.kind == AgentKind::External, read, handoff)
}
