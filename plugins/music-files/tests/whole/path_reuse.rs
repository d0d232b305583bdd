//! Stored facts about a file do not apply to another file that has the same path later.

use std::fs;

use music_files::organise;
use serde_json::{Value, json};

use crate::folders::{TestFolders, id, json_of, write};

fn filled() -> TestFolders {
    let folders = TestFolders::new();
    folders.track("x", "X", "Known");
    folders.playlist("P", &["x"]);
    folders.file("in/01 Track.wav", "the file");
    folders.link("in/01 Track.wav", "x");
    folders
}

/// The targets of the steps.
fn to(plan: &Value) -> Vec<&str> {
    plan["steps"].as_array().into_iter().flatten().filter_map(|step| step["to"]["path"].as_str()).collect()
}

#[test]
fn a_new_file_at_the_path_of_a_moved_file_is_another_file() {
    let folders = filled();
    let plan = id(&folders.plan_json(&json!({})));
    folders.apply(&plan).unwrap();
    assert_eq!(folders.organised_paths(), ["P/X - Known.wav"]);
    folders.file("in/01 Track.wav", "another rip");
    assert_eq!(to(&folders.plan_json(&json!({}))), ["Unassigned/01 Track.wav"]);
    fs::remove_file(folders.music.join("in/01 Track.wav")).unwrap();
    folders.undo(&plan).unwrap();
    assert_eq!(to(&folders.plan_json(&json!({}))), ["P/X - Known.wav"], "the file is recognised again");
}

#[test]
fn a_new_file_at_a_target_of_a_plan_is_another_file() {
    let folders = filled();
    let args = json!({ "rules": [{ "when": { "playlist": "*" }, "to": "{playlist}/{name}.{ext}" }] });
    folders.apply(&id(&folders.plan_json(&args))).unwrap();
    let plan_json = || {
        let mut task = folders.task(&args);
        task.mounts[0].path = folders.organised.display().to_string();
        task.mounts[0].host_path = folders.organised.display().to_string();
        json_of(&organise::plan(&task, &folders.catalog, &folders.own, &folders.locks).unwrap().artifacts)
    };
    assert_eq!(plan_json(), Value::Null, "the file is at its target");
    write(&folders.organised.join("P/01 Track.wav"), "somebody else's");
    assert_eq!(to(&plan_json()), ["Unassigned/01 Track.wav"]);
}

#[test]
fn a_file_that_was_moved_twice_is_recognised_by_its_first_path() {
    let folders = filled();
    let first = json!({ "rules": [{ "to": "one/{name}.{ext}" }] });
    folders.apply(&id(&folders.plan_json(&first))).unwrap();
    let plan_json = |args: &Value| {
        let mut task = folders.task(args);
        task.mounts[0].path = folders.organised.display().to_string();
        task.mounts[0].host_path = folders.organised.display().to_string();
        task.now = "2026-01-19T10:15:00Z".to_owned();
        (json_of(&organise::plan(&task, &folders.catalog, &folders.own, &folders.locks).unwrap().artifacts), task)
    };
    let (plan, mut task) = plan_json(&json!({ "rules": [{ "to": "two/{name}.{ext}" }] }));
    task.args = json!({ "plan": id(&plan) }).to_string();
    organise::apply(&task, &folders.catalog, &folders.own, &folders.locks).unwrap();
    assert_eq!(folders.organised_paths(), ["two/01 Track.wav"]);
    assert_eq!(to(&plan_json(&json!({})).0), ["P/X - Known.wav"]);
}

#[test]
fn a_file_that_was_replaced_after_a_scan_is_not_linked_to_its_track() {
    let folders = filled();
    let path = folders.music.join("in/01 Track.wav");
    folders.add_scanned_file(&path, false);
    assert_eq!(to(&folders.plan_json(&json!({}))), ["P/X - Known.wav"]);
    folders.file("in/01 Track.wav", "another rip");
    assert_eq!(to(&folders.plan_json(&json!({}))), ["Unassigned/01 Track.wav"]);
    folders.add_scanned_file(&path, true);
    assert_eq!(to(&folders.plan_json(&json!({}))), ["Unassigned/01 Track.wav"], "a scan did not find the file");
}
