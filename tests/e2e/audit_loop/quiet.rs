//! An automatic audit reports nothing when nothing has changed; a requested audit always reports.

use std::fs::File;
use std::time::{Duration, SystemTime};

use baton_tests::{Workspace, handoff, or_skip, text};
use serde_json::json;

use super::{DRAWER, DRAWER_PLAN, PLAN_FILE, REAL, REPORTS, audits, last_report, last_summary, report_names, requests};
use crate::clock::Clock;

#[test]
fn a_touched_deliverable_makes_no_report_and_a_request_of_a_person_always_does() {
    let workspace = Workspace::init();
    workspace.write(DRAWER, REAL);
    workspace.write(PLAN_FILE, DRAWER_PLAN);
    workspace.up_once();
    let before = workspace.list("reports");
    assert_eq!((audits(&workspace).len(), report_names(&workspace, REPORTS).len()), (1, 1));
    let file = File::options().append(true).open(workspace.root().join(DRAWER)).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
    workspace.up_once();
    assert_eq!(audits(&workspace).len(), 2, "it was audited again: {:#?}", workspace.status());
    assert!(
        last_summary(&workspace).starts_with("Nothing changed since the audit of "),
        "{}",
        last_summary(&workspace)
    );
    assert_eq!(workspace.list("reports"), before);

    workspace.drop_file("audit", "how.json", text(&handoff("audit", "How does it stand")));
    workspace.up_once();
    assert_eq!(workspace.task("How does it stand").state, "succeeded");
    let names = report_names(&workspace, REPORTS);
    assert_eq!(names.len(), 2);
    for ending in ["md", "html", "json"] {
        let newest = names.iter().max().unwrap();
        let [latest, report] = ["latest", newest].map(|name| workspace.read(&format!("reports/{name}.{ending}")));
        assert_eq!(latest, report, "latest.{ending} is a copy of {newest}.{ending}");
    }
    assert!(last_summary(&workspace).contains("1 of 1 deliverable present (100 %)"), "{}", last_summary(&workspace));
}

#[test]
fn a_scheduled_audit_without_changes_reports_nothing() {
    let workspace = Workspace::init();
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", config + "\n[[agents.audit.schedule]]\ncron = \"0 * * * *\"\ntimezone = \"UTC\"\n");
    let clock = or_skip!(Clock::of(&workspace));
    workspace.write(PLAN_FILE, DRAWER_PLAN);
    let at = |offset: &str, count: usize| {
        clock.set(offset);
        let daemon = clock.up(&workspace);
        let seen = workspace.wait_for(&format!("{count} audits"), |workspace| {
            Some(audits(workspace)).filter(|audits| audits.len() == count)
        });
        assert!(daemon.stop().success());
        seen
    };
    at("+0", 1);
    let before = workspace.list("reports");
    let quiet = at("+5h", 2).pop().unwrap();
    assert_eq!((quiet.from.as_deref(), quiet.returned_at.as_deref()), (Some("baton"), None));
    assert!(quiet.reason.starts_with("Nothing changed since the audit of "), "{}", quiet.reason);
    assert_eq!(workspace.list("reports"), before);
    assert_eq!(requests(&workspace, DRAWER).len(), 1, "nothing is asked twice");
}

#[test]
fn the_claim_of_an_answer_is_checked_in_the_folder_that_the_operator_names() {
    let workspace = Workspace::init();
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", config + "\n[agents.audit.defaults.audit]\nroot = \"tree\"\n");
    workspace.write("tree/src/till.py", REAL);
    workspace.write(PLAN_FILE, super::PLAN);
    workspace.up_once();
    let request = requests(&workspace, DRAWER).remove(0);
    assert_eq!(super::handoff_of(&workspace, &request)["args"]["root"], json!("tree"));
    assert_eq!(last_report(&workspace).unwrap()["completion_percent"], json!(50));
    // The claim about `src/drawer.py` is false. In the next report, `src/till.py` is still present.
    super::answer_to_the_audit(&workspace, &request, "tree/src/drawer.py");
    workspace.up_once();
    assert_eq!(last_report(&workspace).unwrap()["completion_percent"], json!(50));
    assert_eq!((requests(&workspace, DRAWER).len(), requests(&workspace, super::TILL).len()), (2, 0));
}

#[test]
fn the_request_of_a_plan_without_an_owner_goes_to_the_agent_that_the_operator_names() {
    let workspace = Workspace::init();
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", config + "\n[agents.audit.defaults.audit]\nresponsible = [\"Codex-MM1\"]\n");
    workspace.write(PLAN_FILE, DRAWER_PLAN.replace("**Owner:** Claude-MM1\n\n", ""));
    workspace.up_once();
    let request = requests(&workspace, DRAWER).remove(0);
    assert_eq!((request.agent.as_str(), request.state.as_str()), ("Codex-MM1", "delivered"));
    // The same agent gets another request when its answer was false.
    super::answer_to_the_audit(&workspace, &request, DRAWER);
    workspace.up_once();
    let again = requests(&workspace, DRAWER);
    let agents: Vec<&str> = again.iter().map(|request| request.agent.as_str()).collect();
    assert_eq!(agents, ["Codex-MM1"; 2], "{:#}", last_report(&workspace).unwrap()["parts"]["follow_ups"]);
    assert_eq!(super::handoff_of(&workspace, &again[0])["args"]["items"][0]["round"], json!(2));
}

#[test]
fn a_ticked_line_makes_one_report_and_one_point_of_the_trend() {
    let workspace = Workspace::init();
    let plan =
        |ticked: &str| format!("{DRAWER_PLAN}\n## Tasks\n\n- [x] Talk to the team\n- [{ticked}] Tell everybody\n");
    workspace.write(DRAWER, REAL);
    workspace.write(PLAN_FILE, plan(" "));
    workspace.up_once();
    let standing = |workspace: &Workspace| {
        let trend = last_report(workspace).unwrap()["parts"]["trend"].as_array().unwrap().len();
        (audits(workspace).len(), report_names(workspace, REPORTS).len(), trend)
    };
    assert_eq!(standing(&workspace), (1, 1, 1));
    workspace.write(PLAN_FILE, plan("x"));
    workspace.up_once();
    assert_eq!(standing(&workspace), (2, 2, 2), "{}", last_summary(&workspace));
    // A change of the plan that does not change its deliverables and tasks makes no new report.
    workspace.write(PLAN_FILE, plan("x") + "\n");
    workspace.up_once();
    assert_eq!(standing(&workspace), (3, 2, 2), "{}", last_summary(&workspace));
}
