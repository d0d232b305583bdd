//! The RETURN: its format and its recipient.

use baton_tests::{Workspace, text};
use serde_json::json;

use super::from;

#[test]
fn the_return_has_the_dialect_that_agents_write() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Do nothing");
    workspace.up_once();
    let inbox = workspace.inbox("Claude-MM1");
    let file = workspace.inbox_of("Claude-MM1").join(&inbox[0]);
    let read = workspace.baton(&["lint", "--json", file.to_str().unwrap()]).ended(0).json();
    assert_eq!(read.pointer("/files/0/dialect"), Some(&json!("R1")), "{read:#}");
    assert_eq!(read.pointer("/files/0/kind"), Some(&json!("RETURN")));
    assert_eq!(read.pointer("/files/0/mended"), Some(&json!([])));
}

#[test]
fn the_return_reaches_the_sender_in_any_spelling() {
    let workspace = Workspace::with_noop();
    for (number, spelling) in ["Claude MM1 Agent", "claude_mm1", "ClaudeMM1-Agent-Trigger"].into_iter().enumerate() {
        workspace.drop_file("noop", &format!("{number}.json"), text(&from(Some(spelling), &format!("id-{number}"))));
    }
    workspace.up_once();
    assert_eq!(workspace.returns("Claude-MM1").len(), 3);
    assert!(workspace.status().iter().all(|task| task.from.as_deref() == Some("Claude-MM1")));
    assert_eq!(
        workspace.list("handoffs"),
        ["01_inbox", "Claude-MM1", "Codex-MM1", "Cursor-MM1", "README.md", "audit", "examples", "noop"]
    );
}

#[test]
fn the_return_to_an_unknown_sender_is_kept_for_a_person() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "a.json", text(&from(Some("Nobody-Here"), "id-a")));
    workspace.drop_file("noop", "b.json", text(&from(Some("../../../tmp/x"), "id-b")));
    workspace.up_once();
    let kept = workspace.returns_in("handoffs/_unrouted");
    assert_eq!(kept.len(), 2, "{kept:#?}");
    assert!(workspace.status().iter().all(|task| task.state == "succeeded"));
}

#[test]
fn a_request_without_a_sender_is_done_and_answered_in_the_ledger_only() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "a.json", text(&from(None, "id-a")));
    workspace.up_once();
    let task = &workspace.status()[0];
    assert_eq!((task.state.as_str(), &task.from, &task.returned_at), ("succeeded", &None, &None));
    for agent in ["Claude-MM1", "Codex-MM1", "Cursor-MM1", "audit", "noop"] {
        assert!(workspace.inbox(agent).is_empty(), "{agent}");
    }
    assert!(workspace.list("handoffs/_unrouted").is_empty());
}

#[test]
fn a_plugin_that_sends_itself_a_request_gets_one_answer_and_no_loop() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "self.json", text(&from(Some("noop"), "id-self")));
    workspace.drop_file("noop", "baton.json", text(&from(Some("baton"), "id-baton")));
    workspace.up_once();
    workspace.up_once();
    assert_eq!(workspace.tasks_of("noop").iter().filter(|task| task.attempts > 0).count(), 2);
    assert!(workspace.inbox("noop").is_empty());
    let kept = workspace.returns_in("handoffs/noop/02_processed");
    assert_eq!(kept.len(), 1, "Baton itself is not answered: {kept:#?}");
}
