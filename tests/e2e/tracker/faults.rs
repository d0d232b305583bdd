//! Faults, races and kills at GitHub: nothing is filed twice, and nothing is closed that should be open.

use std::collections::BTreeSet;
use std::process::Stdio;

use baton_tests::or_skip;
use baton_tests::tracker_proxy::Fault;
use serde_json::{Value, json};

use super::{Emulator, Place, by_state, gap};

/// A new repository, so that one `emulate` serves many cases.
fn new_repository(emulator: &Emulator, name: &str) -> [String; 2] {
    let place = format!("octocat/{name}");
    emulator.client("github", &place, "make", &json!({}));
    [format!("repository={place}"), place]
}

fn issues(emulator: &Emulator, place: &str) -> Value {
    emulator.client("github", place, "list", &json!({}))
}

/// The numbers of the gaps with an open issue, each with the number of open issues.
fn open_gaps(issues: &Value) -> Vec<(usize, usize)> {
    let open: Vec<&Value> = issues.as_array().unwrap().iter().filter(|issue| issue["state"] == "open").collect();
    let count = |number: usize| {
        let marker = format!("baton:gap={} ", gap(number));
        open.iter().filter(|issue| issue["body"].as_str().unwrap_or_default().contains(&marker)).count()
    };
    (0..20).map(|number| (number, count(number))).filter(|(_, count)| *count > 0).collect()
}

fn once(gaps: usize) -> Vec<(usize, usize)> {
    (0..gaps).map(|number| (number, 1)).collect()
}

#[test]
fn each_fault_leaves_one_issue_for_each_gap() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    let [argument, name] = new_repository(&emulator, "faults");
    let faults = [
        Fault::Busy,
        Fault::Secondary,
        Fault::Dropped,
        Fault::Lost,
        Fault::Failed("500 Internal Server Error"),
        Fault::Status("502 Bad Gateway", "no"),
        Fault::Cut(50),
        Fault::Twice,
    ];
    for (number, fault) in faults.iter().enumerate() {
        let gaps: Vec<(usize, &str)> = (0..=number).map(|number| (number, "nowhere")).collect();
        place.audit(&gaps);
        place.proxy.order("POST ", fault.clone());
        place.file(&argument);
        assert_eq!(open_gaps(&issues(&emulator, &name)), once(number + 1), "{fault:?}");
    }
    for (number, fault) in faults.iter().enumerate() {
        let evidence = format!("trace {number}");
        let gaps: Vec<(usize, &str)> = (0..2).map(|number| (number, evidence.as_str())).collect();
        place.audit(&gaps);
        for method in ["PATCH ", "GET /repos"] {
            place.proxy.order(method, fault.clone());
        }
        place.file(&argument);
        let after = issues(&emulator, &name);
        assert_eq!(open_gaps(&after), once(2), "{fault:?}");
        assert!((0..2).all(|at| after[at]["body"].as_str().unwrap().contains(&evidence)), "{fault:?}: {after:#}");
    }
    place.assert_clean();
}

#[test]
fn an_incomplete_list_creates_and_closes_nothing() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    let [argument, name] = new_repository(&emulator, "incomplete");
    let foreign: Vec<Value> = (0..100).map(|number| json!({ "title": format!("Other {number}") })).collect();
    emulator.client("github", &name, "create", &json!(foreign));
    place.audit(&[(0, "nowhere")]);
    place.file(&argument);
    let before = issues(&emulator, &name);
    place.audit(&[(1, "nowhere")]);
    for fault in
        [Fault::Status("403 Forbidden", "no"), Fault::Status("404 Not Found", "no"), Fault::Status("301 Moved", "no")]
    {
        place.proxy.order("page=2", fault);
        let refused = place.run("file", &[&argument]).ended(1).stderr;
        assert!(refused.contains("could not be listed completely, so none is created or closed"), "{refused}");
        assert_eq!(issues(&emulator, &name), before);
    }
    let task = place.handoff("No such repository", "file", &json!({ "repository": "octocat/none" }));
    assert!(task.state == "failed" && task.reason.contains("no repository octocat/none"), "{}", task.reason);
    place.file(&argument);
    assert_eq!(open_gaps(&issues(&emulator, &name)), [(1, 1)]);
    place.assert_clean();
}

