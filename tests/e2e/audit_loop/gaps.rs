//! A plan goes from a gap to 100 %, and back when a deliverable is deleted.

use std::fs;

use baton_tests::Workspace;
use serde_json::json;

use super::{
    DRAWER, DRAWER_PLAN, PLAN, PLAN_FILE, REAL, REPORTS, TILL, answer_to_the_audit, audits, findings, follow_ups,
    handoff_of, items, last_report, last_summary, list_title, nth_report, report_names, requests, states, title,
};

#[test]
fn the_gaps_of_a_plan_are_one_request_and_end_when_the_files_exist() {
    let workspace = Workspace::init();
    workspace.write(PLAN_FILE, PLAN);
    let daemon = workspace.up_and_serving();
    let request = workspace.wait_for_state(&list_title(2), "delivered");
    assert_eq!((request.agent.as_str(), request.from.as_deref()), ("Claude-MM1", Some("audit")));
    let handoff = handoff_of(&workspace, &request);
    let finding = format!("audit:{PLAN_FILE}:{TILL}:gap");
    assert_eq!(
        (&handoff["args"]["plan"], &handoff["args"]["items"][0]["finding"]),
        (&json!(PLAN_FILE), &json!(finding))
    );
    let listed = [(TILL, "PHANTOM"), (DRAWER, "MISSING")].map(|(path, status)| (path.to_owned(), status.to_owned(), 1));
    assert_eq!(items(&workspace, &request), listed);
    let body = handoff["required_action"].as_str().unwrap();
    assert!(body.contains(TILL) && body.contains(DRAWER), "{body}");
    assert_eq!(workspace.inbox("Claude-MM1").len(), 1, "one request for the plan");
    let before = workspace.wait_for("the first report", last_report);
    assert_eq!(before["completion_percent"], json!(0), "{before:#}");

    // One file is created without a RETURN, and the audit finds the file. The request stays open, because the agent may
    // still work on the rest.
    workspace.write(TILL, REAL);
    let half = workspace.wait_for("the report of the half", |workspace| {
        last_report(workspace).filter(|report| report["completion_percent"] == json!(50))
    });
    assert!(follow_ups(&half).contains(&(TILL, "WITHDRAWN", 1)), "{:?}", follow_ups(&half));
    assert!(follow_ups(&half).contains(&(DRAWER, "OPEN", 1)), "{:?}", follow_ups(&half));
    assert_eq!(workspace.task(&list_title(2)).state, "delivered");

    // The other file is created, and the request is answered.
    workspace.write(DRAWER, REAL);
    answer_to_the_audit(&workspace, &request, DRAWER);
    workspace.wait_for_archive(&list_title(2));
    let seen = workspace.wait_for("the audit of all that is there", |workspace| {
        audits(workspace).into_iter().find(|task| task.reason.contains("50 % \u{2192} 100 %"))
    });
    assert!(seen.reason.contains("2 of 2 deliverables present"), "{}", seen.reason);
    workspace.wait_for("the RETURN to be checked", |workspace| {
        audits(workspace)
            .into_iter()
            .find(|task| task.reason.contains("The RETURN of Claude-MM1 makes 1 claim: 1 true"))
    });
    let all = workspace.wait_for("the report of all", |workspace| {
        last_report(workspace).filter(|report| report["completion_percent"] == json!(100))
    });
    assert_eq!(all["status"], json!("COMPLETE - SUCCESS"));
    let trend = all["parts"]["trend"].as_array().unwrap().iter().map(|point| point["percent"].as_u64().unwrap());
    assert_eq!(trend.collect::<Vec<_>>(), [0, 50, 100]);
    assert!(daemon.stop().success());
    workspace.up_once();
    assert!(workspace.inbox("Claude-MM1").is_empty(), "{:?}", workspace.inbox("Claude-MM1"));
    let states: Vec<String> = workspace.tasks(&list_title(2)).into_iter().map(|task| task.state).collect();
    assert_eq!(states, ["succeeded"], "asked once");
}

