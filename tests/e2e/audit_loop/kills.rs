//! A daemon that is killed anywhere in the loop asks nothing twice and comes to the same end.

use std::time::Duration;

use baton_tests::Workspace;
use serde_json::json;

use super::{DRAWER, PLAN, PLAN_FILE, REAL, TILL, answer_to_the_audit, last_report, requests, states};
use crate::failpoints::armed;

/// Has a daemon die at this point, or ends it when it has done all without passing it.
fn up_to(workspace: &Workspace, point: &str, hit: u32) {
    let mut daemon = workspace.up_armed(&armed(point, hit));
    if daemon.died(Duration::from_secs(20)).is_none() {
        daemon.kill();
    }
}

#[test]
fn a_loop_whose_daemon_is_killed_asks_once_and_ends_at_a_hundred_per_cent() {
    for (point, hit) in [("work.before_settle", 1), ("settle.written", 1), ("work.settled", 1), ("ledger.committed", 4)]
    {
        let workspace = Workspace::init();
        workspace.write(PLAN_FILE, PLAN);
        up_to(&workspace, point, hit);
        workspace.settle("");
        for path in [TILL, DRAWER] {
            assert_eq!(states(&workspace, path), ["delivered"], "{point}: {path}");
        }
        assert_eq!(workspace.inbox("Claude-MM1").len(), 2, "{point}");

        // One is answered, the other is only made.
        let request = requests(&workspace, DRAWER).remove(0);
        workspace.write(TILL, REAL);
        workspace.write(DRAWER, REAL);
        answer_to_the_audit(&workspace, &request, DRAWER);
        up_to(&workspace, point, hit);
        workspace.settle("");
        workspace.settle("");
        for path in [TILL, DRAWER] {
            let requests = requests(&workspace, path);
            assert!(requests.len() == 1 && requests[0].is_final(), "{point}: {requests:#?}");
        }
        assert!(workspace.inbox("Claude-MM1").is_empty(), "{point}");
        assert_eq!(last_report(&workspace).unwrap()["completion_percent"], json!(100), "{point}");
        workspace.baton(&["ledger", "verify"]).ended(0);
    }
}
