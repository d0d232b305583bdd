//! The life of gaps at Linear.

use baton_tests::or_skip;
use baton_tests::tracker_proxy::Fault;
use serde_json::{Value, json};

use super::{Emulator, Place, by_state};

const TEAM: &str = "team=ENG";

/// The issues except for the one that `emulate` always has.
fn issues(emulator: &Emulator) -> Value {
    let all = emulator.client("linear", "ENG", "list", &json!({}));
    all.as_array().unwrap().iter().filter(|issue| issue["title"] != "Ship Linear emulator").cloned().collect()
}

#[test]
fn more_gaps_than_a_page_are_filed_once() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    let gaps: Vec<(usize, &str)> = (0..105).map(|number| (number, "nowhere")).collect();
    place.audit(&gaps);
    let first = place.file(TEAM);
    assert!(first.contains("105 created"), "{first}");
    let filed = issues(&emulator);
    assert_eq!(by_state(&filed).0.len(), 105);
    assert!(filed.as_array().unwrap().iter().all(|issue| issue["priority"] == 2), "high");
    let second = place.file(TEAM);
    // One request for the team, and two for the pages.
    assert!(second.contains("0 created, 0 updated, 0 reopened, 0 closed, with 3 requests"), "{second}");
    assert_eq!(issues(&emulator), filed);
    place.assert_clean();
}

#[test]
fn decisions_and_texts_of_people_are_kept() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    place.audit(&[(0, "nowhere"), (1, "nowhere"), (2, "nowhere"), (3, "nowhere")]);
    let task = place.handoff("File", "file", &json!({ "team": "ENG" }));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    let filed = issues(&emulator);
    let number = |at: usize| filed[at]["number"].clone();
    let body = filed[0]["body"].as_str().unwrap();
    let change = |args: Value| drop(emulator.client("linear", "ENG", "change", &args));
    change(
        json!({ "number": number(0), "title": "Mine", "description": format!("Ida looks at it.\n\n{body}\n\nMore.") }),
    );
    change(json!({ "number": number(1), "state": "canceled" }));
    change(json!({ "number": number(2), "state": "completed" }));
    place.audit(&[(0, "a trace"), (1, "a trace"), (2, "a trace")]);
    let ended = place.file(TEAM);
    assert!(ended.contains("0 created, 1 updated, 1 reopened, 1 closed"), "{ended}");
    let after = issues(&emulator);
    let body = after[0]["body"].as_str().unwrap();
    assert!(
        body.starts_with("Ida looks at it.\n") && body.ends_with("\n\nMore.") && body.contains("a trace"),
        "{body}"
    );
    let states: Vec<&Value> = after.as_array().unwrap().iter().map(|issue| &issue["state"]).collect();
    assert_eq!(states, ["unstarted", "canceled", "unstarted", "completed"]);
    assert_eq!(after[0]["title"], "Mine");
    assert_eq!(place.links()["issues"][0]["url"], after[0]["url"]);
    let again = place.file(TEAM);
    assert!(again.contains("0 created, 0 updated, 0 reopened, 0 closed"), "{again}");
    place.assert_clean();
}

#[test]
fn each_fault_leaves_one_issue_for_each_gap() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    let faults = [
        Fault::Busy,
        Fault::Dropped,
        Fault::Lost,
        Fault::Failed("500 Internal Server Error"),
        Fault::Cut(20),
        Fault::Twice,
    ];
    for (number, fault) in faults.iter().enumerate() {
        let gaps: Vec<(usize, &str)> = (0..=number).map(|number| (number, "nowhere")).collect();
        place.audit(&gaps);
        place.proxy.order("issueCreate", fault.clone());
        place.file(TEAM);
        assert_eq!(by_state(&issues(&emulator)).0.len(), number + 1, "{fault:?}");
    }
    for (number, fault) in faults.iter().enumerate() {
        let evidence = format!("trace {number}");
        let gaps: Vec<(usize, &str)> = (0..6).map(|number| (number, evidence.as_str())).collect();
        place.audit(&gaps);
        place.proxy.order("issueUpdate", fault.clone());
        place.file(TEAM);
        let after = issues(&emulator);
        let open: Vec<&Value> =
            after.as_array().unwrap().iter().filter(|issue| issue["state"] == "unstarted").collect();
        let is_new = |issue: &&Value| issue["body"].as_str().unwrap().contains(&evidence);
        assert_eq!((open.len(), open.iter().filter(|issue| is_new(issue)).count()), (6, 6), "{fault:?}");
    }
    place.proxy.order("issues(", Fault::Status("403 Forbidden", "no"));
    place.audit(&[]);
    let refused = place.run("file", &[TEAM]).ended(1).stderr;
    assert!(refused.contains("could not be listed completely, so none is created or closed"), "{refused}");
    assert_eq!(by_state(&issues(&emulator)).0.len(), 6);
    place.assert_clean();
}

#[test]
fn an_unknown_team_is_an_error() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    place.audit(&[(0, "nowhere")]);
    let refused = place.run("plan", &["team=OPS"]).ended(1).stderr;
    assert!(refused.contains("no team with the key OPS"), "{refused}");
    place.assert_clean();
}
