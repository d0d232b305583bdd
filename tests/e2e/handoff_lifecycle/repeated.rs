//! Tests when a file is a repetition of an earlier request: copied, edited and removed files.

use std::fs;

use baton_tests::{Workspace, handoff, handoff_with, sha256, text};
use serde_json::{Value, json};

#[test]
fn a_waiting_request_whose_file_is_removed_is_cancelled() {
    let workspace = Workspace::with_hostile();
    for action in ["ask-human", "ask-grant"] {
        workspace.drop_action("hostile", action);
    }
    workspace.up_once();
    assert_eq!(workspace.task("ask-human").state, "needs_human");
    for action in ["ask-human", "ask-grant"] {
        fs::remove_file(workspace.inbox_of("hostile").join(format!("{action}.json"))).unwrap();
    }
    workspace.up_once();
    for action in ["ask-human", "ask-grant"] {
        assert_eq!(workspace.task(action).state, "cancelled", "{action}");
    }
}

#[test]
fn a_removed_request_may_be_sent_again_under_the_same_name() {
    let workspace = Workspace::with_hostile();
    let bytes = workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    fs::remove_file(workspace.inbox_of("hostile").join("ask-human.json")).unwrap();
    workspace.up_once();
    workspace.drop_file("hostile", "ask-human.json", bytes);
    workspace.up_once();
    let mut states: Vec<_> = workspace.tasks("ask-human").into_iter().map(|task| task.state).collect();
    states.sort();
    assert_eq!(states, ["cancelled", "needs_human"]);
}

#[test]
fn a_file_that_is_edited_while_its_task_runs_is_read_again() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    let before = workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    let mut after: Value = serde_json::from_slice(&before).unwrap();
    after["action"] = json!("permanent");
    workspace.drop_file("hostile", "slow.json", text(&after));
    workspace.wait_for_state("slow", "succeeded");
    assert!(daemon.stop().success());
    workspace.up_once();
    let edited = workspace.tasks("slow").into_iter().filter(|task| task.action.as_deref() == Some("permanent"));
    assert_eq!(edited.count(), 1, "{:#?}", workspace.status());
}

#[test]
fn the_same_request_dropped_twice_is_done_once() {
    let workspace = Workspace::with_noop();
    let bytes = workspace.drop_handoff("noop", "Once only");
    workspace.up_once();
    workspace.drop_file("noop", "again.json", &bytes);
    // The same sender writes the request again with another time and other spacing. It is still the same request.
    let rewritten = handoff_with("noop", "Once only", json!({ "timestamp": "2026-02-02T02:02:02Z" }));
    workspace.drop_file("noop", "rewritten.json", rewritten.to_string());
    workspace.up_once();

    let tasks = workspace.tasks("Once only");
    let first = tasks.iter().find(|task| task.state == "succeeded").unwrap();
    let repeated: Vec<_> = tasks.iter().filter(|task| task.state == "duplicate").collect();
    assert_eq!((tasks.len(), repeated.len()), (3, 2), "{tasks:#?}");
    for task in repeated {
        assert!(task.reason.contains(&first.id), "{}", task.reason);
        assert!(task.archived_at.is_some(), "{task:?}");
    }
    let (repeats, returns): (Vec<Value>, Vec<Value>) =
        workspace.returns("Claude-MM1").into_iter().partition(|answer| answer.get("duplicate_of").is_some());
    assert_eq!((returns.len(), repeats.len()), (1, 2));
    for answer in repeats {
        assert_eq!((&answer["duplicate_of"], &answer["status_update"]), (&json!(first.id), &json!("succeeded")));
        let summary = answer.pointer("/execution_summary/work_completed/0").unwrap().as_str().unwrap();
        assert!(summary.contains("the same request as") && summary.contains(&first.reason), "{answer:#}");
        assert_eq!(answer["executing_agent"], json!("baton"));
    }
    assert_eq!(workspace.processed("noop"), ["Once-only.json", "again.json", "rewritten.json"]);
    assert!(workspace.inbox("noop").is_empty());
    assert_eq!(workspace.why("id-once-only").id, first.id);
}

#[test]
fn two_copies_dropped_at_once_are_done_once() {
    let workspace = Workspace::with_noop();
    let bytes = text(&handoff("noop", "Twins"));
    for number in 0..6 {
        workspace.drop_file("noop", &format!("twin-{number}.json"), &bytes);
    }
    workspace.up_once();
    let tasks = workspace.tasks("Twins");
    let count = |state: &str| tasks.iter().filter(|task| task.state == state).count();
    assert_eq!((count("succeeded"), count("duplicate")), (1, 5), "{tasks:#?}");
    assert_eq!((workspace.returns("Claude-MM1").len(), workspace.processed("noop").len()), (6, 6));
}

/// A request without an id, which is identified only by its content.
fn without_id(title: &str) -> Value {
    let mut value = handoff("noop", title);
    let fields = value.as_object_mut().unwrap();
    fields.retain(|key, _| !["handoff_id", "timestamp", "task_id", "created_at"].contains(&key.as_str()));
    value
}

#[test]
fn without_an_id_another_time_in_the_file_is_another_request() {
    let workspace = Workspace::with_noop();
    for (name, time) in [("a", "2026-01-18T10:15:00Z"), ("b", "2026-01-18T10:15:00Z"), ("c", "2026-01-19T10:15:00Z")] {
        let mut value = without_id("Weekly");
        value["timestamp"] = json!(time);
        workspace.drop_file("noop", &format!("{name}.json"), text(&value));
        workspace.up_once();
    }
    let mut states: Vec<_> = workspace.tasks("Weekly").into_iter().map(|task| task.state).collect();
    states.sort();
    assert_eq!(states, ["duplicate", "succeeded", "succeeded"]);
}

