//! Commands as evidence: Baton runs those that baton.toml allows, and a RETURN that reports another exit code is refuted.

use baton_tests::{McpClient, Workspace, sha256};
use serde_json::{Value, json};

use super::{request, workspace};

/// A workspace whose check succeeds when `tree/done` exists.
fn checked(more: &str) -> Workspace {
    let workspace = workspace();
    workspace.write("tree/check.sh", "#!/bin/sh\necho checked\ntest -e done\n");
    let config = workspace.read("baton.toml").replace("root = \".\"", "root = \"tree\"");
    workspace.write("baton.toml", config + "\n[[evidence]]\ncommand = [\"sh\", \"check.sh\"]\n" + more);
    workspace
}

fn answer(id: &str, command: &str, exit_code: i32) -> Value {
    let commands = [json!({ "command": command, "exit_code": exit_code })];
    json!({ "id": id, "status": "completed", "summary": "Done.", "commands": commands })
}

fn commands(workspace: &Workspace, id: &str) -> Vec<Value> {
    let why = workspace.baton(&["why", id, "--json"]).ended(0).json();
    why["commands"].as_array().unwrap().clone()
}

#[test]
fn a_command_with_another_exit_code_refutes_the_return_and_an_equal_one_verifies_it() {
    let workspace = checked("");
    let daemon = workspace.up_and_serving();
    let id = request(&workspace, "Make it pass", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let refuted = codex.call("return", answer(&id, "sh check.sh", 0));
    assert_eq!((&refuted["state"], &refuted["evidence"]), (&json!("disputed"), &json!("refuted")), "{refuted}");
    assert!(refuted["reason"].as_str().unwrap().contains("`sh check.sh` exits with 1; the RETURN says 0"), "{refuted}");
    workspace.write("tree/done", "");
    let verified = codex.call("return", answer(&id, "sh check.sh", 0));
    assert_eq!((&verified["state"], &verified["evidence"]), (&json!("succeeded"), &json!("verified")), "{verified}");
    let ran = commands(&workspace, &id);
    assert_eq!(ran.len(), 2, "{ran:?}");
    for run in &ran {
        assert_eq!((&run["state"], &run["output_hash"]), (&json!("ran"), &json!(sha256(b"checked\n"))), "{run}");
    }
    let text = workspace.baton(&["why", &id]).ended(0).stdout;
    assert!(text.contains("RETURN verified") && text.contains("2 commands of the RETURN"), "{text}");
    assert_eq!(workspace.task("Make it pass").evidence.as_deref(), Some("verified"));
    let obligations = workspace.baton(&["obligations", "--json"]).ended(0).json();
    assert_eq!(obligations["agents"][0]["verified"], 1, "{obligations}");
    drop(codex);
    assert!(daemon.stop().success());
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn a_failure_that_the_return_reports_does_not_verify_it() {
    let workspace = checked("");
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "Make it pass", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let returned = codex.call("return", answer(&id, "sh check.sh", 1));
    assert_eq!((&returned["state"], &returned["evidence"]), (&json!("succeeded"), &json!("reported")), "{returned}");
    let [run] = commands(&workspace, &id).try_into().unwrap();
    let seen = (&run["state"], &run["exit_code"], &run["reason"]);
    assert_eq!(seen, (&json!("ran"), &json!(1), &json!("exits with 1, as the RETURN says")), "{run}");
}

#[test]
fn a_command_that_is_not_allowed_is_not_run() {
    let workspace = checked("agents = [\"Claude-MM1\"]\n");
    workspace.write("tree/done", "");
    let _daemon = workspace.up_and_serving();
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let touch = format!("touch {}", workspace.outside().join("touched").display());
    for (title, command) in
        [("Other", touch.as_str()), ("Of another agent", "sh check.sh"), ("More", "sh check.sh; id")]
    {
        let id = request(&workspace, title, None);
        let returned = codex.call("return", answer(&id, command, 0));
        assert_eq!(
            (&returned["state"], &returned["evidence"]),
            (&json!("succeeded"), &json!("reported")),
            "{returned}"
        );
        let [run] = commands(&workspace, &id).try_into().unwrap();
        assert_eq!((&run["state"], &run["exit_code"]), (&json!("not_checked"), &Value::Null), "{run}");
        assert!(run["reason"].as_str().unwrap().contains("[[evidence]]"), "{run}");
    }
    assert!(!workspace.outside().join("touched").exists());
}

#[test]
fn a_hanging_command_is_stopped_and_not_checked() {
    let workspace = checked("timeout = \"1s\"\n");
    workspace.write("tree/check.sh", "trap '' INT\nsleep 60\n");
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "Hangs", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    codex.call("return", answer(&id, "sh check.sh", 0));
    let run = workspace.wait_for("the end of the command", |workspace| {
        commands(workspace, &id).into_iter().find(|run| run["state"] == "not_checked")
    });
    assert_eq!(run["reason"], "did not end within 1 s");
    assert_eq!(workspace.task("Hangs").evidence.as_deref(), Some("reported"));
}

#[test]
fn a_command_of_a_killed_daemon_is_ended_and_runs_again() {
    let workspace = checked("");
    let marker = workspace.outside().join("late").display().to_string();
    // One process leaves the group of the command.
    let script = format!("test -e done && exit 0\nsetsid sh -c 'sleep 5; touch {marker}' &\nsleep 5\ntouch {marker}\n");
    workspace.write("tree/check.sh", script);
    let daemon = workspace.up_and_serving();
    let id = request(&workspace, "Killed", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let sent = codex.send("tools/call", json!({ "name": "return", "arguments": answer(&id, "sh check.sh", 0) }));
    workspace.wait_for("the command to run", |workspace| (!commands(workspace, &id).is_empty()).then_some(()));
    std::thread::sleep(std::time::Duration::from_millis(500));
    daemon.kill();
    workspace.write("tree/done", "");
    let _daemon = workspace.up_and_serving();
    workspace.wait_for("the check", |workspace| {
        (workspace.task("Killed").evidence.as_deref() == Some("verified")).then_some(())
    });
    drop(codex.response(sent, baton_tests::PATIENCE));
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert!(!workspace.outside().join("late").exists(), "the command of the killed daemon was ended");
}

#[test]
fn a_dependency_may_ask_for_a_verified_return() {
    let workspace = checked("");
    let _daemon = workspace.up_and_serving();
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let id = request(&workspace, "First", None);
    for (title, need) in [("Needs the work", "id-first"), ("Needs the proof", "verified:id-first")] {
        workspace.drop_handoff_with("noop", title, json!({ "depends_on": [need] }));
        workspace.wait_for_state(title, "waiting");
    }
    // The evidence of this RETURN is only `reported`, because the RETURN names no allowed command.
    codex.call("return", answer(&id, "true", 0));
    workspace.wait_for_state("Needs the work", "succeeded");
    let waits = workspace.task("Needs the proof");
    assert!(waits.state == "waiting" && waits.reason.contains("only reported"), "{waits:?}");
    let words = ["send", "--from", "Claude-MM1", "--to", "noop", "--title", "x", "--depends-on", "verified:none"];
    assert!(workspace.baton(&words).ended(2).stderr.contains("verified:none"));
    // The second RETURN has evidence. It is written as a file.
    workspace.write("tree/done", "");
    let mut second = baton_tests::answer("Codex-MM1", "id-first");
    second["return_handoff_id"] = json!("second");
    second["execution_summary"]["commands"] = json!([{ "command": "sh check.sh", "exit_code": 0 }]);
    workspace.drop_file("Claude-MM1", "second.json", baton_tests::text(&second));
    workspace.wait_for_state("Needs the proof", "succeeded");
    assert_eq!(workspace.task("First").evidence.as_deref(), Some("verified"));
}
