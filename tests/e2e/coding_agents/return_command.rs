//! `baton return`: the tool `return` as a command, and `--verify` for the hooks of coding agents.

use std::process::Command;

use baton_tests::{McpClient, Output, Workspace};
use serde_json::{Value, json};

use super::request;

/// A workspace with two agents and the bundled plugins, of which audit checks the evidence of RETURNs.
fn audited() -> Workspace {
    let workspace = Workspace::init();
    for agent in ["Claude-MM1", "Codex-MM1"] {
        std::fs::create_dir_all(workspace.inbox_of(agent)).unwrap();
    }
    workspace
}

/// `baton return --verify --hook` with the input of a `Stop` hook.
fn hook(workspace: &Workspace, is_again: bool) -> Output {
    let mut command: Command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["return", "--verify", "--agent", "codex mm1", "--hook"]);
    Output::fed(&mut command, json!({ "session_id": "s", "stop_hook_active": is_again }).to_string().as_bytes())
}

#[test]
fn a_command_answers_with_evidence_and_reports_whether_it_is_true() {
    let workspace = audited();
    let daemon = workspace.up_and_serving();
    let id = request(&workspace, "Build the pump", None);
    let words = ["return", &id, "--summary", "Built.", "--file", "src/pump.py", "--json"];
    let refuted = workspace.baton(&words).ended(1).json();
    assert_eq!((&refuted["state"], &refuted["evidence"]), (&json!("disputed"), &json!("refuted")), "{refuted}");
    let owed = workspace.baton(&["return", "--verify", "--agent", "Codex-MM1"]).ended(2);
    assert!(owed.stderr.contains(&id) && owed.stderr.contains("was refuted"), "{}", owed.stderr);
    workspace.write("src/pump.py", "def pump():\n    return 1\n");
    let verified = workspace.baton(&words[..6]).ended(0);
    assert!(verified.stdout.contains("succeeded, RETURN verified"), "{}", verified.stdout);
    workspace.baton(&["return", "--verify", "--agent", "Codex-MM1"]).ended(0);
    assert_eq!(workspace.returns_for("Claude-MM1", "id-build-the-pump").len(), 2);
    for (words, says) in [
        (vec!["return", &id, "--summary", "x"], "has ended already"),
        (vec!["return", "nothing", "--summary", "x"], "there is no task"),
        (vec!["return", &id, "--summary", "x", "--agent", "Claude-MM1"], "only that agent"),
        (vec!["return", &id, "--summary", "x", "--status", "great"], "completed, partial, blocked or failed"),
        (vec!["return", &id], "--summary"),
        (vec!["return", "--verify"], "--agent"),
    ] {
        let refused = workspace.baton(&words).ended(2);
        assert!(refused.stderr.contains(says), "{words:?}: {}", refused.stderr);
    }
    assert!(daemon.stop().success());
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn a_stop_hook_reports_owed_returns_once() {
    let workspace = audited();
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "Owed\u{202e} work", None);
    hook(&workspace, false).ended(0);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    codex.call("claim", json!({ "id": id }));
    let owed = hook(&workspace, false).ended(2);
    assert!(owed.stderr.contains("Codex-MM1 owes 1 RETURN") && owed.stderr.contains(&id), "{}", owed.stderr);
    assert!(!owed.stderr.contains('\u{202e}'), "{:?}", owed.stderr);
    hook(&workspace, true).ended(0);
    // A session cannot answer a request that another session has claimed.
    let refused = workspace.baton(&["return", &id, "--summary", "x"]).ended(2);
    assert!(refused.stderr.contains("another session"), "{}", refused.stderr);
    let returned: Value = codex.call("return", json!({ "id": id, "status": "blocked", "summary": "No." }));
    assert_eq!(returned["state"], "failed");
    hook(&workspace, false).ended(0);
}

#[test]
fn an_unknown_agent_does_not_block_the_end_of_a_session() {
    let workspace = audited();
    drop(workspace.up_and_serving());
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["return", "--verify", "--agent", "Nobody", "--hook"]);
    let ended = Output::fed(&mut command, b"{}").ended(1);
    assert!(ended.stderr.contains("Nobody"), "{}", ended.stderr);
}
