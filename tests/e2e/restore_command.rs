//! `baton restore`: a backup becomes the ledger again, nothing is lost, and an existing ledger is replaced only on request.

use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::{Output, Workspace};

fn backup(workspace: &Workspace, name: &str) -> PathBuf {
    let file = workspace.outside().join(name);
    workspace.baton(&["backup", file.to_str().unwrap()]).ended(0);
    file
}

fn restore(workspace: &Workspace, file: &Path, more: &[&str]) -> Output {
    workspace.baton(&[&["restore", file.to_str().unwrap()], more].concat())
}

fn kept(workspace: &Workspace) -> Vec<PathBuf> {
    let all = fs::read_dir(workspace.state_folder()).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.to_string_lossy().contains("before-restore")).collect()
}

#[test]
fn after_a_restore_nothing_that_was_dropped_is_lost() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Before");
    workspace.up_once();
    let copy = backup(&workspace, "copy.db");
    workspace.drop_handoff("noop", "Done since");
    workspace.up_once();
    workspace.drop_handoff("noop", "Waits");
    workspace.drop_handoff("Cursor-MM1", "For an agent");
    workspace.up_once();
    workspace.drop_handoff("noop", "Not seen yet");
    let said = restore(&workspace, &copy, &["--force"]).ended(0);
    assert!(said.stdout.starts_with("restored from ") && said.stderr.contains("before-restore"), "{said:?}");
    assert_eq!(workspace.status().len(), 1, "the ledger is unchanged");
    workspace.up_once();
    assert_eq!(workspace.task("Not seen yet").state, "succeeded");
    assert_eq!(workspace.task("For an agent").state, "delivered", "it is still in the inbox");
    assert_eq!(workspace.processed("noop").len(), 4, "{:?}", workspace.processed("noop"));
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 1);
    for id in ["id-before", "id-done-since", "id-waits", "id-not-seen-yet"] {
        assert_eq!(workspace.returns_for("Claude-MM1", id).len(), 1, "{id}");
    }
    workspace.baton(&["ledger", "verify"]).ended(0);
    let kept = kept(&workspace);
    assert_eq!(kept.len(), 1, "one file with all its content: {kept:?}");
    let old = workspace.outside().join("old");
    fs::create_dir(&old).unwrap();
    fs::copy(&kept[0], old.join("ledger.db")).unwrap();
    let old = workspace.baton(&["--state", old.to_str().unwrap(), "status", "--json"]).ended(0).json();
    assert_eq!(old["tasks"].as_array().unwrap().len(), 4);
}

#[test]
fn an_open_task_of_the_backup_without_its_file_is_cancelled() {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    let copy = backup(&workspace, "copy.db");
    for _ in 0..2 {
        drop(fs::remove_file(workspace.inbox_of("hostile").join("ask-human.json")));
        workspace.up_once();
        assert_eq!(workspace.task("ask-human").state, "cancelled");
        restore(&workspace, &copy, &["--force"]).ended(0);
        assert_eq!(workspace.task("ask-human").state, "needs_human", "as it was in the backup");
    }
    assert_eq!(kept(&workspace).len(), 2);
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn an_existing_ledger_is_replaced_only_on_request() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "First");
    workspace.up_once();
    let copy = backup(&workspace, "copy.db");
    workspace.drop_handoff("noop", "Second");
    workspace.up_once();
    let refused = restore(&workspace, &copy, &[]).ended(2);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(workspace.status().len(), 2);
    fs::remove_file(workspace.state_folder().join("ledger.db")).unwrap();
    restore(&workspace, &copy, &[]).ended(0);
    assert_eq!((workspace.status().len(), kept(&workspace).len()), (1, 0));
}

#[test]
fn errors_while_a_daemon_runs_and_it_continues() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "First");
    workspace.up_once();
    let copy = backup(&workspace, "copy.db");
    let daemon = workspace.up_and_serving();
    for more in [[].as_slice(), &["--force"]] {
        let refused = restore(&workspace, &copy, more).ended(2);
        assert!(refused.stderr.contains("stop it first"), "{}", refused.stderr);
    }
    workspace.drop_handoff("noop", "Second");
    workspace.wait_for_archive("Second");
    assert!(daemon.stop().success());
}

#[test]
fn a_file_that_is_not_an_intact_ledger_is_refused() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "First");
    workspace.up_once();
    let copy = backup(&workspace, "copy.db");
    let mut bytes = fs::read(&copy).unwrap();
    let at = (0..bytes.len()).find(|at| bytes[*at..].starts_with(b"attempt 1")).unwrap();
    bytes[at + 8] = b'9';
    fs::write(&copy, bytes).unwrap();
    let text = workspace.outside().join("text");
    fs::write(&text, "no database").unwrap();
    for (file, why) in [(&copy, "edited"), (&text, "not an intact ledger"), (&workspace.outside().join("none"), "none")]
    {
        let refused = restore(&workspace, file, &["--force"]).ended(2);
        assert!(refused.stdout.is_empty() && refused.stderr.contains(why), "{}", refused.stderr);
    }
    assert_eq!((workspace.status().len(), kept(&workspace).len()), (1, 0));
}
