//! Requests whose sender is not an agent of the workspace, such as a file that a person dropped in by hand: they are answered
//! as all others, and nothing fails because nobody gets the RETURN.

use baton_tests::{McpClient, handoff_with, text};
use serde_json::{Value, json};

use super::workspace;

#[test]
fn a_request_without_a_known_sender_is_answered_and_nothing_fails() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    for (title, sender, says) in [
        ("By hand", Value::Null, "that request names no sender"),
        ("From far away", json!("Nobody-Here"), "of `Nobody-Here`, which is not an agent of this workspace"),
    ] {
        let request = handoff_with("Codex-MM1", title, json!({ "source_agent": sender }));
        workspace.drop_file("Codex-MM1", "request.json", text(&request));
        let id = workspace.wait_for_state(title, "delivered").id;
        codex.call("claim", json!({ "id": id }));
        let given = codex.call("return", json!({ "id": id, "status": "completed", "summary": "Done." }));
        assert_eq!(given["state"], "succeeded", "{given}");
        assert_eq!(workspace.wait_for_archive(title).state, "succeeded");
        let answer = workspace.wait_for_archive(&format!("RETURN: {title}"));
        assert_eq!(answer.state, "succeeded", "{answer:?}");
        assert!(answer.reason.contains(&id) && answer.reason.contains(says), "{}", answer.reason);
    }
    let kept = workspace.list("handoffs/_unrouted");
    assert_eq!(kept.len(), 2, "the RETURNs, without a reason file: {kept:?}");
    assert!(workspace.returns_in("handoffs/_unrouted").iter().all(|answer| answer["status_update"] == "completed"));
    for task in workspace.status() {
        assert_eq!(task.state, "succeeded", "{task:?}");
    }
    assert!(workspace.failed("Codex-MM1").is_empty());
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn a_return_without_a_recipient_that_answers_no_request_is_reported() {
    let workspace = workspace();
    let answer = json!({
        "type": "RETURN_HANDOFF",
        "executing_agent": "Codex-MM1",
        "originating_agent": "",
        "title": "Stray",
        "original_handoff": { "handoff_id": "no-such-request" },
    });
    workspace.write("handoffs/01_inbox/stray.json", text(&answer));
    workspace.up_once();
    assert_eq!(workspace.task("Stray").state, "failed");
    assert_eq!(workspace.list("handoffs/_unrouted"), ["stray.json", "stray.json.reason.json"]);
}