#[test]
fn a_token_that_ends_lets_the_task_wait_and_it_continues() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    let [_, name] = new_repository(&emulator, "ended");
    place.audit(&[(0, "nowhere"), (1, "nowhere")]);
    place.proxy.order("POST ", Fault::Status("401 Unauthorized", "Bad credentials"));
    let task = place.handoff("Ended", "file", &json!({ "repository": name, "pause_ms": 0 }));
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton account add github --token`"), "{}", task.reason);
    place.connect(&["github", "--token"], super::GITHUB_TOKEN);
    place.workspace.up_once();
    assert_eq!(place.workspace.task("Ended").state, "succeeded", "{}", place.workspace.task("Ended").reason);
    assert_eq!(open_gaps(&issues(&emulator, &name)), once(2));
    place.assert_clean();
}

#[test]
fn two_machines_at_the_same_time_leave_one_issue_for_each_gap() {
    let emulator = or_skip!(Emulator::start());
    let places = [Place::new(&emulator), Place::new(&emulator)];
    for round in 0..3 {
        let [argument, name] = new_repository(&emulator, &format!("race{round}"));
        let gaps: Vec<(usize, &str)> = (0..6).map(|number| (number, "nowhere")).collect();
        for place in &places {
            place.audit(&gaps);
        }
        let start = |place: &Place| {
            let mut command = place.command("file", &[&argument]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let children: Vec<_> = places.iter().map(start).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        // The one that ended first may not have seen what the other one created last.
        places[0].file(&argument);
        let after = issues(&emulator, &name);
        assert_eq!(open_gaps(&after), once(6), "{after:#}");
        // The first issue of each gap stays.
        let mut seen = BTreeSet::new();
        for issue in after.as_array().unwrap() {
            let marker = issue["body"].as_str().unwrap().split(' ').nth(1).unwrap().to_owned();
            assert_eq!(issue["state"] == "open", seen.insert(marker), "{issue:#}");
        }
        let quiet = places[1].file(&argument);
        assert!(quiet.contains("0 created, 0 updated, 0 reopened, 0 closed"), "{quiet}");
        assert_eq!(issues(&emulator, &name), after);
    }
    places.iter().for_each(Place::assert_clean);
}

/// A run with each kind of step is killed at each of its requests, before and after the effect.
#[test]
fn a_kill_between_any_two_requests_files_nothing_twice() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    let mut kills = 0;
    for at in 0.. {
        let mut has_ended = false;
        for has_effect in [false, true] {
            let [argument, name] = new_repository(&emulator, &format!("kill{at}{has_effect}"));
            place.audit(&[(0, "nowhere"), (1, "nowhere")]);
            place.file(&argument);
            place.audit(&[(0, "a trace"), (2, "nowhere")]);
            place.proxy.stop_after(at, has_effect);
            let mut command = place.command("file", &[&argument]);
            let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let ended = place.workspace.wait_for("a request", |_| match child.try_wait().unwrap() {
                Some(status) => Some(Some(status)),
                None => place.proxy.is_stopped().then_some(None),
            });
            has_ended |= ended.is_some();
            if ended.is_none() {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
            }
            place.proxy.resume();
            place.file(&argument);
            let after = issues(&emulator, &name);
            assert_eq!(open_gaps(&after), [(0, 1), (2, 1)], "at {at}, {has_effect}: {after:#}");
            assert_eq!(by_state(&after), (vec![1, 3], vec![2]), "at {at}, {has_effect}: {after:#}");
            assert!(after[0]["body"].as_str().unwrap().contains("a trace"));
        }
        if has_ended {
            break;
        }
    }
    // List, create, read, update, read, close, list.
    assert!(kills >= 12, "{kills} kills");
    place.assert_clean();
}
