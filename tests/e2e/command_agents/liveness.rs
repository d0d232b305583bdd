//! `baton agents` shows what each agent does, from its claims, its calls and its processes.

use baton_tests::{McpClient, Workspace};
use serde_json::{Value, json};

use super::{drop_request, started, workspace};

fn activity(workspace: &Workspace, agent: &str) -> Value {
    let agents = workspace.baton(&["agents", "--json"]).ended(0).json();
    let found = agents["agents"].as_array().unwrap().iter().find(|known| known["name"] == agent).cloned();
    found.unwrap()["activity"].clone()
}

#[test]
fn an_agent_is_active_while_its_process_or_its_session_works() {
    let workspace = workspace("hang", "");
    let daemon = workspace.up_and_serving();
    assert_eq!(activity(&workspace, "Worker")["state"], "idle");
    assert!(activity(&workspace, "noop").is_null(), "a plugin has no activity");
    drop_request(&workspace, "Hang");
    started(&workspace, 1);
    let id = workspace.task("Hang").id;
    let worker = workspace.wait_for("the activity", |workspace| {
        Some(activity(workspace, "Worker")).filter(|known| known["state"] == "active")
    });
    assert_eq!(worker["why"], json!(format!("works on {id}")));
    let table = workspace.baton(&["agents"]).ended(0).stdout;
    assert!(table.lines().any(|line| line.starts_with("Worker") && line.contains("active")), "{table}");
    let status = workspace.baton(&["status"]).ended(0).stdout;
    assert!(status.contains("program has worked on it for"), "{status}");
    // After a kill of the daemon the agent counts as active only while its process lives, and its request can be
    // cancelled.
    daemon.kill();
    workspace.baton(&["cancel", &id]).ended(0);
    let daemon = workspace.up_and_serving();
    workspace.wait_for("the end of the run", |workspace| {
        (super::outcomes(workspace, "Hang") == ["withdrawn"]).then_some(())
    });
    assert_eq!(activity(&workspace, "Worker")["state"], "idle");
    assert!(daemon.stop().success());
}

#[test]
fn a_call_of_a_tool_and_a_claim_show_that_an_external_agent_works() {
    let workspace = workspace("work", "");
    let _daemon = workspace.up_and_serving();
    assert_eq!(activity(&workspace, "Claude-MM1")["state"], "idle");
    assert!(activity(&workspace, "Claude-MM1")["last_sign"].is_null());
    let mut claude = McpClient::start(&workspace, "Claude-MM1");
    claude.call("inbox", json!({}));
    let seen = activity(&workspace, "Claude-MM1");
    assert_eq!((&seen["state"], &seen["why"]), (&json!("active"), &json!("has called a tool")));
    assert!(seen["last_sign"].is_string(), "{seen}");
}
