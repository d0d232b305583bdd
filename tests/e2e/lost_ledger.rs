//! A ledger that is missing, replaced, set back, or deleted while the daemon runs raises an alarm: Baton does not start silently
//! with another ledger, and acknowledges nothing in a deleted one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use baton_tests::{Output, Workspace};

fn remove_ledger(state: &Path) {
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        drop(fs::remove_file(state.join(name)));
    }
}

/// Every command that would begin a new ledger, or show an empty one, refuses and names the ways out.
#[track_caller]
fn is_refused(workspace: &Workspace, what: &str, more: &[&[&str]]) {
    let commands: [&[&str]; 3] = [&["up", "--once"], &["run", "noop", "echo"], &["plugin", "disable", "noop"]];
    for command in commands.iter().chain(more) {
        let refused = workspace.baton(command).ended(2);
        let said = &refused.stderr;
        assert!(said.contains(what) && said.contains("baton restore") && said.contains("--new-ledger"), "{said}");
    }
}

/// A workspace with one task that is done, and one file that was not captured yet.
fn with_work() -> Workspace {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Done");
    workspace.up_once();
    workspace.drop_handoff("noop", "Waits");
    workspace
}

fn accepted(workspace: &Workspace) {
    workspace.baton(&["up", "--once", "--new-ledger"]).ended(0);
    let export = workspace.baton(&["ledger", "export"]).ended(0).stdout;
    let recorded = export.lines().filter(|line| line.contains("\"new-ledger\"")).count();
    assert_eq!(recorded, 1, "{export}");
    workspace.baton(&["ledger", "verify"]).ended(0);
    workspace.up_once();
    let refused = workspace.baton(&["up", "--once", "--new-ledger"]).ended(2);
    assert!(refused.stderr.contains("not needed"), "{}", refused.stderr);
}

#[test]
fn a_missing_ledger_is_an_alarm_until_the_operator_decides() {
    let workspace = with_work();
    remove_ledger(&workspace.state_folder());
    is_refused(
        &workspace,
        "is missing",
        &[&["status"], &["why", "abcdef"], &["cancel", "abcdef"], &["ledger", "verify"]],
    );
    assert_eq!(workspace.inbox("noop"), ["Waits.json"], "nothing was captured");
    assert!(!workspace.state_folder().join("ledger.db").exists());
    let doctor = workspace.baton(&["doctor"]).ended(1).stdout;
    assert!(doctor.contains("is missing") && doctor.contains("--new-ledger"), "{doctor}");
    accepted(&workspace);
    assert_eq!(workspace.task("Waits").state, "succeeded");
}

#[test]
fn a_state_folder_that_was_deleted_is_an_alarm_and_the_inboxes_stay_the_workspaces_own() {
    let workspace = with_work();
    fs::remove_dir_all(workspace.state_folder()).unwrap();
    is_refused(&workspace, "is missing", &[]);
    accepted(&workspace);
    assert_eq!(workspace.task("Waits").state, "succeeded");
}

#[test]
fn another_ledger_in_its_place_is_an_alarm() {
    let (workspace, other) = (with_work(), with_work());
    remove_ledger(&workspace.state_folder());
    let copy = workspace.state_folder().join("ledger.db");
    other.baton(&["backup", copy.to_str().unwrap()]).ended(0);
    is_refused(&workspace, "is another one", &[]);
    let verified = workspace.baton(&["ledger", "verify"]).ended(1).stdout;
    assert!(verified.contains("is another one"), "{verified}");
    let doctor = workspace.baton(&["doctor"]).ended(1).stdout;
    assert!(doctor.contains("is another one"), "{doctor}");
    accepted(&workspace);
}

#[test]
fn an_older_copy_in_its_place_is_an_alarm_and_a_restore_of_it_is_none() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "First");
    workspace.up_once();
    let copy = workspace.outside().join("copy.db");
    workspace.baton(&["backup", copy.to_str().unwrap()]).ended(0);
    workspace.drop_handoff("noop", "Second");
    workspace.up_once();
    remove_ledger(&workspace.state_folder());
    fs::copy(&copy, workspace.state_folder().join("ledger.db")).unwrap();
    is_refused(&workspace, "is older", &[]);
    assert_eq!(workspace.baton(&["ledger", "verify", "--json"]).ended(1).json()["sound"], false);
    workspace.baton(&["restore", copy.to_str().unwrap(), "--force"]).ended(0);
    workspace.up_once();
    workspace.baton(&["ledger", "verify"]).ended(0);
    assert_eq!(workspace.baton(&["ledger", "verify", "--json"]).ended(0).json()["sound"], true);
}

#[test]
fn a_note_of_the_head_that_cannot_be_read_is_an_alarm() {
    let workspace = with_work();
    let note = workspace.root().join(".baton-ledger");
    fs::write(&note, fs::read_to_string(&note).unwrap().replace("ledgers", "legders")).unwrap();
    let refused = workspace.baton(&["up", "--once"]).ended(2);
    assert!(refused.stderr.contains(".baton-ledger") && refused.stderr.contains("--new-ledger"), "{}", refused.stderr);
    accepted(&workspace);
}

