//! The servers and commands for coding agents: `baton mcp`, `baton inbox`, `baton connect`.

mod a2a;
mod attacks;
mod clients;
mod connect;
mod crash;
mod evidence;
mod http;
mod import;
mod judges;
mod old_tasks;
mod real_clients;
mod return_command;
mod rmcp_client;
mod tools;
mod unknown_sender;
mod wait;

use baton_tests::{Workspace, handoff, handoff_with, text};
use serde_json::Value;

/// A workspace with the agents `Claude-MM1` and `Codex-MM1` and no plugin.
fn workspace() -> Workspace {
    let workspace = Workspace::with_noop();
    for agent in ["Claude-MM1", "Codex-MM1"] {
        std::fs::create_dir_all(workspace.inbox_of(agent)).unwrap();
    }
    workspace
}

/// Drops a request of `Claude-MM1` into the inbox of `Codex-MM1`, and waits until it is captured. Returns the task's id.
fn request(workspace: &Workspace, title: &str, fields: Option<Value>) -> String {
    let handoff = fields.map_or_else(|| handoff("Codex-MM1", title), |fields| handoff_with("Codex-MM1", title, fields));
    workspace.drop_file("Codex-MM1", &format!("{}.json", title.replace(' ', "-")), text(&handoff));
    workspace.wait_for_state(title, "delivered").id
}
