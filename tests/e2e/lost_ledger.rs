//! A ledger that is missing, cut, replaced, set back, or deleted while the daemon runs raises an alarm. Baton does not
//! silently start with another ledger, does not show another ledger, and acknowledges nothing after the deletion of its
//! ledger.

use std::fs;
use std::path::Path;
use std::time::Duration;

use baton_tests::{Output, Workspace};

fn remove_ledger(state: &Path) {
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        drop(fs::remove_file(state.join(name)));
    }
}

/// The commands that write into the ledger.
const WRITES: [&[&str]; 3] = [&["up", "--once"], &["run", "noop", "echo"], &["plugin", "disable", "noop"]];

/// The commands that read the ledger and must refuse a wrong one. `ledger verify` and `doctor` are not in the list, because
/// they report a wrong ledger.
const READS: [&[&str]; 14] = [
    &["status"],
    &["status", "--json"],
    &["status", "--watch", "--json"],
    &["why", "abcdef"],
    &["why", "plugin", "noop"],
    &["obligations"],
    &["agents"],
    &["plugin", "log", "noop"],
    &["plugin", "grants", "noop"],
    &["ledger", "export"],
    &["ledger", "prune", "--before", "1d", "--dry-run"],
    &["backup", "copy.db"],
    &["cancel", "abcdef"],
    &["retry", "abcdef"],
];

/// Asserts that every command that reads or writes the ledger refuses with these words and shows nothing of the ledger.
#[track_caller]
fn is_refused_with(workspace: &Workspace, words: &[&str]) {
    for command in WRITES.iter().chain(&READS) {
        let refused = workspace.baton(command).ended(2);
        let said = &refused.stderr;
        assert!(words.iter().all(|word| said.contains(word)), "{command:?} without {words:?}: {said}");
        assert_eq!(refused.stdout, "", "{command:?}");
    }
    assert!(!workspace.outside().join("copy.db").exists());
}

/// As `is_refused_with`, for a ledger that is not the known one. The message must name both fixes.
#[track_caller]
fn is_refused(workspace: &Workspace, what: &str) {
    is_refused_with(workspace, &[what, "baton restore", "--new-ledger"]);
}

/// Asserts that `doctor` fails with this problem and this fix.
#[track_caller]
fn is_diagnosed(workspace: &Workspace, what: &str, fix: &str) {
    let doctor = workspace.baton(&["doctor"]).ended(1).stdout;
    assert!(doctor.contains(what) && doctor.contains(fix), "{doctor}");
}

/// A workspace with one finished task and one file that is not captured yet.
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
fn a_missing_ledger_raises_an_alarm_until_the_operator_decides() {
    let workspace = with_work();
    remove_ledger(&workspace.state_folder());
    is_refused(&workspace, "is missing");
    let refused = workspace.baton(&["ledger", "verify"]).ended(2).stderr;
    assert!(refused.contains("is missing") && refused.contains("baton restore"), "{refused}");
    assert_eq!(workspace.inbox("noop"), ["Waits.json"], "nothing was captured");
    assert!(!workspace.state_folder().join("ledger.db").exists());
    is_diagnosed(&workspace, "is missing", "--new-ledger");
    accepted(&workspace);
    assert_eq!(workspace.task("Waits").state, "succeeded");
}

#[test]
fn a_deleted_state_folder_raises_an_alarm_and_the_inboxes_stay_owned() {
    let workspace = with_work();
    fs::remove_dir_all(workspace.state_folder()).unwrap();
    is_refused(&workspace, "is missing");
    accepted(&workspace);
    assert_eq!(workspace.task("Waits").state, "succeeded");
}

#[test]
fn a_ledger_that_is_deleted_with_its_entry_raises_an_alarm() {
    for delete in [remove_ledger, |state: &Path| fs::remove_dir_all(state).unwrap()] {
        let workspace = with_work();
        delete(&workspace.state_folder());
        fs::remove_file(workspace.root().join(".baton-ledger")).unwrap();
        is_refused(&workspace, "is missing");
        assert_eq!(workspace.inbox("noop"), ["Waits.json"], "nothing was captured");
        assert!(!workspace.state_folder().join("ledger.db").exists());
        is_diagnosed(&workspace, "is missing", "--new-ledger");
        accepted(&workspace);
        assert_eq!(workspace.task("Waits").state, "succeeded");
    }
}

