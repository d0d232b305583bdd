//! Facts about a path do not count for a file that came there later.

use std::fs;

use music_files::organise;
use serde_json::{Value, json};

use crate::place::{Place, id, json_of, write};

fn filled() -> Place {
    let place = Place::new();
    place.track("x", "X", "Known");
    place.playlist("P", &["x"]);
    place.file("in/01 Track.wav", "the file");
    place.link("in/01 Track.wav", "x");
    place
}

/// The targets of the steps.
fn to(plan: &Value) -> Vec<&str> {
    plan["steps"].as_array().into_iter().flatten().filter_map(|step| step["to"]["path"].as_str()).collect()
}

#[test]
fn another_file_at_the_path_of_one_that_was_moved_is_not_that_one() {
    let place = filled();
    let plan = id(&place.planned(&json!({})));
    place.apply(&plan).unwrap();
    assert_eq!(place.sorted(), ["P/X - Known.wav"]);
    place.file("in/01 Track.wav", "another rip");
    assert_eq!(to(&place.planned(&json!({}))), ["Unassigned/01 Track.wav"]);
    fs::remove_file(place.music.join("in/01 Track.wav")).unwrap();
    place.undo(&plan).unwrap();
    assert_eq!(to(&place.planned(&json!({}))), ["P/X - Known.wav"], "it is that one again");
}

#[test]
fn another_file_at_a_place_that_a_plan_gave_is_not_that_one() {
    let place = filled();
    let args = json!({ "rules": [{ "when": { "playlist": "*" }, "to": "{playlist}/{name}.{ext}" }] });
    place.apply(&id(&place.planned(&args))).unwrap();
    let planned = || {
        let mut task = place.task(&args);
        task.mounts[0].path = place.organised.display().to_string();
        task.mounts[0].host_path = place.organised.display().to_string();
        json_of(&organise::plan(&task, &place.catalog, &place.own, &place.locks).unwrap().artifacts)
    };
    assert_eq!(planned(), Value::Null, "it is at its place");
    write(&place.organised.join("P/01 Track.wav"), "somebody else's");
    assert_eq!(to(&planned()), ["Unassigned/01 Track.wav"]);
}

#[test]
fn a_file_that_was_moved_twice_is_known_by_where_it_was_first() {
    let place = filled();
    let first = json!({ "rules": [{ "to": "one/{name}.{ext}" }] });
    place.apply(&id(&place.planned(&first))).unwrap();
    let planned = |args: &Value| {
        let mut task = place.task(args);
        task.mounts[0].path = place.organised.display().to_string();
        task.mounts[0].host_path = place.organised.display().to_string();
        task.now = "2026-01-19T10:15:00Z".to_owned();
        (json_of(&organise::plan(&task, &place.catalog, &place.own, &place.locks).unwrap().artifacts), task)
    };
    let (plan, mut task) = planned(&json!({ "rules": [{ "to": "two/{name}.{ext}" }] }));
    task.args = json!({ "plan": id(&plan) }).to_string();
    organise::apply(&task, &place.catalog, &place.own, &place.locks).unwrap();
    assert_eq!(place.sorted(), ["two/01 Track.wav"]);
    assert_eq!(to(&planned(&json!({})).0), ["P/X - Known.wav"]);
}

#[test]
fn a_file_that_is_another_one_than_a_scan_saw_is_not_what_is_linked() {
    let place = filled();
    let path = place.music.join("in/01 Track.wav");
    place.scanned(&path, false);
    assert_eq!(to(&place.planned(&json!({}))), ["P/X - Known.wav"]);
    place.file("in/01 Track.wav", "another rip");
    assert_eq!(to(&place.planned(&json!({}))), ["Unassigned/01 Track.wav"]);
    place.scanned(&path, true);
    assert_eq!(to(&place.planned(&json!({}))), ["Unassigned/01 Track.wav"], "a scan did not find it");
}
