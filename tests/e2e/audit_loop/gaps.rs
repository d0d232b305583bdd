//! A plan goes from a gap to 100 %, and back when a deliverable is deleted.

use std::fs;

use baton_tests::Workspace;
use serde_json::json;

use super::{
    DRAWER, DRAWER_PLAN, PLAN, PLAN_FILE, REAL, REPORTS, TILL, answer_to_the_audit, audits, findings, follow_ups,
    handoff_of, last_report, last_summary, nth_report, report_names, requests, states, title,
};

#[test]
fn a_gap_is_asked_for_and_seen_to_be_closed_by_what_is_there() {
    let workspace = Workspace::init();
    workspace.write(PLAN_FILE, PLAN);
    let daemon = workspace.up_and_serving();
    for (path, status) in [(TILL, "PHANTOM"), (DRAWER, "MISSING")] {
        let request = workspace.wait_for_state(&title(path), "delivered");
        assert_eq!((request.agent.as_str(), request.from.as_deref()), ("Claude-MM1", Some("audit")));
        let args = handoff_of(&workspace, &request)["args"].clone();
        let finding = format!("audit:{PLAN_FILE}:{path}:gap");
        assert_eq!(
            (&args["plan"], &args["path"], &args["finding"]),
            (&json!(PLAN_FILE), &json!(path), &json!(finding))
        );
        assert_eq!((&args["status"], &args["round"]), (&json!(status), &json!(1)));
    }
    let before = workspace.wait_for("the first report", last_report);
    assert_eq!(before["completion_percent"], json!(0), "{before:#}");

    // Created without a RETURN: the audit sees the file and cancels its request.
    workspace.write(TILL, REAL);
    let taken_back = workspace.wait_for_archive(&title(TILL));
    assert_eq!(taken_back.state, "cancelled", "{taken_back:#?}");
    assert!(taken_back.reason.contains("a later audit finds it"), "{}", taken_back.reason);
    assert_eq!((workspace.inbox("Claude-MM1").len(), workspace.processed("Claude-MM1").len()), (1, 1));
    let half = workspace.wait_for("the report of the half", |workspace| {
        last_report(workspace).filter(|report| report["completion_percent"] == json!(50))
    });
    assert!(follow_ups(&half).contains(&(TILL, "WITHDRAWN", 1)), "{:?}", follow_ups(&half));
    assert!(follow_ups(&half).contains(&(DRAWER, "OPEN", 1)), "{:?}", follow_ups(&half));

    // Created and answered.
    let request = requests(&workspace, DRAWER).remove(0);
    workspace.write(DRAWER, REAL);
    answer_to_the_audit(&workspace, &request, DRAWER);
    workspace.wait_for_archive(&title(DRAWER));
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
    assert_eq!((requests(&workspace, TILL).len(), requests(&workspace, DRAWER).len()), (1, 1), "asked once each");
}

#[test]
fn a_return_ends_its_request_and_the_report_tells_before_and_after() {
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
    assert_eq!(first["parts"]["before"], json!(null), "the first audit knows of none before");
    let changes: Vec<_> = told.map(|report| report["parts"]["history"]["rows"]["plans"].clone()).collect();
    let change = changes.iter().find(|plans| plans[0]["plan"] == json!(PLAN_FILE)).expect("a report with the change");
    assert_eq!((&change[0]["before"]["percent"], &change[0]["after"]["percent"]), (&json!(0), &json!(100)));
    assert!(requests(&workspace, DRAWER).len() == 1 && workspace.inbox("Claude-MM1").is_empty());
}

#[test]
fn what_is_deleted_after_it_was_done_is_a_regression_and_is_asked_for() {
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
    // It exists again, so nothing is requested any more.
    workspace.write(DRAWER, REAL);
    workspace.up_once();
    assert_eq!(states(&workspace, DRAWER), ["cancelled"]);
    assert!(workspace.inbox("Claude-MM1").is_empty());
}
