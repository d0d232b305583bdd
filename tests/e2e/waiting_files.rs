//! Changes to a file while its task waits: it is renamed, moved between an agent's folders, removed or damaged, or its folder is removed.
//! `handoffs/README.md`, "What happens to an edited, moved or deleted file", defines the result of each.

use std::fs;

use baton_tests::{Workspace, handoff, handoff_with, text};
use serde_json::{Value, json};

/// A workspace with a waiting task of a plugin, and its file.
fn waiting() -> Workspace {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    workspace
}

#[test]
fn a_renamed_file_is_the_same_request() {
    let workspace = waiting();
    let inbox = workspace.inbox_of("hostile");
    fs::rename(inbox.join("ask-human.json"), inbox.join("IN-PROGRESS.json")).unwrap();
    workspace.drop_handoff("Codex-MM1", "Write it");
    workspace.up_once();
    let codex = workspace.inbox_of("Codex-MM1");
    fs::rename(codex.join("Write-it.json"), codex.join("started-Write-it.json")).unwrap();
    workspace.up_once();
    assert_eq!(workspace.status().len(), 2, "{:#?}", workspace.status());
    let task = workspace.task("ask-human");
    assert_eq!((task.state.as_str(), task.file_name()), ("needs_human", "IN-PROGRESS.json"));
    let task = workspace.task("Write it");
    assert_eq!((task.state.as_str(), task.file_name()), ("delivered", "started-Write-it.json"));
    assert_eq!(workspace.inbox("Codex-MM1"), ["started-Write-it.json"]);
    assert!(workspace.returns("Claude-MM1").is_empty());
    assert!(workspace.why(&task.id).actions().contains(&"renamed"));
}