#[test]
fn a_note_of_the_head_that_is_a_pipe_is_an_alarm_and_blocks_nothing() {
    let workspace = with_work();
    let note = workspace.root().join(".baton-ledger");
    fs::remove_file(&note).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &note, rustix::fs::Mode::RWXU).unwrap();
    let refused = workspace.baton(&["up", "--once"]).ended(2);
    assert!(refused.stderr.contains("a pipe (FIFO)") && refused.stderr.contains("--new-ledger"), "{}", refused.stderr);
    let status = workspace.baton(&["status"]).ended(0);
    assert!(status.stderr.contains("a pipe (FIFO)"), "{}", status.stderr);
    accepted(&workspace);
}

#[test]
fn a_note_of_the_head_with_other_text_than_hexadecimal_digits_is_an_alarm_without_that_text() {
    let workspace = with_work();
    let note = workspace.root().join(".baton-ledger");
    let text = fs::read_to_string(&note).unwrap().replace("\"head\": \"", "\"head\": \"\\nforged line\\u001b[31m");
    fs::write(&note, text).unwrap();
    let refused = workspace.baton(&["up", "--once"]).ended(2);
    let status = workspace.baton(&["status"]).ended(0);
    let verified = workspace.baton(&["ledger", "verify"]).ended(1);
    for said in [refused.stderr, status.stderr, verified.stdout] {
        assert!(said.contains("hexadecimal") && !said.contains('\u{1b}') && !said.contains("forged line"), "{said}");
    }
    accepted(&workspace);
}

#[test]
fn a_moved_workspace_names_its_ledger_and_a_copy_has_its_own() {
    let workspace = with_work();
    let (copy, moved) = (workspace.outside().join("copied"), workspace.outside().join("moved"));
    let at = |root: &Path, args: &[&str]| Output::of(workspace.command().arg("-w").arg(root).args(args));
    let copied = workspace.command_of("cp").arg("-r").arg(workspace.root()).arg(&copy).status().unwrap();
    assert!(copied.success());
    at(&copy, &["up", "--once"]).ended(0);
    let state = workspace.state_folder();
    fs::rename(workspace.root(), &moved).unwrap();
    let refused = at(&moved, &["up", "--once"]).ended(2);
    assert!(refused.stderr.contains("--state") && refused.stderr.contains("--new-ledger"), "{}", refused.stderr);
    at(&moved, &["--state", state.to_str().unwrap(), "up", "--once"]).ended(0);
}

/// Does `harm` to the state folder under a daemon; then nothing that is dropped is acknowledged and the daemon ends.
#[track_caller]
fn ends_after(harm: impl Fn(&Path)) {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Before");
    let mut daemon = workspace.up_and_serving();
    workspace.wait_for_archive("Before");
    let archived = workspace.processed("noop");
    let replies = workspace.inbox("Claude-MM1");
    harm(&workspace.state_folder());
    workspace.drop_handoff("noop", "After");
    assert_eq!(daemon.died(Duration::from_secs(20)), Some(false), "{}", daemon.log());
    let log = daemon.log();
    assert!(log.contains("was deleted or replaced"), "{log}");
    assert_eq!(workspace.inbox("noop"), ["After.json"], "it was not archived");
    assert_eq!((workspace.processed("noop"), workspace.inbox("Claude-MM1")), (archived, replies), "nor answered");
}

#[test]
fn a_daemon_whose_ledger_is_deleted_acknowledges_nothing_and_ends() {
    ends_after(|state| fs::remove_file(state.join("ledger.db")).unwrap());
}

#[test]
fn a_daemon_whose_ledger_is_replaced_acknowledges_nothing_and_ends() {
    ends_after(|state| {
        fs::copy(state.join("ledger.db"), state.join("copy")).unwrap();
        fs::rename(state.join("copy"), state.join("ledger.db")).unwrap();
    });
}

#[test]
fn a_daemon_whose_write_ahead_log_is_deleted_acknowledges_nothing_and_ends() {
    ends_after(|state| fs::remove_file(state.join("ledger.db-wal")).unwrap());
}

#[test]
fn a_daemon_whose_state_folder_is_moved_away_acknowledges_nothing_and_ends() {
    ends_after(|state| fs::rename(state, state.with_extension("away")).unwrap());
}

#[test]
fn a_quiet_daemon_notices_that_its_state_folder_was_deleted() {
    let workspace = Workspace::with_noop();
    let mut daemon = workspace.up_and_serving();
    fs::remove_dir_all(workspace.state_folder()).unwrap();
    assert_eq!(daemon.died(Duration::from_secs(20)), Some(false), "{}", daemon.log());
    assert!(daemon.log().contains("was deleted or replaced"), "{}", daemon.log());
}

#[test]
fn the_head_is_noted_while_the_daemon_runs_and_a_kill_leaves_one_that_holds() {
    let workspace = Workspace::with_noop();
    let note = || workspace.read(".baton-ledger");
    let daemon = workspace.up_and_serving();
    let first = note();
    workspace.drop_handoff("noop", "One");
    workspace.wait_for("the head to be noted", |_| (note() != first).then_some(()));
    workspace.drop_handoff("noop", "Two");
    workspace.wait_for_archive("Two");
    daemon.kill();
    workspace.up_once();
    let head = workspace.baton(&["ledger", "verify", "--json"]).ended(0).json()["head"].clone();
    assert!(note().contains(head.as_str().unwrap()), "{}", note());
}
