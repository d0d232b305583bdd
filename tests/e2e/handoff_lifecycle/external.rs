//! External agents: their files stay in the inbox until the RETURNs come.

use std::fs;

use baton_tests::{Workspace, answer, handoff_with, text};
use serde_json::json;

#[test]
fn an_external_agent_keeps_its_file_until_its_return_comes() {
    let workspace = Workspace::init();
    let bytes = workspace.drop_handoff("Codex-MM1", "Write the tests");
    workspace.up_once();
    let task = workspace.task("Write the tests");
    assert_eq!((task.state.as_str(), &task.returned_at), ("delivered", &None));
    assert_eq!(workspace.inbox("Codex-MM1"), ["Write-the-tests.json"]);
    workspace.up_once();
    assert_eq!(workspace.status().len(), 1, "the same file is not a second task");

    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Codex MM1 Agent", "id-write-the-tests")));
    workspace.up_once();
    let done = workspace.task("Write the tests");
    assert_eq!((&done.id, done.state.as_str()), (&task.id, "succeeded"));
    assert!(done.returned_at.is_some() && done.archived_at.is_some(), "{done:?}");
    assert_eq!(workspace.read_bytes("handoffs/Codex-MM1/02_processed/Write-the-tests.json"), bytes);
    assert!(workspace.inbox("Codex-MM1").is_empty());
    assert_eq!(workspace.inbox("Claude-MM1"), ["answer.json"], "Baton leaves the RETURN in the sender's inbox");
}

#[test]
fn a_request_whose_file_the_agent_moved_ends_with_its_return() {
    let workspace = Workspace::init();
    workspace.drop_handoff("Codex-MM1", "Take it away");
    workspace.up_once();
    let moved = workspace.root().join("handoffs/Codex-MM1/02_processed/Take-it-away.json");
    fs::rename(workspace.inbox_of("Codex-MM1").join("Take-it-away.json"), moved).unwrap();
    workspace.up_once();
    assert_eq!(workspace.task("Take it away").state, "delivered");
    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Codex-MM1", "id-take-it-away")));
    workspace.up_once();
    assert_eq!(workspace.task("Take it away").state, "succeeded");
    assert_eq!(workspace.processed("Codex-MM1"), ["Take-it-away.json"]);
}

#[test]
fn a_return_ends_the_request_of_the_agent_that_sent_it() {
    let workspace = Workspace::init();
    for agent in ["Codex-MM1", "Cursor-MM1"] {
        workspace.drop_file(
            agent,
            "review.json",
            text(&handoff_with(agent, &format!("Review by {agent}"), json!({ "handoff_id": "id-review" }))),
        );
        workspace.up_once();
    }
    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Cursor-MM1", "id-review")));
    workspace.up_once();
    assert_eq!(workspace.task("Review by Cursor-MM1").state, "succeeded");
    assert_eq!(workspace.task("Review by Codex-MM1").state, "delivered");
    assert_eq!(workspace.inbox("Codex-MM1"), ["review.json"]);
}

#[test]
fn a_return_is_never_run_and_is_not_an_open_request() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "answer.json", text(&answer("Codex-MM1", "id-nobody-asked")));
    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Codex-MM1", "id-nobody-asked")));
    workspace.up_once();
    // The audit checks the claims of a RETURN; the RETURN itself is not a request.
    let mut tasks = workspace.status().into_iter().filter(|task| task.agent != "audit");
    assert!(tasks.all(|task| task.attempts == 0), "{:#?}", workspace.status());
    assert_eq!(workspace.processed("noop"), ["answer.json"]);
    assert_eq!(workspace.inbox("Claude-MM1"), ["answer.json"]);
    for agent in ["Codex-MM1", "noop"] {
        assert!(workspace.inbox(agent).is_empty(), "{agent}");
    }
}
