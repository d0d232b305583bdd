//! The life of gaps at GitHub.

use baton_tests::{Output, or_skip, repository};
use serde_json::{Value, json};

use super::{Emulator, Place, REPOSITORY, SETUP, by_state, gap};

fn issues(emulator: &Emulator) -> Value {
    emulator.client("github", "octocat/plans", "list", &json!({}))
}

fn change(emulator: &Emulator, args: &Value) {
    emulator.client("github", "octocat/plans", "change", args);
}

#[test]
fn gaps_of_a_real_audit_are_filed_linked_closed_and_reopened() {
    let emulator = or_skip!(Emulator::start());
    // Takes the grants from the README of the plugin, for one repository.
    let page = std::fs::read_to_string(repository().join("plugins/tracker/README.md")).unwrap();
    let block =
        page.split("baton plugin grant tracker locks secret=github ").nth(1).unwrap().split("```").next().unwrap();
    let block = block.replace("me/plans", "octocat/plans").replace(['\'', '\\'], " ");
    let grants: Vec<&str> = block.split_whitespace().chain(["locks", "secret=github"]).collect();
    assert_eq!(grants.len(), 6, "{grants:?}");
    let place = Place::granted(&emulator, &grants);
    let workspace = &place.workspace;
    workspace.write("plans/till.md", "# Till\n\n## Deliverables\n\n- `src/till.py`\n- `src/drawer.py`\n");
    let audit = || {
        workspace.baton(&["run", "audit", "audit", "--arg", "follow_up=false"]);
        let report = workspace.read_bytes("reports/latest.json");
        std::fs::write(workspace.outside().join("audits/latest.json"), report).unwrap();
    };
    audit();
    let planned = place.run("plan", &[REPOSITORY]).ended(0).stderr;
    assert!(planned.contains("to create") && planned.contains("Nothing was changed"), "{planned}");
    assert_eq!(issues(&emulator), json!([]), "a plan changes nothing");

    let task = place.handoff("File", "file", &json!({ "repository": "octocat/plans", "severity": "high" }));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    let filed = issues(&emulator);
    assert_eq!(by_state(&filed), (vec![1, 2], vec![]), "{filed:#}");
    let texts: Vec<&str> = filed.as_array().unwrap().iter().map(|issue| issue["body"].as_str().unwrap()).collect();
    assert!(texts.iter().any(|text| text.contains("`plans/till.md:5`") && text.contains("till.py")), "{filed:#}");
    // The list has the id of each finding of the report, and the page of its issue.
    let report: Value = serde_json::from_str(&workspace.read("reports/latest.json")).unwrap();
    let findings: Vec<&Value> = report["findings"].as_array().unwrap().iter().map(|finding| &finding["id"]).collect();
    for entry in place.links()["issues"].as_array().unwrap() {
        assert!(findings.contains(&&entry["gap"]), "{entry}");
        let has_page = |issue: &Value| issue["url"] == entry["url"];
        assert!(filed.as_array().unwrap().iter().any(has_page), "{entry}");
    }
    let table = std::fs::read_to_string(workspace.outside().join("links/AUDIT_ISSUES.md")).unwrap();
    assert!(table.contains("/octocat/plans/issues/1)"), "{table}");

    workspace.write("src/till.py", "def till():\n    return 1\n");
    audit();
    let ended = place.file(REPOSITORY);
    assert!(ended.contains("1 closed"), "{ended}");
    let (open, closed) = by_state(&issues(&emulator));
    assert_eq!((open.len(), closed.len()), (1, 1));
    std::fs::remove_file(workspace.root().join("src/till.py")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    audit();
    let ended = place.run("file", &[REPOSITORY, "severity=high"]).ended(0).stderr;
    assert!(ended.contains("reopened"), "{ended}");
    let status = place.run("status", &[REPOSITORY]).ended(0).stderr;
    assert!(status.contains("have an issue"), "{status}");
    place.assert_clean();
}

#[test]
fn more_gaps_than_a_page_are_filed_once_and_another_machine_finds_them() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    let gaps: Vec<(usize, &str)> = (0..130).map(|number| (number, "nowhere")).collect();
    place.audit(&gaps);
    let first = place.file(REPOSITORY);
    assert!(first.contains("130 created"), "{first}");
    let filed = issues(&emulator);
    assert_eq!(by_state(&filed), ((1..=130).collect(), vec![]));

    let before = place.proxy.requests().len();
    let second = place.file(REPOSITORY);
    assert!(second.contains("0 created, 0 updated, 0 reopened, 0 closed, with 2 requests"), "{second}");
    let asked = place.proxy.requests().split_off(before);
    assert!(asked.len() == 2 && asked.iter().all(|request| request.starts_with("GET ")), "{asked:?}");
    assert_eq!(issues(&emulator), filed);

    // Another machine has none of the first machine's files.
    let other = Place::new(&emulator);
    other.audit(&gaps[..129]);
    let ended = other.file(REPOSITORY);
    assert!(ended.contains("0 created") && ended.contains("1 closed"), "{ended}");
    // The requests: two lists of two pages each, one to read the issue, and one to close it.
    assert_eq!(other.proxy.requests().len() - SETUP, 6, "{:?}", other.proxy.requests());
    let after = issues(&emulator);
    let closed: Vec<&Value> = after.as_array().unwrap().iter().filter(|issue| issue["state"] == "closed").collect();
    assert!(closed.len() == 1 && closed[0]["title"].as_str().unwrap().contains("file129.py"), "{closed:#?}");
    place.assert_clean();
    other.assert_clean();
}