#[test]
fn another_ledger_raises_an_alarm_without_its_entry_too() {
    let (workspace, other) = (with_work(), with_work());
    remove_ledger(&workspace.state_folder());
    let copy = workspace.state_folder().join("ledger.db");
    other.baton(&["backup", copy.to_str().unwrap()]).ended(0);
    fs::remove_file(workspace.root().join(".baton-ledger")).unwrap();
    is_refused(&workspace, "is a different one");
    is_diagnosed(&workspace, "is a different one", "--new-ledger");
    accepted(&workspace);
}

#[test]
fn a_deleted_entry_of_an_existing_ledger_is_written_again() {
    let workspace = with_work();
    fs::remove_file(workspace.root().join(".baton-ledger")).unwrap();
    workspace.up_once();
    assert_eq!(workspace.task("Waits").state, "succeeded");
    assert!(workspace.root().join(".baton-ledger").exists());
}

#[test]
fn another_ledger_in_its_place_raises_an_alarm() {
    let (workspace, other) = (with_work(), with_work());
    remove_ledger(&workspace.state_folder());
    let copy = workspace.state_folder().join("ledger.db");
    other.baton(&["backup", copy.to_str().unwrap()]).ended(0);
    is_refused(&workspace, "is a different one");
    let verified = workspace.baton(&["ledger", "verify"]).ended(1).stdout;
    assert!(verified.contains("is a different one"), "{verified}");
    is_diagnosed(&workspace, "is a different one", "--new-ledger");
    accepted(&workspace);
}

#[test]
fn the_state_folder_of_another_workspace_is_refused_and_not_changed() {
    let (workspace, other) = (with_work(), with_work());
    let (state, root) = (other.state_folder(), other.root().canonicalize().unwrap());
    let before = other.baton(&["ledger", "export"]).ended(0).stdout;
    for command in WRITES.iter().chain(&READS) {
        let refused = workspace.baton(&[&["--state", state.to_str().unwrap()], *command].concat()).ended(2);
        let words = ["belongs to the workspace", root.to_str().unwrap(), "--state"];
        assert!(words.iter().all(|word| refused.stderr.contains(word)), "{command:?}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{command:?}");
    }
    assert_eq!(workspace.inbox("noop"), ["Waits.json"], "nothing was captured");
    assert_eq!(other.baton(&["ledger", "export"]).ended(0).stdout, before);
    assert_eq!(other.state_folder(), state);
}

#[test]
fn a_ledger_that_was_cut_is_refused_until_a_backup_is_restored() {
    let workspace = with_work();
    let copy = workspace.outside().join("backup.db");
    workspace.baton(&["backup", copy.to_str().unwrap()]).ended(0);
    let ledger = workspace.state_folder().join("ledger.db");
    let whole = fs::read(&ledger).unwrap();
    for length in [0, 60, 4096, whole.len() / 2, whole.len() - 4096] {
        remove_ledger(&workspace.state_folder());
        fs::write(&ledger, &whole[..length]).unwrap();
        is_refused_with(&workspace, &["ledger.db", "baton restore"]);
        is_diagnosed(&workspace, "ledger.db", "restore");
        assert_ne!(workspace.baton(&["ledger", "verify"]).code, 0, "{length}");
        assert_eq!(workspace.inbox("noop"), ["Waits.json"], "nothing was captured");
        workspace.baton(&["restore", "--force", copy.to_str().unwrap()]).ended(0);
        assert_eq!(workspace.status().len(), 1);
    }
}

#[test]
fn a_ledger_of_a_newer_version_is_refused_and_not_changed() {
    let workspace = with_work();
    let ledger = workspace.state_folder().join("ledger.db");
    workspace.database("ledger.db").pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&ledger).unwrap();
    is_refused_with(&workspace, &["has format 99", "update baton"]);
    is_diagnosed(&workspace, "has format 99", "newer version");
    let refused = workspace.baton(&["ledger", "verify"]).ended(2).stderr;
    assert!(refused.contains("has format 99"), "{refused}");
    assert_eq!(fs::read(&ledger).unwrap(), before);
}

