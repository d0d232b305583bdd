//! Malformed handoffs: a repaired file is done, kept unchanged and recorded; a rejected file is reported to its sender with the position
//! and the correction. `handoffs/README.md` has the table.

use std::fs;

use baton_tests::{Task, Workspace};
use serde_json::Value;

const ID: &str = r#""handoff_id": "h-1", "source_agent": "Claude-MM1", "title": "Nearly""#;

/// Drops a file with these bytes for `noop`; returns the workspace and the only task.
#[track_caller]
fn dropped(name: &str, bytes: &str) -> (Workspace, Task) {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", name, bytes);
    workspace.up_once();
    let mut tasks = workspace.tasks_of("noop");
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    let task = tasks.remove(0);
    (workspace, task)
}

#[track_caller]
fn repaired(name: &str, bytes: &str, words: &str) {
    let (workspace, task) = dropped(name, bytes);
    assert_eq!((task.state.as_str(), task.handoff_id.as_deref()), ("succeeded", Some("h-1")), "{task:#?}");
    assert_eq!(workspace.read_bytes(&format!("handoffs/noop/02_processed/{name}")), bytes.as_bytes(), "byte for byte");
    let captured = workspace.why(&task.id).events.remove(0);
    assert!(captured.reason.contains(words), "`{words}` in: {}", captured.reason);
    assert_eq!(workspace.returns_for("Claude-MM1", "h-1").len(), 1);
}

#[track_caller]
fn rejected(name: &str, bytes: &str, words: &[&str]) {
    let (workspace, task) = dropped(name, bytes);
    assert_eq!((task.state.as_str(), task.from.as_deref()), ("rejected", Some("Claude-MM1")), "{task:#?}");
    assert_eq!(workspace.read_bytes(&format!("handoffs/noop/03_failed/{name}")), bytes.as_bytes(), "byte for byte");
    assert_eq!(workspace.failed("noop"), [name.to_owned(), format!("{name}.reason.json")]);
    let returns = workspace.returns("Claude-MM1");
    assert_eq!(returns.len(), 1, "{returns:#?}");
    let told = returns.first().and_then(|told| told.pointer("/execution_summary/blockers_remaining/0")).cloned();
    let told = told.as_ref().and_then(Value::as_str).unwrap_or_default();
    for word in words {
        assert!(told.contains(word), "`{word}` in: {told}");
    }
    assert_eq!(told, task.reason);
}

#[test]
fn a_lone_surrogate_is_replaced() {
    repaired(
        "a.json",
        &format!("{{{ID},\n \"required_action\": \"cut \\ud83c\"}}"),
        "lone surrogate(s) were replaced by U+FFFD, the first at line 2 column 26",
    );
}

#[test]
fn not_a_number_is_null() {
    repaired(
        "a.json",
        &format!("{{{ID},\n \"metrics\": [NaN, -Infinity]}}"),
        "2 NaN or Infinity value(s) were read as null, the first at line 2 column 14",
    );
}

#[test]
fn json_in_a_code_fence_is_read_under_either_name() {
    let fenced = format!("Here it is:\n\n```json\n{{{ID}}}\n```\nThat is all.\n");
    repaired("a.json", &fenced, "read from the code fence");
    repaired("a.md", &format!("```json\n{{{ID}}}\n```\n"), "Baton read it as JSON");
}

#[test]
fn the_same_object_twice_is_one_request() {
    repaired("a.json", &format!("{{{ID}}}\n{{{ID}}}\n"), "the same object at line 2 column 1 was left out");
}

#[test]
fn a_second_object_is_rejected_and_its_sender_gets_the_position() {
    let second = format!("{{{ID}}}\n{{\"handoff_id\": \"h-2\", \"title\": \"Other\"}}\n");
    let words = ["a second JSON object begins at line 2 column 1", "write each handoff to a separate file"];
    rejected("a.json", &second, &words);
    rejected("a.md", &second, &words);
}

#[test]
fn the_sender_of_a_broken_file_gets_the_correction() {
    rejected("a.json", &format!("{{{ID},\n \"args\": nope}}"), &["line 2 column 11", "drop it again"]);
}

#[test]
fn a_claimed_sender_that_is_not_an_agent_gets_no_return() {
    for bytes in [r#"{"source_agent": "Nobody", nope}"#, r#"{"type": "RETURN", "source_agent": "Claude-MM1", nope}"#] {
        let (workspace, task) = dropped("a.json", bytes);
        assert_eq!((task.state.as_str(), task.from), ("rejected", None));
        assert!(workspace.returns("Claude-MM1").is_empty() && workspace.list("handoffs/_unrouted").is_empty());
    }
}

#[test]
fn a_renamed_rejected_file_keeps_its_reason_file() {
    let workspace = Workspace::with_noop();
    for number in 1..=3 {
        workspace.drop_file("noop", "a.json", format!("{{ nope {number} }}"));
        workspace.up_once();
    }
    // A name of 255 bytes is shortened for the longer extension.
    let long = format!("{}.json", "x".repeat(250));
    for number in 1..=2 {
        workspace.drop_file("noop", &long, format!("{{ long {number} }}"));
        workspace.up_once();
    }
    let names = workspace.failed("noop");
    assert_eq!(names.len(), 10, "{names:#?}");
    for name in ["a.json", "a-2.json", "a-3.json"] {
        assert!(names.contains(&name.to_owned()) && names.contains(&format!("{name}.reason.json")), "{names:#?}");
    }
    let digest = |name: &str| baton_tests::sha256(&workspace.read_bytes(&format!("handoffs/noop/03_failed/{name}")));
    for (name, file) in [("a-2.json.reason.json", "a-2.json"), ("a-3.json.reason.json", "a-3.json")] {
        let reason: Value = serde_json::from_str(&workspace.read(&format!("handoffs/noop/03_failed/{name}"))).unwrap();
        assert_eq!(reason["sha256"], Value::from(digest(file)));
    }
    let doctor = workspace.baton(&["doctor"]).ended(0).stdout;
    assert!(!doctor.contains("is a reason file"), "{doctor}");
    assert!(
        fs::read_dir(workspace.inbox_of("noop")).unwrap().flatten().all(|entry| entry.file_name() == ".baton-owner")
    );
}

#[test]
fn after_a_kill_a_rejected_file_and_its_reason_file_have_matching_names() {
    // The name of the RETURN is chosen before the file is moved, the name of the reason file afterwards.
    for point in [
        "delivery.moved=panic",
        "delivery.renamed=panic",
        "delivery.renamed=1*off->panic",
        "delivery.before_done=panic",
        "delivery.done_written=1*off->panic",
    ] {
        let workspace = Workspace::with_noop();
        workspace.drop_file("noop", "a.json", "{ nope }");
        workspace.up_once();
        workspace.drop_file("noop", "a.json", r#"{"source_agent": "Claude-MM1", nope 2}"#);
        let mut command = workspace.command();
        command.arg("-w").arg(workspace.root()).args(["up", "--once"]).env("FAILPOINTS", point);
        assert_eq!(baton_tests::Output::of(&mut command).code, -1, "{point}: it was killed");
        workspace.up_once();
        assert_eq!(
            workspace.failed("noop"),
            ["a-2.json", "a-2.json.reason.json", "a.json", "a.json.reason.json"],
            "{point}"
        );
        assert_eq!(workspace.returns("Claude-MM1").len(), 1, "{point}");
    }
}
