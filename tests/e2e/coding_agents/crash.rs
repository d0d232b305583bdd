//! `kill -9` of client, server and daemon: no request is lost, none is answered twice, no claim is kept for ever.

use baton_tests::{McpClient, McpEra};
use serde_json::json;

use super::{request, workspace};

#[test]
fn a_claim_of_a_killed_session_returns_the_request() {
    let workspace = workspace();
    let daemon = workspace.up_and_serving();
    let id = request(&workspace, "Killed", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    codex.call("claim", json!({ "id": id }));
    let cursor = codex.call("inbox", json!({}))["cursor"].clone();
    codex.kill();
    // The daemon searches for lost claims at its start and every minute.
    assert!(daemon.stop().success());
    let _daemon = workspace.up_and_serving();
    let mut other = McpClient::start(&workspace, "Codex-MM1");
    let work = other.call("wait_for_work", json!({ "cursor": cursor, "timeout_seconds": 50 }));
    assert_eq!(work["items"][0]["id"], json!(id), "{work}");
    let event = workspace.why(&id).events.into_iter().find(|event| event.action == "claim_lost").unwrap();
    assert_eq!((event.actor.as_str(), event.state.as_str()), ("baton", "delivered"));
    other.call("claim", json!({ "id": id }));
}

#[test]
fn a_return_is_written_once_if_its_server_is_killed_at_any_point() {
    for point in ["delivery.loaded", "deliver.written", "delivery.renamed", "delivery.before_done", "off"] {
        let workspace = workspace();
        let mut daemon = workspace.up_and_serving();
        let id = request(&workspace, "Answer once", None);
        let mut command = workspace.command();
        if point != "off" {
            command.env("FAILPOINTS", format!("{point}=panic"));
        }
        let mut dying = McpClient::start_in(&workspace, "Codex-MM1", McpEra::Sessions, &mut command);
        let answer = json!({ "id": id, "status": "completed", "summary": "Done." });
        dying.send("tools/call", json!({ "name": "return", "arguments": answer }));
        // `off` is the case without a failpoint: the process is killed after 15 ms, at an arbitrary point.
        std::thread::sleep(std::time::Duration::from_millis(if point == "off" { 15 } else { 1_000 }));
        dying.kill();
        // At its start and every minute, a daemon takes over the deliveries of processes that have ended.
        daemon.kill();
        daemon = workspace.up_and_serving();
        let mut codex = McpClient::start(&workspace, "Codex-MM1");
        match codex.try_call("return", answer.clone()) {
            Ok(returned) => assert_eq!(returned["state"], "succeeded", "{point}: {returned}"),
            Err(error) => assert!(error.contains("already"), "{point}: {error}"),
        }
        workspace.wait_for_archive("Answer once");
        assert!(codex.try_call("return", answer).unwrap_err().contains("has ended already"));
        let returned = workspace.why(&id).events.into_iter().filter(|event| event.action == "returned").count();
        assert_eq!(returned, 1, "{point}");
        let answers = workspace.returns_for("Claude-MM1", "id-answer-once");
        assert_eq!(answers.len(), 1, "{point}: {answers:#?}");
        drop(codex);
        assert!(daemon.stop().success());
        workspace.baton(&["ledger", "verify"]).ended(0);
    }
}

#[test]
fn a_session_survives_restarts_of_the_daemon() {
    let workspace = workspace();
    let daemon = workspace.up_and_serving();
    let id = request(&workspace, "Restart", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    codex.call("claim", json!({ "id": id }));
    daemon.kill();
    // Without a daemon the RETURN is a file; the next daemon captures it.
    let written = codex.call("return", json!({ "id": id, "status": "completed", "summary": "Done." }));
    assert_eq!(written["state"], "delivered");
    assert!(written["next"].as_str().unwrap().contains("no `baton up` serves"), "{written}");
    // The request is already answered, for this session and for other sessions.
    let mut other = McpClient::start(&workspace, "Codex-MM1");
    for client in [&mut codex, &mut other] {
        let again = json!({ "id": id, "status": "failed", "summary": "No." });
        assert!(client.try_call("return", again).unwrap_err().contains("answered already"));
        assert!(client.try_call("claim", json!({ "id": id })).unwrap_err().contains("answered already"));
        assert!(client.inbox().is_empty());
    }
    let _daemon = workspace.up_and_serving();
    assert_eq!(workspace.wait_for_archive("Restart").state, "succeeded");
    assert_eq!(workspace.returns_for("Claude-MM1", "id-restart").len(), 1);
}

#[test]
fn only_one_of_several_concurrent_answers_is_recorded() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "Twice", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let calls = ["completed", "failed"].map(|status| {
        let arguments = json!({ "id": id, "status": status, "summary": status });
        codex.send("tools/call", json!({ "name": "return", "arguments": arguments }))
    });
    let mut results: Vec<_> = Vec::new();
    // Responses may come in any order, so each is read once.
    for _ in calls {
        results.push(codex.any_response(baton_tests::PATIENCE).unwrap());
    }
    let given: Vec<_> = results.iter().filter_map(|result| McpClient::tool_result(result).ok()).collect();
    let [given] = given.as_slice() else { panic!("{results:#?}") };
    let answers = workspace.returns_for("Claude-MM1", "id-twice");
    let [answer] = answers.as_slice() else { panic!("{answers:#?}") };
    let state = if answer["status_update"] == "completed" { "succeeded" } else { "failed" };
    assert_eq!(given["state"], state, "the recorded answer decides the state");
}
