//! Without some of its grants the audit still works: it reports what it did not check, with the command that fixes this, and sends
//! no requests.

use baton_tests::{Workspace, text};
use serde_json::json;

use super::{DRAWER, DRAWER_PLAN, PLAN_FILE, answer, last_report, requests};

/// Runs an audit of everything without these grants; returns the Markdown report.
fn audited_without(words: &[&str]) -> (Workspace, String) {
    let workspace = Workspace::init();
    workspace.baton(&[&["plugin", "revoke", "audit"], words].concat()).ended(0);
    workspace.write(PLAN_FILE, DRAWER_PLAN);
    workspace.baton(&["run", "audit", "audit"]).ended(0);
    let report = last_report(&workspace).unwrap();
    assert_eq!((&report["completion_percent"], &report["counts"]["missing"]), (&json!(0), &json!(1)), "{report:#}");
    let markdown = workspace
        .list("reports")
        .into_iter()
        .find(|name| name.starts_with("PLANS_AUDIT_REPORT_") && name.ends_with(".md"));
    let markdown = workspace.read(&format!("reports/{}", markdown.unwrap()));
    (workspace, markdown)
}

#[test]
fn without_the_grant_handoffs_no_request_is_sent_and_the_report_has_the_command() {
    let (workspace, report) = audited_without(&["handoffs"]);
    assert!(report.contains("baton plugin grant audit handoffs=Claude-MM1"), "{report}");
    workspace.up_once();
    assert!(requests(&workspace, DRAWER).is_empty() && workspace.inbox("Claude-MM1").is_empty());
    workspace.baton(&["plugin", "grant", "audit", "handoffs=Claude-MM1"]).ended(0);
    workspace.baton(&["run", "audit", "audit"]).ended(0);
    workspace.up_once();
    assert_eq!(requests(&workspace, DRAWER).len(), 1, "the command in the report grants it");
}

#[test]
fn without_its_database_no_request_is_sent_and_nothing_is_compared() {
    let (workspace, _) = audited_without(&["sql=own:rw"]);
    let parts = last_report(&workspace).unwrap()["parts"].clone();
    for (part, what) in [("actions", "no request was sent: "), ("history", "earlier audits are not remembered: ")] {
        let reason = parts[part]["reason"].as_str().unwrap();
        assert!(reason.starts_with(what) && reason.contains("baton plugin grant audit sql=own:rw"), "{reason}");
    }
    workspace.baton(&["run", "audit", "audit"]).ended(0);
    workspace.up_once();
    assert!(requests(&workspace, DRAWER).is_empty() && workspace.inbox("Claude-MM1").is_empty());
    workspace.baton(&["plugin", "grant", "audit", "sql=own:rw"]).ended(0);
    workspace.baton(&["run", "audit", "audit"]).ended(0);
    workspace.up_once();
    assert_eq!(requests(&workspace, DRAWER).len(), 1);
}

#[test]
fn a_missing_grant_for_the_repository_is_reported() {
    let workspace = Workspace::init();
    workspace.baton(&["plugin", "revoke", "audit", "git=root"]).ended(0);
    workspace.write(PLAN_FILE, format!("{DRAWER_PLAN}\nIt was begun in commit a7d8c35.\n"));
    workspace.baton(&["run", "audit", "audit"]).ended(0);
    let report = last_report(&workspace).unwrap();
    assert!(report.to_string().contains("baton plugin grant audit git=root"), "{report:#}");
    workspace.up_once();
    assert_eq!(requests(&workspace, DRAWER).len(), 1, "the other actions work");
}

#[test]
fn a_missing_grant_for_the_ledger_is_in_the_health_report() {
    let workspace = Workspace::init();
    workspace.baton(&["plugin", "revoke", "audit", "ledger"]).ended(0);
    let run = workspace.baton(&["run", "audit", "health"]).ended(0);
    assert!(run.stderr.contains("baton plugin grant audit ledger"), "{}", run.stderr);
}

#[test]
fn without_the_grant_returns_only_answers_to_its_own_requests_are_checked() {
    let workspace = Workspace::init();
    workspace.baton(&["plugin", "revoke", "audit", "returns"]).ended(0);
    workspace.drop_handoff("Codex-MM1", "Make it");
    workspace.up_once();
    let value = answer("Codex-MM1", "Claude-MM1", &workspace.task("Make it"), "docs/nowhere.md");
    workspace.drop_file("Claude-MM1", "answer.json", text(&value));
    workspace.up_once();
    assert_eq!(workspace.task("Make it").state, "succeeded");
    assert!(workspace.tasks_of("audit").is_empty(), "{:#?}", workspace.status());
    // Without the grant `returns`, the audit still reads an answer to its own request.
    workspace.write(PLAN_FILE, DRAWER_PLAN);
    workspace.up_once();
    super::answer_to_the_audit(&workspace, &requests(&workspace, DRAWER)[0], DRAWER);
    workspace.up_once();
    assert_eq!(requests(&workspace, DRAWER).len(), 2);
}
