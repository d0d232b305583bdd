//! The capture of files: many files, urgent, slowly written and hidden ones, and new folders.

use std::fs;
use std::time::Duration;

use baton_tests::{Workspace, handoff, handoff_with, sha256, text};
use serde_json::json;

#[test]
fn two_hundred_handoffs_are_each_done_exactly_once() {
    let workspace = Workspace::with_noop();
    for number in 0..200 {
        workspace.drop_handoff("noop", &format!("Job {number}"));
    }
    workspace.up_once();
    let tasks = workspace.status();
    assert_eq!(tasks.len(), 200);
    assert!(tasks.iter().all(|task| task.state == "succeeded" && task.attempts == 1 && task.archived_at.is_some()));
    assert_eq!(workspace.processed("noop").len(), 200);
    assert!(workspace.inbox("noop").is_empty());
    let mut answered: Vec<_> = workspace
        .returns("Claude-MM1")
        .into_iter()
        .map(|answer| answer.pointer("/original_handoff/handoff_id").unwrap().to_string())
        .collect();
    answered.sort();
    answered.dedup();
    assert_eq!((answered.len(), workspace.inbox("Claude-MM1").len()), (200, 200));
}

#[test]
fn the_most_urgent_task_runs_first() {
    let workspace = Workspace::with_noop();
    // All files are in the inbox before the first task begins.
    workspace.baton(&["plugin", "disable", "noop"]).ended(0);
    for (title, priority) in [("Later", "low"), ("Usual", "Medium"), ("Now", "CRITICAL"), ("Soon", "High")] {
        workspace.drop_handoff_with("noop", title, json!({ "priority": priority }));
    }
    workspace.up_once();
    workspace.baton(&["plugin", "enable", "noop"]).ended(0);
    workspace.up_once();
    let mut started: Vec<_> =
        ["Later", "Usual", "Now", "Soon"].into_iter().map(|title| (started_at(&workspace, title), title)).collect();
    started.sort_unstable();
    let order: Vec<_> = started.iter().map(|(_, title)| *title).collect();
    assert_eq!(order, ["Now", "Soon", "Usual", "Later"]);
}

/// The number of the event that started a task's attempt.
fn started_at(workspace: &Workspace, title: &str) -> u64 {
    let events = workspace.why(&workspace.task(title).id).events;
    events.iter().rfind(|event| event.action == "started").unwrap().seq
}

#[test]
fn a_file_that_is_written_slowly_is_captured_once_and_completely() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let asked = handoff_with("noop", "Slowly", json!({ "body": "word ".repeat(4000) }));
    let bytes = text(&asked);
    workspace.write_slowly("noop", "slowly.json", &bytes, 8, Duration::from_millis(250));
    let task = workspace.wait_for_archive("Slowly");
    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 1));
    assert_eq!(workspace.status().len(), 1);
    assert_eq!(workspace.why(&task.id).events[0].input_hash, Some(sha256(&bytes)));
    assert_eq!(workspace.read_bytes("handoffs/noop/02_processed/slowly.json"), bytes);
    assert!(daemon.stop().success());
}

#[test]
fn hidden_and_temporary_names_are_never_read() {
    let workspace = Workspace::with_noop();
    let names = [".hidden.json", "a.json.tmp", "b.json.part", "c.json~", "~$d.json", "e.json.crdownload", "f.swp"];
    for name in names {
        fs::write(workspace.inbox_of("noop").join(name), text(&handoff("noop", name))).unwrap();
    }
    workspace.drop_handoff("noop", "Visible");
    workspace.up_once();
    assert_eq!(workspace.status().len(), 1);
    assert_eq!(workspace.inbox("noop").len(), names.len() - 1, "all but the hidden one are listed, none was touched");
}

#[test]
fn an_agent_whose_folder_is_made_while_the_daemon_runs_is_served() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    fs::create_dir_all(workspace.inbox_of("New-Agent")).unwrap();
    workspace.drop_handoff("New-Agent", "Welcome");
    workspace.wait_for_state("Welcome", "delivered");
    assert!(daemon.stop().success());
}