#[test]
fn a_link_in_place_of_the_ledger_or_its_log_is_not_followed() {
    for name in ["ledger.db", "ledger.db-wal"] {
        let workspace = with_work();
        let copy = workspace.outside().join("backup.db");
        workspace.baton(&["backup", copy.to_str().unwrap()]).ended(0);
        let (link, target) = (workspace.state_folder().join(name), workspace.outside().join("elsewhere.db"));
        drop(fs::rename(&link, &target));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let before = fs::read(&target).ok();
        is_refused_with(&workspace, &[name, "a symbolic link, not a regular file", "baton restore --force FILE"]);
        is_diagnosed(&workspace, "a symbolic link, not a regular file", "restore --force FILE");
        workspace.baton(&["restore", "--force", copy.to_str().unwrap()]).ended(0);
        assert_eq!(fs::read(&target).ok(), before, "the target is unchanged");
        workspace.up_once();
        assert_eq!(workspace.task("Waits").state, "succeeded");
        workspace.baton(&["ledger", "verify"]).ended(0);
    }
}

#[test]
fn an_older_copy_in_its_place_raises_an_alarm_but_a_restore_does_not() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "First");
    workspace.up_once();
    let copy = workspace.outside().join("earlier.db");
    workspace.baton(&["backup", copy.to_str().unwrap()]).ended(0);
    workspace.drop_handoff("noop", "Second");
    workspace.up_once();
    remove_ledger(&workspace.state_folder());
    fs::copy(&copy, workspace.state_folder().join("ledger.db")).unwrap();
    is_refused(&workspace, "is older");
    assert_eq!(workspace.baton(&["ledger", "verify", "--json"]).ended(1).json()["sound"], false);
    workspace.baton(&["restore", copy.to_str().unwrap(), "--force"]).ended(0);
    workspace.up_once();
    workspace.baton(&["ledger", "verify"]).ended(0);
    assert_eq!(workspace.baton(&["ledger", "verify", "--json"]).ended(0).json()["sound"], true);
}

#[test]
fn an_unreadable_head_file_raises_an_alarm() {
    let workspace = with_work();
    let note = workspace.root().join(".baton-ledger");
    fs::write(&note, fs::read_to_string(&note).unwrap().replace("ledgers", "legders")).unwrap();
    let refused = workspace.baton(&["up", "--once"]).ended(2);
    assert!(refused.stderr.contains(".baton-ledger") && refused.stderr.contains("--new-ledger"), "{}", refused.stderr);
    accepted(&workspace);
}

#[test]
fn a_pipe_in_place_of_the_head_file_raises_an_alarm_and_does_not_block() {
    let workspace = with_work();
    let note = workspace.root().join(".baton-ledger");
    fs::remove_file(&note).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &note, rustix::fs::Mode::RWXU).unwrap();
    let refused = workspace.baton(&["up", "--once"]).ended(2);
    assert!(refused.stderr.contains("a pipe (FIFO)") && refused.stderr.contains("--new-ledger"), "{}", refused.stderr);
    is_refused_with(&workspace, &["a pipe (FIFO)", "--new-ledger"]);
    accepted(&workspace);
}

#[test]
fn the_alarm_for_an_invalid_head_file_does_not_contain_its_text() {
    let workspace = with_work();
    let note = workspace.root().join(".baton-ledger");
    let text = fs::read_to_string(&note).unwrap().replace("\"head\": \"", "\"head\": \"\\nforged line\\u001b[31m");
    fs::write(&note, text).unwrap();
    let refused = workspace.baton(&["up", "--once"]).ended(2);
    let status = workspace.baton(&["status"]).ended(2);
    let verified = workspace.baton(&["ledger", "verify"]).ended(1);
    for said in [refused.stderr, status.stderr, verified.stdout] {
        assert!(said.contains("hexadecimal") && !said.contains('\u{1b}') && !said.contains("forged line"), "{said}");
    }
    accepted(&workspace);
}

#[test]
fn a_moved_workspace_reports_its_ledger_and_a_copied_workspace_has_a_separate_one() {
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

/// Applies `harm` to the state folder while a daemon runs. Asserts that the daemon acknowledges nothing more and ends.
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
fn the_head_is_recorded_while_the_daemon_runs_and_is_valid_after_a_kill() {
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
