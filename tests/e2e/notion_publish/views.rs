//! The views of published findings: Baton creates them once and never changes them again, because people may change them.

use baton_tests::notion_server::{Fault, NotionServer};
use serde_json::json;

use super::{PROPERTIES, audit, gap, pages, publish, publisher, to};
use crate::notion::plan_of;

/// The names of the views of a data source.
fn views(notion: &NotionServer, source: &str) -> Vec<String> {
    notion.views(source).into_iter().map(|view| view.name).collect()
}

/// The names of the views that Baton makes.
const VIEWS: [&str; 2] = ["Open gaps by severity", "Open gaps by plan"];

#[test]
fn the_views_of_findings_are_made_once_and_stay_as_a_person_changes_them() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let place = publisher(&notion);
    audit(&place, 15, &[gap("x.py", "")]);
    let plan = plan_of(&place.done("publish", to(&database)));
    let table = place.workspace.read(&format!("reports/notion_{plan}.md"));
    assert!(table.contains("| Open gaps by plan | View | (new view) | Open gaps by plan |"), "{table}");
    assert_eq!(notion.views(&source).len(), 0, "a plan is not a change");
    place.done("apply", json!({ "plan": plan }));
    let made = notion.views(&source);
    assert_eq!(views(&notion, &source), VIEWS);
    let filter = json!({ "and": [{ "property": "kind", "select": { "equals": "Finding" } },
        { "property": "stat", "select": { "equals": "Open" } }] });
    assert!(made.iter().all(|view| view.body["filter"] == filter), "{made:#?}");
    assert_eq!(made[0].body["configuration"]["group_by"]["property_id"], "sev");
    assert_eq!(made[1].body["sorts"], json!([{ "property": "plc", "direction": "ascending" }]));
    assert!(place.done("publish", to(&database)).reason.contains("There is nothing to publish"));
    let asked = |from: usize| notion.lines().split_off(from).iter().filter(|line| line.contains("/v1/views")).count();

    // A person renames one view and deletes the other. Baton does not create them again, and sends no request about views.
    notion.change_views(|all| {
        all.truncate(1);
        "Mine".clone_into(&mut all[0].name);
    });
    let before = notion.requests();
    audit(&place, 30, &[gap("x.py", "a trace")]);
    publish(&place, to(&database));
    assert_eq!((views(&notion, &source), asked(before)), (vec!["Mine".to_owned()], 0));

    // Another machine finds views by their names.
    notion.change_views(|all| VIEWS[0].clone_into(&mut all[0].name));
    let other = publisher(&notion);
    audit(&other, 30, &[gap("x.py", "a trace")]);
    publish(&other, to(&database));
    assert_eq!(views(&notion, &source), VIEWS);
    for place in [&place, &other] {
        assert!(place.done("publish", to(&database)).reason.contains("There is nothing to publish"));
        place.assert_clean(&notion);
    }
}

#[test]
fn a_notion_without_views_is_a_finding_and_the_pages_are_published() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let place = publisher(&notion);
    notion.know_views(false);
    audit(&place, 15, &[gap("x.py", "")]);
    let planned = place.done("publish", to(&database));
    assert!(place.why(&planned).contains("Notion did not list views, so no view is made"), "{}", place.why(&planned));
    place.done("apply", json!({ "plan": plan_of(&planned) }));
    assert_eq!(pages(&notion, &source).len(), 2);
    // The server supports views while the plan is made, but not when the plan is applied.
    notion.know_views(true);
    let plan = plan_of(&place.done("publish", to(&database)));
    notion.know_views(false);
    let left = place.ask("apply", json!({ "plan": plan }));
    assert!(place.why(&left).contains("invalid_request_url"), "{}", place.why(&left));
    notion.know_views(true);
    publish(&place, to(&database));
    assert_eq!(views(&notion, &source), VIEWS);
    place.assert_clean(&notion);
}

#[test]
fn every_fault_of_the_creation_of_a_view_leads_to_one_view() {
    let faults = [
        Fault::Status("500 Internal Server Error"),
        Fault::Failed("502 Bad Gateway"),
        Fault::Busy(1),
        Fault::Overloaded(1),
        Fault::Cut(10),
        Fault::Lost,
        Fault::Dropped,
    ];
    for fault in faults {
        let notion = NotionServer::start();
        let [database, source] = notion.add(1, "Audits", &PROPERTIES);
        let place = publisher(&notion);
        audit(&place, 15, &[gap("x.py", "")]);
        let plan = plan_of(&place.done("publish", to(&database)));
        for request in ["GET /v1/views?", "POST /v1/views"] {
            notion.order(request, fault.clone());
        }
        place.done("apply", json!({ "plan": plan }));
        assert_eq!(views(&notion, &source), VIEWS, "{fault:?}");
        assert!(place.done("publish", to(&database)).reason.contains("There is nothing to publish"));
        place.assert_clean(&notion);
    }
}

#[test]
fn the_grant_of_views_lets_a_plan_wait_and_it_continues() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let place = publisher(&notion);
    place.workspace.baton(&["plugin", "revoke", "notion", "http=POST:{api}/v1/views"]).ended(0);
    audit(&place, 15, &[gap("x.py", "")]);
    let plan = plan_of(&place.done("publish", to(&database)));
    let waits = place.ask("apply", json!({ "plan": plan }));
    assert!(waits.state == "needs_grant" && waits.reason.contains("/v1/views"), "{} {}", waits.state, waits.reason);
    assert_eq!((pages(&notion, &source).len(), notion.views(&source).len()), (2, 0));
    place.workspace.baton(&["plugin", "grant", "notion", "http=POST:{api}/v1/views"]).ended(0);
    place.up_once();
    assert_eq!((views(&notion, &source), notion.writes()), (VIEWS.map(str::to_owned).to_vec(), 2));
    place.assert_clean(&notion);
}
