//! From a gap to 100 %, and back when what was made is deleted.

use std::fs;

use baton_tests::Workspace;
use serde_json::json;

use super::{
    DRAWER, DRAWER_PLAN, PLAN, PLAN_FILE, REAL, TILL, answer_to_the_audit, audits, findings, follow_ups, handoff_of,
    last_report, last_summary, requests, states, title,
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
    let before = last_report(&workspace).unwrap();
    assert_eq!(before["completion_percent"], json!(0), "{before:#}");

    // Made without a word: the audit sees it by itself and takes its request back.
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

    // Made and answered.
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
            .find(|task| task.reason.contains("The RETURN of Claude-MM1 makes 1 claims: 1 true"))
    });
    let all = last_report(&workspace).unwrap();
    assert_eq!(all["completion_percent"], json!(100), "{all:#}");
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
    // The answer lies there first; the file is there before anybody reads it.
    let daemon = workspace.up_and_serving();
    daemon.freeze();
    answer_to_the_audit(&workspace, &request, DRAWER);
    workspace.write(DRAWER, REAL);
    daemon.thaw();
    let done = workspace.wait_for_archive(&title(DRAWER));
    assert_eq!(done.state, "succeeded", "{done:#?}");
    workspace.wait_for("the plan to be audited again", |workspace| {
        audits(workspace).into_iter().find(|task| task.reason.contains("0 % \u{2192} 100 %; 1 step forward"))
    });
    assert!(daemon.stop().success());
    let report = last_report(&workspace).unwrap();
    let history = &report["parts"]["history"]["rows"];
    assert_eq!(report["completion_percent"], json!(100));
    assert!(report["parts"]["before"]["at"].is_string(), "{history:#}");
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
    // Back again: nothing is wanted any more.
    workspace.write(DRAWER, REAL);
    workspace.up_once();
    assert_eq!(states(&workspace, DRAWER), ["cancelled"]);
    assert!(workspace.inbox("Claude-MM1").is_empty());
}