#[test]
fn decisions_and_texts_of_people_are_kept() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    place.audit(&[(0, "nowhere"), (1, "nowhere"), (2, "nowhere"), (3, "nowhere")]);
    place.file(REPOSITORY);
    let body = issues(&emulator)[0]["body"].as_str().unwrap().replace('\n', "\r\n");
    let text = format!("Ida looks at it.\r\n\r\n{body}\r\n\r\n- [ ] ask Bo");
    change(&emulator, &json!({ "issue_number": 1, "title": "Mine", "body": text }));
    change(&emulator, &json!({ "issue_number": 2, "state": "closed", "state_reason": "not_planned" }));
    change(&emulator, &json!({ "issue_number": 3, "state": "closed", "state_reason": "completed" }));
    // An issue of a person without a gap, and an issue of another source.
    let others = json!([{ "title": "Lunch", "body": "Where?" },
        { "title": "Other", "body": format!("<!-- baton:gap={} source=other title=0 text=0 -->", gap(9)) }]);
    emulator.client("github", "octocat/plans", "create", &others);

    place.audit(&[(0, "a trace"), (1, "a trace"), (2, "a trace")]);
    let ended = place.file(REPOSITORY);
    assert!(ended.contains("0 created, 1 updated, 1 reopened, 1 closed"), "{ended}");
    let after = issues(&emulator);
    let body = after[0]["body"].as_str().unwrap();
    assert!(
        body.starts_with("Ida looks at it.\r\n") && body.ends_with("- [ ] ask Bo") && body.contains("a trace"),
        "{body}"
    );
    assert_eq!(after[0]["title"], "Mine");
    assert_eq!((&after[1]["state"], &after[1]["reason"]), (&json!("closed"), &json!("not_planned")));
    assert_eq!(by_state(&after), (vec![1, 3, 5, 6], vec![2, 4]), "{after:#}");
    let again = place.file(REPOSITORY);
    assert!(again.contains("0 created, 0 updated, 0 reopened, 0 closed"), "{again}");
    assert_eq!(issues(&emulator), after);
    place.assert_clean();
}

#[test]
fn a_report_that_does_not_cover_a_plan_closes_nothing_of_it() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    place.audit(&[(0, "nowhere")]);
    place.file(REPOSITORY);
    let latest = place.workspace.outside().join("audits/latest.json");
    place.audit(&[]);
    let whole = std::fs::read_to_string(&latest).unwrap();
    for (part, other) in [("plans/a.md", "plans/b.md"), ("\"plans_left_out\":0", "\"plans_left_out\":1")] {
        std::fs::write(&latest, whole.replace(part, other)).unwrap();
        let ended = place.file(REPOSITORY);
        assert!(ended.contains("0 closed"), "{ended}");
    }
    // The report is valid, but no target is named.
    let neither = place.run("plan", &[]).ended(1).stderr;
    assert!(neither.contains("give one of `repository`"), "{neither}");
    std::fs::write(&latest, "{").unwrap();
    let refused = place.run("file", &[REPOSITORY]).ended(1).stderr;
    assert!(refused.contains("is not a report of the audit"), "{refused}");
    assert_eq!(by_state(&issues(&emulator)), (vec![1], vec![]));
    place.assert_clean();
}

#[test]
fn a_report_that_is_older_than_an_issue_neither_closes_nor_reverts_it() {
    let emulator = or_skip!(Emulator::start());
    let places = [Place::new(&emulator), Place::new(&emulator)];
    places[0].audit(&[(0, "a trace"), (1, "nowhere")]);
    places[0].file(REPOSITORY);
    let filed = issues(&emulator);
    places[1].audit_after(-3_600, &[(0, "nowhere")]);
    let ended = places[1].file(REPOSITORY);
    assert!(ended.contains("0 created, 0 updated, 0 reopened, 0 closed"), "{ended}");
    assert_eq!(issues(&emulator), filed);
    assert!(places[1].links().to_string().contains("open; a later audit found the gap"));
    places[1].audit(&[(0, "nowhere")]);
    let ended = places[1].file(REPOSITORY);
    assert!(ended.contains("0 created, 1 updated, 0 reopened, 1 closed"), "{ended}");
    places.iter().for_each(Place::assert_clean);
}

#[test]
fn a_workspace_needs_the_name_of_its_source() {
    let emulator = or_skip!(Emulator::start());
    let place = Place::new(&emulator);
    place.audit(&[(0, "nowhere")]);
    let mut command = place.workspace.command();
    command.arg("-w").arg(place.workspace.root()).args(["run", "tracker", "plan", "--arg", REPOSITORY]);
    let refused = Output::of(&mut command).stderr;
    assert!(refused.contains("`args` lacks `source`"), "{refused}");
    assert_eq!(issues(&emulator), json!([]));
    place.assert_clean();
}
