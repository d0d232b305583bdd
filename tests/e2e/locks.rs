//! Locks of plugins: one attempt at a time holds a lock, across all processes, and the lock is released however the attempt ends.

use std::fs;
use std::process::{Child, Command, Stdio};

use baton_tests::Workspace;

fn run(workspace: &Workspace, action: &str) -> Command {
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["run", "holder", action, "--arg", "name=one"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Kills the process and waits for its end.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn only_one_process_at_a_time_holds_the_lock() {
    let (workspace, music) = Workspace::with_holder("locks = true");
    // The first run compiles the plugin, so that all later runs start at the same time.
    let first = run(&workspace, "alone").output().unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let racing: Vec<Child> = (0..16).map(|_| run(&workspace, "alone").spawn().unwrap()).collect();
    let mut waited = 0;
    for child in racing {
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && said.contains("Was alone after"), "{said}");
        waited += usize::from(!said.contains("after 0 times"));
    }
    assert!(waited > 0, "they never waited for each other, so nothing was tested");
    assert_eq!(fs::read_dir(music).unwrap().count(), 0);
}

#[test]
fn the_lock_of_a_killed_process_is_free() {
    let (workspace, music) = Workspace::with_holder("locks = true");
    let holder = run(&workspace, "hold").spawn().unwrap();
    workspace.wait_for("the holder has the lock", |_| music.join("held").is_file().then_some(()));
    let refused = run(&workspace, "hold").output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("another attempt has the lock"), "{said}");
    kill(holder);
    let freed = run(&workspace, "alone").output().unwrap();
    assert!(freed.status.success(), "{}", String::from_utf8_lossy(&freed.stderr));
}

#[test]
fn a_daemon_and_a_call_do_not_hold_the_lock_at_the_same_time() {
    let (workspace, music) = Workspace::with_holder("locks = true");
    let holder = run(&workspace, "hold").spawn().unwrap();
    workspace.wait_for("the holder has the lock", |_| music.join("held").is_file().then_some(()));
    workspace.drop_file("holder", "a.json", handoff("a", "trap"));
    let _daemon = workspace.up();
    let refused = workspace.wait_for_state("a", "failed");
    assert!(refused.reason.contains("another attempt has the lock"), "{}", refused.reason);
    kill(holder);
    workspace.drop_file("holder", "b.json", handoff("b", "alone"));
    workspace.wait_for_state("b", "succeeded");
}

#[test]
fn an_attempt_that_traps_releases_its_lock() {
    let (workspace, _music) = Workspace::with_holder("locks = true");
    workspace.drop_file("holder", "a.json", handoff("a", "trap"));
    workspace.drop_file("holder", "b.json", handoff("b", "alone"));
    workspace.up_once();
    assert_ne!(workspace.task("a").state, "succeeded");
    let after = workspace.task("b");
    assert_eq!(after.state, "succeeded", "{}", after.reason);
}

#[test]
fn names_are_checked_and_locks_are_released() {
    let (workspace, _music) = Workspace::with_holder("locks = true");
    let names = workspace.baton(&["run", "holder", "names"]).ended(0);
    assert!(names.stderr.contains("acquired it again"), "{}", names.stderr);
}

#[test]
fn a_missing_grant_is_named_with_its_command() {
    let (workspace, _music) = Workspace::with_holder("locks = false");
    workspace.drop_file("holder", "a.json", handoff("a", "alone"));
    workspace.up_once();
    let task = workspace.task("a");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("baton plugin grant holder locks"), "{}", task.reason);
}

#[test]
fn a_ledger_with_locks_is_backed_up_restored_verified_and_pruned() {
    // Older versions of `baton.lock` call the grant `claims`.
    let (workspace, music) = Workspace::with_holder("claims = true");
    let holder = run(&workspace, "hold").spawn().unwrap();
    workspace.wait_for("the holder has the lock", |_| music.join("held").is_file().then_some(()));
    let copy = workspace.outside().join("copy.db").display().to_string();
    workspace.baton(&["backup", &copy]).ended(0);
    workspace.baton(&["ledger", "verify"]).ended(0);
    workspace.baton(&["doctor"]);
    kill(holder);
    workspace.baton(&["restore", &copy, "--force"]).ended(0);
    workspace.baton(&["ledger", "verify"]).ended(0);
    let freed = run(&workspace, "alone").output().unwrap();
    assert!(freed.status.success(), "{}", String::from_utf8_lossy(&freed.stderr));
}

/// A handoff with an action that takes the lock.
fn handoff(title: &str, action: &str) -> Vec<u8> {
    let mut value = baton_tests::handoff("holder", title);
    value["action"] = action.into();
    value["args"] = serde_json::json!({ "name": "one" });
    baton_tests::text(&value)
}
