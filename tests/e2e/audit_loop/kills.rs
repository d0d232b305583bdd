//! A daemon that is killed at any point of the loop sends no request twice and reaches the same end.

use std::time::Duration;

use baton_tests::{PATIENCE, Workspace};
use serde_json::json;

use super::{DRAWER, PLAN, PLAN_FILE, REAL, TILL, answer_to_the_audit, last_report, list_title};
use crate::failpoints::armed;

/// Failpoints of one attempt, before and after it is recorded.
const POINTS: [(&str, u32); 4] =
    [("work.before_settle", 1), ("settle.written", 1), ("work.settled", 1), ("ledger.committed", 4)];

/// Creates both deliverables and answers the request.
fn both_are_made(workspace: &Workspace) {
    let request = workspace.task(&list_title(2));
    workspace.write(TILL, REAL);
    workspace.write(DRAWER, REAL);
    answer_to_the_audit(workspace, &request, DRAWER);
}

/// Asserts that the deliverables were requested once and that the request is in the inbox of its agent.
#[track_caller]
fn is_asked_once(workspace: &Workspace, when: &str) {
    let states: Vec<String> = workspace.tasks(&list_title(2)).into_iter().map(|task| task.state).collect();
    assert_eq!(states, ["delivered"], "{when}");
    assert_eq!(workspace.inbox("Claude-MM1").len(), 1, "{when}");
}

/// Asserts that nothing was requested twice, no request is open, and all deliverables exist.
#[track_caller]
fn is_at_its_end(workspace: &Workspace, when: &str) {
    let requests = workspace.tasks_of("Claude-MM1");
    assert!(requests.len() == 1 && requests[0].is_final(), "{when}: {requests:#?}");
    assert!(workspace.inbox("Claude-MM1").is_empty(), "{when}");
    assert_eq!(last_report(workspace).unwrap()["completion_percent"], json!(100), "{when}");
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn a_loop_whose_daemon_dies_around_an_attempt_asks_once_and_ends_at_a_hundred_per_cent() {
    for (point, hit) in POINTS {
        let workspace = Workspace::init();
        workspace.write(PLAN_FILE, PLAN);
        assert_eq!(workspace.up_armed(&armed(point, hit)).died(PATIENCE), Some(true), "{point}");
        workspace.settle("");
        is_asked_once(&workspace, point);
        both_are_made(&workspace);
        assert_eq!(workspace.up_armed(&armed(point, hit)).died(PATIENCE), Some(true), "{point}");
        workspace.settle("");
        is_at_its_end(&workspace, point);
    }
}

#[test]
fn a_loop_with_a_repeatedly_killed_daemon_sends_one_request_and_reaches_100_per_cent() {
    let workspace = Workspace::init();
    let die_after = |moments: [u64; 5]| {
        for moment in moments {
            let mut daemon = workspace.up();
            assert_eq!(daemon.died(Duration::from_millis(moment)), None, "it ended without a kill: {}", daemon.log());
            daemon.kill();
        }
    };
    workspace.write(PLAN_FILE, PLAN);
    die_after([60, 150, 320, 450, 610]);
    workspace.settle("");
    is_asked_once(&workspace, "asking");
    both_are_made(&workspace);
    die_after([90, 210, 380, 520, 700]);
    workspace.settle("");
    is_at_its_end(&workspace, "closing");
}
