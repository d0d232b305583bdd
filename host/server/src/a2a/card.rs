//! Agent cards: one for the workspace, whose skills are the agents, and one for each agent. The cards name the agents of
//! the workspace, so a client needs a token to read them, as for every other request.

use std::sync::Arc;

use baton_core::manifest::Manifest;
use baton_core::text::plugin_says;
use baton_dispatch::{Agent, AgentKind, Roster};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::parts::ServerParts;
use crate::text::line;

/// The path at which clients call the methods of A2A.
const PATH: &str = "/a2a";

/// The path of the workspace's card.
pub const CARD_PATH: &str = "/.well-known/agent-card.json";

/// The path below which each agent has its card: `/a2a/AGENT/.well-known/agent-card.json`.
const AGENTS_PATH: &str = "/a2a/";

/// True if a path belongs to A2A.
pub(crate) fn serves(path: &str) -> bool {
    path == PATH || CardPath::parse(path).is_some()
}

/// The card that a path addresses.
pub(super) enum CardPath {
    Workspace,
    Agent(String),
}

impl CardPath {
    /// The card at a path; `None` if there is none.
    pub(super) fn parse(path: &str) -> Option<Self> {
        if path == CARD_PATH {
            return Some(Self::Workspace);
        }
        let name = path.strip_prefix(AGENTS_PATH)?.strip_suffix(CARD_PATH)?;
        Some(Self::Agent(percent_decode_str(name).decode_utf8().ok()?.into_owned()))
    }
}

/// Writes cards for clients that reach the server at `host`.
pub(super) struct CardWriter<'a> {
    pub(super) roster: Arc<Roster>,
    pub(super) parts: &'a ServerParts,
    pub(super) host: &'a str,
}

impl CardWriter<'_> {
    /// The card; `None` if there is no such agent.
    pub(super) fn card(&self, path: &CardPath) -> Option<Value> {
        match path {
            CardPath::Workspace => Some(self.workspace()),
            CardPath::Agent(name) => self.roster.resolve(name).map(|agent| self.agent(agent)),
        }
    }

    fn workspace(&self) -> Value {
        let skills: Vec<Value> = self.roster.agents().map(|agent| self.as_skill(agent)).collect();
        let description = "The agents and plugins of a Baton workspace. Each skill is an agent or a plugin: pass \
                           its id as `metadata.to`, or use its own card at /a2a/ID/.well-known/agent-card.json.";
        self.write("Baton", description, None, &skills)
    }

    fn agent(&self, agent: &Agent) -> Value {
        let Some(manifest) = self.manifest(agent) else {
            let skill = skill("request", "request", "Works on a request and answers it.", "agent");
            let description = format!("The agent {} of a Baton workspace.", agent.name);
            return self.write(&agent.name, &description, Some(&agent.name), &[skill]);
        };
        let actions = manifest.declares.actions.iter();
        let actions =
            actions.map(|(name, action)| skill(name, name, &plugin_says(&action.description), "plugin action"));
        let says = plugin_says(&manifest.declares.description);
        let description = format!("{} Name an action as `metadata.action`, its arguments as a data part.", line(&says));
        self.write(&agent.name, &description, Some(&agent.name), &actions.collect::<Vec<_>>())
    }

    fn as_skill(&self, agent: &Agent) -> Value {
        let (description, tag) = match self.manifest(agent) {
            Some(manifest) => (plugin_says(&manifest.declares.description), "plugin"),
            None => ("A coding agent or another program with an inbox.".to_owned(), "agent"),
        };
        skill(&agent.name, &agent.name, &description, tag)
    }

    fn manifest(&self, agent: &Agent) -> Option<Manifest> {
        (agent.kind == AgentKind::Plugin).then(|| (self.parts.manifests)(&agent.name))?
    }

    fn write(&self, name: &str, description: &str, tenant: Option<&str>, skills: &[Value]) -> Value {
        let mut interface = json!({ "url": format!("http://{}{PATH}", self.host), "protocolBinding": "JSONRPC", "protocolVersion": "1.0" });
        if let (Some(tenant), Some(interface)) = (tenant, interface.as_object_mut()) {
            interface.insert("tenant".to_owned(), json!(tenant));
        }
        json!({
            "name": name,
            "description": description,
            "version": env!("CARGO_PKG_VERSION"),
            "supportedInterfaces": [interface],
            "capabilities": { "streaming": true, "pushNotifications": false, "extendedAgentCard": false },
            "securitySchemes": {
                "token": { "httpAuthSecurityScheme": {
                    "scheme": "Bearer",
                    "description": "`baton mcp --agent NAME --http-token` prints the token of the sending agent.",
                } },
            },
            "securityRequirements": [{ "schemes": { "token": { "list": [] } } }],
            "defaultInputModes": ["text/plain", "text/markdown", "application/json"],
            "defaultOutputModes": ["text/plain"],
            "skills": skills,
        })
    }
}

fn skill(id: &str, name: &str, description: &str, tag: &str) -> Value {
    json!({ "id": line(id), "name": line(name), "description": line(description), "tags": [tag] })
}