#[test]
fn a_longer_list_replaces_the_request_and_repeated_audits_send_nothing() {
    let workspace = Workspace::init();
    let plan = |files: &[&str]| {
        let list: String = files.iter().map(|file| format!("- [ ] `{file}`\n")).collect();
        workspace.write(PLAN_FILE, format!("# Till\n\n**Owner:** Claude-MM1\n\n## Deliverables\n\n{list}"));
        workspace.up_once();
    };
    let open = || {
        let requests = workspace.tasks_of("Claude-MM1").into_iter().filter(|task| task.state == "delivered");
        requests.collect::<Vec<_>>()
    };
    plan(&["src/a.py", "src/b.py", "src/c.py"]);
    let first = open();
    assert_eq!(first.len(), 1, "{first:#?}");
    for _ in 0..2 {
        workspace.baton(&["run", "audit", "audit"]).ended(0);
        workspace.up_once();
    }
    assert_eq!(open().iter().map(|task| &task.id).collect::<Vec<_>>(), [&first[0].id], "nothing is sent twice");

    // The plan gets a fourth gap: one request with all four gaps replaces the first request.
    plan(&["src/a.py", "src/b.py", "src/c.py", "src/d.py"]);
    let second = open();
    assert_eq!(second.len(), 1, "{second:#?}");
    let listed: Vec<String> = items(&workspace, &second[0]).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(listed, ["src/a.py", "src/b.py", "src/c.py", "src/d.py"]);
    let replaced = workspace.tasks_of("Claude-MM1").into_iter().find(|task| task.id == first[0].id).unwrap();
    assert_eq!(replaced.state, "cancelled");
    assert!(replaced.reason.contains("replaces it"), "{}", replaced.reason);

    // Two deliverables are created and the agent answers. One new request lists the two deliverables that are still missing.
    workspace.write("src/a.py", REAL);
    workspace.write("src/b.py", REAL);
    answer_to_the_audit(&workspace, &second[0], "src/a.py");
    workspace.up_once();
    let third = open();
    assert_eq!(third.len(), 1, "{third:#?}");
    let missing = |path: &str| (path.to_owned(), "MISSING".to_owned(), 2);
    assert_eq!(items(&workspace, &third[0]), ["src/c.py", "src/d.py"].map(missing));

    // The plan gets another owner, who gets the request.
    let text = workspace.read(PLAN_FILE).replace("Claude-MM1", "Codex-MM1");
    workspace.write(PLAN_FILE, text);
    workspace.up_once();
    assert!(open().is_empty() && workspace.inbox("Claude-MM1").is_empty(), "{:#?}", open());
    let moved = workspace.tasks(&list_title(2)).remove(0);
    assert_eq!((moved.agent.as_str(), moved.state.as_str()), ("Codex-MM1", "delivered"));

    // All files exist: no request is open.
    workspace.write("src/c.py", REAL);
    workspace.write("src/d.py", REAL);
    workspace.up_once();
    let closed = workspace.tasks(&list_title(2)).remove(0);
    assert_eq!(closed.state, "cancelled", "{closed:#?}");
    assert!(closed.reason.contains("a later audit found the deliverable"), "{}", closed.reason);
    assert!(workspace.inbox("Codex-MM1").is_empty());
}

#[test]
fn each_plan_and_owner_has_a_request() {
    let workspace = Workspace::init();
    for (plan, owner) in [("A", "Claude-MM1"), ("B", "Claude-MM1"), ("C", "Codex-MM1")] {
        let list: String = (0..30).map(|nth| format!("- [ ] `{plan}/part_{nth:02}.py`\n")).collect();
        workspace
            .write(&format!("plans/{plan}.md"), format!("# {plan}\n\n**Owner:** {owner}\n\n## Deliverables\n\n{list}"));
    }
    workspace.up_once();
    assert_eq!((workspace.inbox("Claude-MM1").len(), workspace.inbox("Codex-MM1").len()), (2, 1));
    for plan in ["A", "B", "C"] {
        let request = workspace.task(&format!("Close 30 gaps of plans/{plan}.md"));
        assert_eq!(items(&workspace, &request).len(), 30);
    }
    assert_eq!(follow_ups(&last_report(&workspace).unwrap()).len(), 90);
}