#[test]
fn the_same_content_without_an_id_is_the_same_request_only_for_a_while() {
    let workspace = Workspace::with_noop();
    let bytes = text(&without_id("Again and again"));
    workspace.drop_file("noop", "a.json", &bytes);
    workspace.up_once();
    workspace.drop_file("noop", "b.json", &bytes);
    workspace.up_once();
    let states = |workspace: &Workspace| {
        let mut states: Vec<_> = workspace.tasks("Again and again").into_iter().map(|task| task.state).collect();
        states.sort();
        states
    };
    assert_eq!(states(&workspace), ["duplicate", "succeeded"]);
    let mut other = without_id("For another agent");
    other["target_agent"] = json!("Codex-MM1");
    workspace.drop_file("Codex-MM1", "a.json", text(&other));
    workspace.up_once();
    // The setting is for one agent; the other agent keeps the default of a day.
    workspace.write("baton.toml", "[agents.noop]\nrepeat_after = \"1s\"\n");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    workspace.drop_file("noop", "c.json", &bytes);
    workspace.drop_file("Codex-MM1", "b.json", text(&other));
    workspace.up_once();
    assert_eq!(states(&workspace), ["duplicate", "succeeded", "succeeded"]);
    let mut others: Vec<_> = workspace.tasks("For another agent").into_iter().map(|task| task.state).collect();
    others.sort();
    assert_eq!(others, ["delivered", "duplicate"]);
}

#[test]
fn a_repetition_of_an_open_request_is_answered_when_it_ends() {
    let workspace = Workspace::with_hostile();
    let bytes = workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    workspace.drop_file("hostile", "again.json", &bytes);
    workspace.up_once();
    assert!(workspace.returns("Claude-MM1").is_empty(), "{:?}", workspace.returns("Claude-MM1"));
    let first = workspace.tasks("ask-human").into_iter().find(|task| task.state == "needs_human").unwrap();
    workspace.baton(&["answer", &first.id, "the first one"]).ended(0);
    workspace.up_once();
    let answers = workspace.returns("Claude-MM1");
    let repeats: Vec<_> = answers.iter().filter(|answer| answer.get("duplicate_of").is_some()).collect();
    assert_eq!((answers.len(), repeats.len()), (2, 1), "{answers:#?}");
    assert_eq!(repeats[0]["status_update"], json!("succeeded"));
    let repeat = workspace.tasks("ask-human").into_iter().find(|task| task.state == "duplicate").unwrap();
    assert!(workspace.why(&repeat.id).actions().contains(&"answered"));
}

#[test]
fn a_known_id_with_other_content_waits_for_a_person_and_an_edit_resolves_it() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "First");
    workspace.up_once();
    let mut other = handoff_with("noop", "Second", json!({ "handoff_id": "id-first" }));
    workspace.drop_file("noop", "second.json", text(&other));
    workspace.up_once();
    let task = workspace.task("Second");
    assert_eq!((task.state.as_str(), task.attempts), ("needs_human", 0));
    assert!(task.reason.contains(&workspace.task("First").id) && task.reason.contains("handoff_id"), "{}", task.reason);
    assert_eq!(workspace.inbox("noop"), ["second.json"]);
    assert!(workspace.returns_for("Claude-MM1", "id-first").len() == 1);

    other["handoff_id"] = json!("id-second");
    workspace.write("handoffs/noop/01_inbox/second.json", text(&other));
    workspace.up_once();
    let edited = workspace.task("Second");
    assert_eq!((&edited.id, edited.state.as_str()), (&task.id, "succeeded"));
    assert_eq!(edited.handoff_id.as_deref(), Some("id-second"));
    assert!(workspace.why(&task.id).actions().contains(&"revised"));
    assert_eq!(workspace.returns_for("Claude-MM1", "id-second").len(), 1);
    assert_eq!(workspace.read_bytes("handoffs/noop/02_processed/second.json"), text(&other));
}

#[test]
fn a_failed_request_may_be_sent_again() {
    let workspace = Workspace::with_noop();
    workspace.drop_file(
        "noop",
        "again.json",
        text(&handoff_with("noop", "Again", json!({ "action": "no-such-action" }))),
    );
    workspace.up_once();
    assert_eq!(workspace.task("Again").state, "failed");
    fs::rename(
        workspace.root().join("handoffs/noop/03_failed/again.json"),
        workspace.inbox_of("noop").join("again.json"),
    )
    .unwrap();
    workspace.up_once();
    let states: Vec<_> = workspace.tasks("Again").into_iter().map(|task| task.state).collect();
    assert_eq!(states, ["failed", "failed"], "it was tried again");
    assert_eq!(workspace.failed("noop"), ["again.json"]);
}

#[test]
fn a_waiting_file_that_is_edited_is_a_new_revision_of_the_same_task() {
    let workspace = Workspace::init();
    let asked = handoff("Codex-MM1", "Draft");
    workspace.drop_file("Codex-MM1", "draft.json", text(&asked));
    workspace.up_once();
    let before = workspace.task("Draft");
    let mut edited = asked;
    edited["title"] = json!("Final");
    workspace.write("handoffs/Codex-MM1/01_inbox/draft.json", text(&edited));
    workspace.up_once();
    let after = workspace.task("Final");
    assert_eq!((&after.id, after.state.as_str()), (&before.id, "delivered"));
    assert_eq!(workspace.status().len(), 1);
    let why = workspace.why(&after.id);
    assert_eq!(why.actions(), ["captured", "revised"]);
    assert_eq!(why.events[1].input_hash, Some(sha256(&text(&edited))));
}
