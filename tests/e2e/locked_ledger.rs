//! Another process locks the ledger for longer than Baton waits for it.

use std::thread::sleep;
use std::time::Duration;

use baton_tests::Workspace;

/// Longer than a write waits.
const HELD: Duration = Duration::from_secs(13);

#[test]
fn baton_waits_for_a_ledger_that_another_process_locks_and_loses_nothing() {
    let workspace = Workspace::with_hostile();
    let mut daemon = workspace.up_and_serving();
    let mut dropped = workspace.drop_all("noop", &["Before"]);
    workspace.wait_for_archived(1);
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    let held = workspace.database("ledger.db");
    held.execute_batch("BEGIN EXCLUSIVE").unwrap();
    dropped.extend(workspace.drop_all("noop", &["One", "Two", "Three"]));
    sleep(HELD);
    assert!(daemon.runs(), "{}", daemon.log());
    assert_eq!(workspace.inbox("noop").len(), 3, "unrecorded files stay in the inbox");
    held.execute_batch("ROLLBACK").unwrap();
    drop(held);
    workspace.wait_for_archived(5);
    let slow = workspace.task("slow");
    assert_eq!((slow.state.as_str(), slow.attempts), ("succeeded", 1), "{slow:#?}");
    assert!(daemon.log().contains("stop the program that locks the database"), "{}", daemon.log());
    assert_eq!(workspace.answers().remove("id-slow"), Some(1));
    for title in dropped.keys() {
        assert_eq!(workspace.answers().remove(&format!("id-{}", title.to_lowercase())), Some(1), "{title}");
    }
    workspace.baton(&["ledger", "verify"]).ended(0);
    assert!(daemon.stop().success());
}