#[test]
fn a_return_ends_its_request_and_the_report_has_the_values_before_and_after() {
    let workspace = Workspace::init();
    workspace.write(PLAN_FILE, DRAWER_PLAN);
    workspace.up_once();
    let request = requests(&workspace, DRAWER).remove(0);
    workspace.write(DRAWER, REAL);
    answer_to_the_audit(&workspace, &request, DRAWER);
    workspace.up_once();
    let done = workspace.task(&title(DRAWER));
    assert_eq!(done.state, "succeeded", "{done:#?}");
    assert!(done.returned_at.is_some() && done.archived_at.is_some(), "{done:#?}");
    let seen = audits(&workspace).into_iter().filter(|task| task.reason.contains("0 % \u{2192} 100 %; 1 step forward"));
    assert_eq!(seen.count(), 1, "{:#?}", audits(&workspace));
    let checked = audits(&workspace).into_iter().filter(|task| task.action.as_deref() == Some("check-return"));
    let reasons: Vec<String> = checked.map(|task| task.reason).collect();
    assert!(reasons.len() == 1 && reasons[0].contains("1 of 1 deliverable present (100 %)"), "{reasons:?}");
    let report = last_report(&workspace).unwrap();
    assert_eq!(report["completion_percent"], json!(100));
    let first = nth_report(&workspace, 0);
    let told = (1..report_names(&workspace, REPORTS).len()).map(|nth| nth_report(&workspace, nth));
    assert_eq!(first["parts"]["before"], json!(null), "no audit ran before the first one");
    let changes: Vec<_> = told.map(|report| report["parts"]["history"]["rows"]["plans"].clone()).collect();
    let change = changes.iter().find(|plans| plans[0]["plan"] == json!(PLAN_FILE)).expect("a report with the change");
    assert_eq!((&change[0]["before"]["percent"], &change[0]["after"]["percent"]), (&json!(0), &json!(100)));
    assert!(requests(&workspace, DRAWER).len() == 1 && workspace.inbox("Claude-MM1").is_empty());
}

#[test]
fn a_deliverable_that_is_deleted_later_is_a_regression_and_is_requested_again() {
    let workspace = Workspace::init();
    workspace.write(DRAWER, REAL);
    workspace.write(PLAN_FILE, DRAWER_PLAN);
    workspace.up_once();
    assert_eq!(last_report(&workspace).unwrap()["completion_percent"], json!(100));
    assert!(requests(&workspace, DRAWER).is_empty());
    fs::remove_file(workspace.root().join(DRAWER)).unwrap();
    workspace.up_once();
    let report = last_report(&workspace).unwrap();
    let regression = (format!("audit:{PLAN_FILE}:{DRAWER}:regression"), "high".to_owned());
    assert!(findings(&report).contains(&regression), "{:?}", findings(&report));
    assert!(last_summary(&workspace).contains("100 % \u{2192} 0 %; 1 regression."), "{}", last_summary(&workspace));
    assert_eq!(states(&workspace, DRAWER), ["delivered"]);
    assert_eq!(follow_ups(&report), [(DRAWER, "SENT", 1)]);
    // The file exists again, so nothing is requested any more.
    workspace.write(DRAWER, REAL);
    workspace.up_once();
    assert_eq!(states(&workspace, DRAWER), ["cancelled"]);
    assert!(workspace.inbox("Claude-MM1").is_empty());
}