#[test]
fn a_renamed_and_edited_file_is_a_new_revision_of_the_same_request() {
    let workspace = waiting();
    let inbox = workspace.inbox_of("hostile");
    let mut value: Value = serde_json::from_slice(&fs::read(inbox.join("ask-human.json")).unwrap()).unwrap();
    value["action"] = json!("ok");
    fs::remove_file(inbox.join("ask-human.json")).unwrap();
    workspace.drop_file("hostile", "another.json", text(&value));
    workspace.up_once();
    let tasks = workspace.tasks_of("hostile");
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

#[test]
fn a_file_that_moves_between_the_folders_of_one_agent_is_the_same_request() {
    let workspace = Workspace::with_noop();
    let alias = workspace.root().join("handoffs/Codex-MM1-Agent/01_inbox");
    fs::create_dir_all(&alias).unwrap();
    fs::create_dir_all(workspace.inbox_of("Codex-MM1")).unwrap();
    fs::write(alias.join("a.json"), text(&handoff("Codex-MM1", "Moved"))).unwrap();
    workspace.up_once();
    fs::rename(alias.join("a.json"), workspace.inbox_of("Codex-MM1").join("a.json")).unwrap();
    workspace.up_once();
    let tasks = workspace.status();
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    assert_eq!(tasks[0].file.as_deref(), Some("handoffs/Codex-MM1/01_inbox/a.json"));
    assert_eq!(tasks[0].state, "delivered");
}

#[test]
fn a_removed_file_cancels_its_task_and_its_sender_gets_a_return() {
    let workspace = waiting();
    fs::remove_file(workspace.inbox_of("hostile").join("ask-human.json")).unwrap();
    workspace.up_once();
    assert_eq!(workspace.task("ask-human").state, "cancelled");
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

#[test]
fn a_replaced_inbox_cancels_nothing_and_its_tasks_continue_when_it_is_restored() {
    let workspace = waiting();
    let inbox = workspace.inbox_of("hostile");
    let away = workspace.outside().join("unmounted");
    fs::rename(&inbox, &away).unwrap();
    fs::create_dir(&inbox).unwrap();
    workspace.up_once();
    let task = workspace.task("ask-human");
    assert_eq!(task.state, "needs_human", "{task:#?}");
    assert!(workspace.returns("Claude-MM1").is_empty());
    fs::remove_dir(&inbox).unwrap();
    fs::rename(&away, &inbox).unwrap();
    workspace.up_once();
    let task = workspace.task("ask-human");
    assert_eq!((task.state.as_str(), workspace.status().len()), ("needs_human", 1));
    assert!(workspace.inbox("hostile").contains(&"ask-human.json".to_owned()));
}

#[test]
fn an_inbox_that_is_deleted_and_created_again_cancels_nothing() {
    let workspace = waiting();
    fs::remove_dir_all(workspace.inbox_of("hostile")).unwrap();
    workspace.up_once();
    let task = workspace.task("ask-human");
    assert_eq!(task.state, "needs_human", "{task:#?}");
    assert!(workspace.returns("Claude-MM1").is_empty());
    workspace.baton(&["cancel", &task.id]).ended(0);
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

#[test]
fn a_file_that_is_moved_into_the_drop_box_is_moved_back_to_its_agent() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("Codex-MM1", "Write it");
    workspace.up_once();
    let name = "Write-it.json";
    fs::rename(workspace.inbox_of("Codex-MM1").join(name), workspace.root().join("handoffs/01_inbox").join(name))
        .unwrap();
    workspace.up_once();
    let tasks = workspace.status();
    assert_eq!((tasks.len(), tasks[0].state.as_str()), (1, "delivered"), "{tasks:#?}");
    assert_eq!(workspace.inbox("Codex-MM1"), [name]);
}

#[test]
fn the_end_of_a_task_waits_for_a_missing_inbox() {
    let workspace = waiting();
    let (inbox, away) = (workspace.inbox_of("hostile"), workspace.outside().join("unmounted"));
    fs::rename(&inbox, &away).unwrap();
    let id = workspace.task("ask-human").id;
    workspace.baton(&["cancel", &id]);
    fs::rename(&away, &inbox).unwrap();
    workspace.up_once();
    let tasks = workspace.status();
    assert_eq!((tasks.len(), tasks[0].state.as_str()), (1, "cancelled"), "{tasks:#?}");
    assert_eq!(workspace.processed("hostile"), ["ask-human.json"]);
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

#[test]
fn a_request_that_is_edited_into_an_unreadable_file_is_answered() {
    let workspace = waiting();
    let next = handoff_with("hostile", "next", json!({ "depends_on": ["id-ask-human"], "action": "ok" }));
    workspace.drop_file("hostile", "next.json", text(&next));
    workspace.up_once();
    assert_eq!(workspace.task("next").state, "waiting");
    workspace.drop_file("hostile", "ask-human.json", "{ no JSON }");
    workspace.up_once();
    assert_eq!(workspace.task("ask-human").state, "rejected");
    assert_eq!(workspace.returns_for("Claude-MM1", "id-ask-human").len(), 1);
    assert_eq!(workspace.task("next").state, "needs_human");
}

#[test]
fn a_valid_file_that_replaces_a_too_large_one_is_done() {
    let workspace = Workspace::with_noop();
    // `03_failed` is a file instead of a folder, so the first attempt to archive fails.
    fs::create_dir_all(workspace.root().join("handoffs/noop")).unwrap();
    workspace.write("handoffs/noop/03_failed", "a file");
    workspace.drop_file("noop", "big.json", vec![b' '; 5 << 20]);
    let daemon = workspace.up_and_serving();
    workspace.wait_for("the quarantine", |workspace| {
        workspace.tasks_of("noop").iter().any(|task| task.state == "rejected").then_some(())
    });
    workspace.drop_file("noop", "big.json", text(&handoff("noop", "Small")));
    fs::remove_file(workspace.root().join("handoffs/noop/03_failed")).unwrap();
    workspace.wait_for_archive("Small");
    assert!(daemon.stop().success());
    assert_eq!(workspace.task("Small").state, "succeeded");
}
