//! Faults at GitHub, races and kills at GitHub and Linear: nothing is filed twice, and nothing is closed that should be open.

use std::process::Stdio;

use baton_tests::or_skip;
use baton_tests::tracker_proxy::Fault;
use serde_json::{Value, json};

use super::{Emulator, GITHUB_TOKEN, LINEAR_TOKEN, Place, gap, is_open};

/// A new repository, so that one `emulate` serves many cases.
fn new_repository(emulator: &Emulator, name: &str) -> [String; 2] {
    let place = format!("octocat/{name}");
    emulator.client("github", &place, "make", &json!({}));
    [format!("repository={place}"), place]
}

fn issues(emulator: &Emulator, place: &str) -> Value {
    emulator.client("github", place, "list", &json!({}))
}

/// The issues of a gap.
fn of_gap(issues: &Value, number: usize) -> Vec<&Value> {
    let marker = format!("baton:gap={} ", gap(number));
    let has_marker = |issue: &&Value| issue["body"].as_str().unwrap_or_default().contains(&marker);
    issues.as_array().unwrap().iter().filter(has_marker).collect()
}

/// The numbers of the gaps with an open issue, each with the number of open issues.
fn open_gaps(issues: &Value) -> Vec<(usize, usize)> {
    let count = |number: usize| of_gap(issues, number).into_iter().filter(|issue| is_open(issue)).count();
    (0..400).map(|number| (number, count(number))).filter(|(_, count)| *count > 0).collect()
}

/// Where one case of a test files its gaps.
struct Target {
    service: &'static str,
    argument: String,
    place: String,
    /// The number of the first gap, so that cases can share a place.
    first: usize,
}

impl Target {
    /// At GitHub, a new repository. At Linear, all cases share the only team, so each case has other gaps, and its first run
    /// closes the issues of the previous case.
    fn new(emulator: &Emulator, service: &'static str, case: usize) -> Self {
        if service == "github" {
            let [argument, place] = new_repository(emulator, &format!("case{case}"));
            return Self { service, argument, place, first: 0 };
        }
        Self { service, argument: "team=ENG".to_owned(), place: "ENG".to_owned(), first: case * 10 }
    }

    fn issues(&self, emulator: &Emulator) -> Value {
        emulator.client(self.service, &self.place, "list", &json!({}))
    }
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
fn the_task_waits_after_an_ended_token_and_continues_with_a_new_one() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    for (service, request, words, token) in [
        ("github", "POST ", &["github", "--token"][..], GITHUB_TOKEN),
        ("linear", "issueCreate", &["linear"], LINEAR_TOKEN),
    ] {
        let target = Target::new(&emulator, service, 0);
        place.audit(&[(0, "nowhere"), (1, "nowhere")]);
        place.proxy.order(request, Fault::Status("401 Unauthorized", "Bad credentials"));
        let (name, value) = target.argument.split_once('=').unwrap();
        let task = place.handoff(service, "file", &json!({ name: value, "pause_ms": 0 }));
        assert_eq!(task.state, "needs_grant", "{}", task.reason);
        assert!(task.reason.contains(&format!("`baton account add {}`", words.join(" "))), "{}", task.reason);
        place.connect(words, token);
        place.workspace.up_once();
        assert_eq!(place.workspace.task(service).state, "succeeded", "{}", place.workspace.task(service).reason);
        assert_eq!(open_gaps(&target.issues(&emulator)), once(2), "{service}");
    }
    place.assert_clean();
}

#[test]
fn two_machines_at_the_same_time_leave_one_issue_for_each_gap_at_github() {
    two_machines("github");
}

#[test]
fn two_machines_at_the_same_time_leave_one_issue_for_each_gap_at_linear() {
    two_machines("linear");
}

fn two_machines(service: &'static str) {
    let emulator = or_skip!(Emulator::start());
    let places = [Place::new(&emulator), Place::new(&emulator)];
    for round in 0..3 {
        let target = Target::new(&emulator, service, round);
        let numbers = target.first..target.first + 6;
        let gaps: Vec<(usize, &str)> = numbers.clone().map(|number| (number, "nowhere")).collect();
        for place in &places {
            place.audit(&gaps);
        }
        let start = |place: &Place| {
            let mut command = place.command("file", &[&target.argument]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let children: Vec<_> = places.iter().map(start).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        // One more run: the machine that ended first may have missed the last issues of the other one.
        places[0].file(&target.argument);
        let after = target.issues(&emulator);
        assert_eq!(open_gaps(&after), numbers.clone().map(|number| (number, 1)).collect::<Vec<_>>(), "{after:#}");
        // The first issue of each gap stays open.
        for number in numbers {
            let of_gap = of_gap(&after, number);
            let first = of_gap.iter().map(|issue| issue["number"].as_u64()).min();
            let open: Vec<_> =
                of_gap.iter().filter(|issue| is_open(issue)).map(|issue| issue["number"].as_u64()).collect();
            assert_eq!(open, first.into_iter().collect::<Vec<_>>(), "{of_gap:#?}");
        }
        let quiet = places[1].file(&target.argument);
        assert!(quiet.contains("0 created, 0 updated, 0 reopened, 0 closed"), "{quiet}");
        assert_eq!(target.issues(&emulator), after);
    }
    places.iter().for_each(Place::assert_clean);
}

#[test]
fn a_kill_between_any_two_requests_files_nothing_twice_at_github() {
    kill_at_each_request("github");
}

#[test]
fn a_kill_between_any_two_requests_files_nothing_twice_at_linear() {
    kill_at_each_request("linear");
}

/// Kills a run at each of its requests, before and after the effect of the request. The run creates, updates and closes issues.
fn kill_at_each_request(service: &'static str) {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    let (mut kills, mut case) = (0, 0);
    for at in 0.. {
        let mut has_ended = false;
        for has_effect in [false, true] {
            let target = Target::new(&emulator, service, case);
            case += 1;
            let [kept, closed, new] = [0, 1, 2].map(|number| target.first + number);
            place.audit(&[(kept, "nowhere"), (closed, "nowhere")]);
            place.file(&target.argument);
            place.audit(&[(kept, "a trace"), (new, "nowhere")]);
            place.proxy.stop_after(at, has_effect);
            let mut command = place.command("file", &[&target.argument]);
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
            place.file(&target.argument);
            let after = target.issues(&emulator);
            assert_eq!(open_gaps(&after), [(kept, 1), (new, 1)], "at {at}, {has_effect}: {after:#}");
            let issues = [kept, closed, new].map(|number| of_gap(&after, number).len());
            assert_eq!(issues, [1, 1, 1], "at {at}, {has_effect}: {after:#}");
            assert!(of_gap(&after, kept)[0]["body"].as_str().unwrap().contains("a trace"));
        }
        if has_ended {
            break;
        }
    }
    // A run has at least five requests: a list, three changes, and a list. Each is killed twice, before and after its effect.
    assert!(kills >= 10, "{kills} kills");
    place.assert_clean();
}
