//! Command agents: `baton up` starts a program for each request of an agent. The programs are scripts, which speak MCP to Baton as
//! a coding agent does, a scripted stand-in for Cursor, and the real Claude Code and Codex with a fake model.

mod cursor;
mod liveness;
mod preflight;
mod real_clients;
mod recovery;
mod runs;

use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::{Workspace, handoff, text};
use serde_json::Value;

/// A workspace whose agent `Worker` is a script that behaves like `what`; more lines of `[agents.Worker.run]` are in `run`.
fn workspace(what: &str, run: &str) -> Workspace {
    let workspace = Workspace::with_noop();
    fs::create_dir_all(workspace.inbox_of("Claude-MM1")).unwrap();
    fs::create_dir_all(workspace.inbox_of("Worker")).unwrap();
    fs::create_dir_all(folder(&workspace)).unwrap();
    workspace.write("agent.py", include_str!("agent.py"));
    workspace.write("mcp_tools.py", include_str!("mcp_tools.py"));
    let script = workspace.root().join("agent.py");
    let command = format!("command = [\"python3\", {:?}, \"{what}\"]", script.display().to_string());
    let section = format!("\n[agents.Worker]\n{command}\n[agents.Worker.run]\nfolder = \"work\"\n{run}\n");
    workspace.write("baton.toml", workspace.read("baton.toml") + &section);
    workspace
}

/// The working folder of the agent.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("work")
}

/// Drops a request of `Claude-MM1` for `Worker`.
fn drop_request(workspace: &Workspace, title: &str) {
    workspace.drop_file("Worker", &format!("{}.json", title.replace(' ', "-")), text(&handoff("Worker", title)));
}

/// The record that the script wrote at its start number `number`.
fn started(workspace: &Workspace, number: u32) -> Value {
    let path = folder(workspace).join(format!("started-{number}.json"));
    workspace.wait_for("the start of the script", |_| {
        fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok())
    })
}

/// How often the script was started.
fn starts(workspace: &Workspace) -> usize {
    let names = fs::read_dir(folder(workspace)).unwrap().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().starts_with("started-")).count()
}

/// The runs of the only task with this title, as `why --json` shows them.
fn runs(workspace: &Workspace, title: &str) -> Vec<Value> {
    let id = workspace.task(title).id;
    let why = workspace.baton(&["why", &id, "--json"]).ended(0).json();
    why["runs"].as_array().cloned().unwrap_or_default()
}

/// The outcome of each run.
fn outcomes(workspace: &Workspace, title: &str) -> Vec<String> {
    runs(workspace, title).iter().map(|run| run["outcome"].as_str().unwrap_or("works").to_owned()).collect()
}

/// The processes that the script noted, and that are alive and not zombies.
fn alive(started: &Value) -> Vec<u64> {
    let processes = started["processes"].as_array().unwrap().iter().filter_map(Value::as_u64);
    let is_alive = |process: &u64| {
        let stat = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    };
    processes.filter(is_alive).collect()
}
