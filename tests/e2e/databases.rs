//! Databases of plugins: granted access works, other access asks for the grant, and no statement exceeds its limits or blocks
//! others. `sqlite3` checks the files on disk.

use std::path::Path;
use std::process::{Command, Stdio};

use baton_tests::{Skipped, Workspace, or_skip, tool};

use crate::plugin_names::renamed;

const ALL: &str = "sql = [{ database = \"own\", mode = \"rw\" }, { database = \"catalog\", mode = \"rw\" }]";

/// The output of `sqlite3`.
fn judge(file: &Path, sql: &str) -> Result<String, Skipped> {
    tool("sqlite3", "apt-get install sqlite3")?;
    let asked = Command::new("sqlite3").arg("-readonly").arg(file).arg(sql).output().unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
}

#[test]
fn a_plugin_keeps_its_own_tables_from_task_to_task() {
    let workspace = Workspace::with_store(ALL);
    for calls in 1..=3 {
        let run = workspace.baton(&["run", "store", "count"]).ended(0);
        assert!(run.stderr.contains(&format!("Called {calls} times")), "{}", run.stderr);
    }
    let own = workspace.state_folder().join("plugins/store.db");
    assert_eq!(or_skip!(judge(&own, "SELECT count(*) FROM calls")), "3");
    assert_eq!(or_skip!(judge(&own, "PRAGMA integrity_check")), "ok");
}

#[test]
fn a_missing_grant_is_named_with_its_command() {
    let workspace = Workspace::with_store("sql = [{ database = \"catalog\", mode = \"ro\" }]");
    workspace.drop_action("store", "count");
    workspace.drop_action("store", "fill");
    workspace.drop_action("store", "look");
    workspace.drop_action("store", "history");
    workspace.up_once();
    for (action, state, words) in [
        ("count", "needs_grant", "baton plugin grant store sql=own:rw"),
        ("fill", "needs_grant", "baton plugin grant store sql=catalog:rw"),
        ("history", "needs_grant", "baton plugin grant store git=root"),
        ("look", "succeeded", "The catalog has 0 tracks."),
    ] {
        let task = workspace.task(action);
        assert_eq!(task.state, state, "{action}: {}", task.reason);
        assert!(task.reason.contains(words), "{action}: {}", task.reason);
    }
}

#[test]
fn a_statement_cannot_reach_other_files() {
    let workspace = Workspace::with_store(ALL);
    let outside = workspace.outside().join("attacked");
    std::fs::create_dir(&outside).unwrap();
    workspace.baton(&["run", "store", "attack", "--arg", &format!("outside={}", outside.display())]).ended(0);
    let report = workspace.read("reports/attack.txt");
    assert!(!report.contains("OPEN"), "{report}");
    assert_eq!(report.matches("refused: ").count(), 26, "{report}");
    assert!(report.contains("allowed: true"), "{report}");
    assert_eq!(std::fs::read_dir(outside).unwrap().count(), 0);
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn a_plugin_that_claims_the_source_of_another_plugin_in_the_catalog_is_refused() {
    let workspace = Workspace::with_store(ALL);
    workspace.baton(&["run", "store", "fill", "--arg", "tracks=2"]).ended(0);
    let catalog = workspace.state_folder().join("catalog.db");
    let facts = "SELECT count(*), max(said_at), group_concat(DISTINCT s.name) FROM facts AS f JOIN sources AS s ON s.id = f.source";
    let before = or_skip!(judge(&catalog, facts));
    // `thief` is the same plugin under another name. It still names `store` as the source of its facts.
    workspace.install("thief", &renamed("store", "thief"), ALL);
    workspace.drop_action("thief", "fill");
    workspace.up_once();
    let task = workspace.task("fill");
    assert_eq!((task.agent.as_str(), task.state.as_str()), ("thief", "failed"), "{task:?}");
    let refusal = "put_track: a plugin must write in its own name: the source must be thief or thief/PART";
    assert!(task.reason.contains(refusal), "{}", task.reason);
    assert_eq!(or_skip!(judge(&catalog, facts)), before);
    // `thief` may still read the catalog, and `store` may still write.
    let look = workspace.baton(&["run", "thief", "look"]).ended(0);
    assert!(look.stderr.contains("The catalog has 2 tracks"), "{look:?}");
    workspace.baton(&["run", "store", "fill", "--arg", "tracks=3"]).ended(0);
}

#[test]
fn a_full_database_fails_only_the_task_of_its_plugin() {
    let workspace = Workspace::with_store(ALL);
    workspace.drop_action("store", "overfill");
    workspace.drop_handoff("noop", "Undisturbed");
    workspace.up_once();
    let task = workspace.task("overfill");
    assert_eq!(task.state, "failed", "{}", task.reason);
    assert!(task.reason.contains("quota"), "{}", task.reason);
    let used = workspace.why(&task.id).used;
    assert!(used.get("database_bytes").is_some_and(|used| used.hit && used.limit == 256 << 20), "{used:?}");
    assert_eq!(workspace.task("Undisturbed").state, "succeeded");
    let bytes = std::fs::metadata(workspace.state_folder().join("plugins/store.db")).unwrap().len();
    assert!(bytes <= 256 << 20, "{bytes}");
}

#[test]
fn an_endless_query_ends_and_delays_no_other_task() {
    let workspace = Workspace::with_store(ALL);
    let daemon = workspace.up_and_serving();
    workspace.drop_action("store", "endless");
    workspace.wait_for_state("endless", "running");
    workspace.drop_handoff("noop", "Meanwhile");
    let meanwhile = workspace.wait_for_archive("Meanwhile");
    let ended = workspace.wait_for_archive("endless");
    assert_eq!(ended.state, "succeeded", "{}", ended.reason);
    assert!(ended.reason.contains("longer than 10 s"), "{}", ended.reason);
    assert!(meanwhile.archived_at.unwrap() < ended.archived_at.unwrap());
    assert!(daemon.stop().success());
}

#[test]
fn a_task_that_waits_for_a_query_ends_at_its_limit_or_by_cancellation() {
    let workspace = Workspace::with_store(ALL);
    let daemon = workspace.up_and_serving();
    workspace.drop_action("store", "endless-to-the-end");
    let ended = workspace.wait_for_archive("endless-to-the-end");
    assert_eq!(ended.state, "failed", "{}", ended.reason);
    assert!(ended.reason.contains("limit of time") && ended.reason.contains("of 30000"), "{}", ended.reason);
    workspace.drop_action("store", "endless");
    let running = workspace.wait_for_state("endless", "running");
    workspace.baton(&["cancel", &running.id]).ended(0);
    assert_eq!(workspace.wait_for_archive("endless").state, "cancelled");
    assert!(daemon.stop().success());
}

#[test]
fn a_large_result_is_read_through_a_cursor() {
    let workspace = Workspace::with_store(ALL);
    let run = workspace.baton(&["run", "store", "walk"]).ended(0);
    assert!(run.stderr.contains("Walked 50000 rows, sum 1249975000"), "{}", run.stderr);
}

/// The summary of `baton run store …`.
fn ran(workspace: &Workspace, args: &[&str]) -> String {
    workspace.baton(&[&["run", "store"][..], args].concat()).ended(0).stderr
}

#[test]
fn a_migration_runs_step_by_step_and_a_failed_step_changes_nothing() {
    let workspace = Workspace::with_store(ALL);
    for (steps, words) in [
        ("steps=1", "Form 1, 0 notes, no error"),
        ("steps=2", "Form 2, 1 notes, no error"),
        ("steps=2", "Form 2, 1 notes, no error"),
        ("steps=3", "Form 2, 1 notes, "),
        ("steps=1", "the plugin's tables have version 2, and this revision of the plugin supports versions up to 1"),
    ] {
        let said = ran(&workspace, &["migrate", "--arg", steps]);
        assert!(said.contains(words), "{steps}: {said}");
    }
    assert!(ran(&workspace, &["migrate", "--arg", "steps=3"]).contains("statement 1: "));
}

#[test]
fn concurrent_attempts_run_each_migration_step_once() {
    let workspace = Workspace::with_store(ALL);
    // The first run compiles the plugin, so that the next two runs start at the same time.
    ran(&workspace, &["count"]);
    let attempts = [(); 2].map(|()| {
        let mut run = workspace.command();
        run.arg("-w").arg(workspace.root()).args(["run", "store", "migrate-together"]);
        run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    for attempt in attempts {
        let ended = attempt.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("Form 401, 400 steps made, 400 different ones"), "{said}");
    }
}

#[test]
fn a_transaction_takes_effect_as_a_whole_or_not_at_all() {
    let workspace = Workspace::with_store(ALL);
    ran(&workspace, &["migrate", "--arg", "steps=1"]);
    let failed = ran(&workspace, &["transfer", "--arg", "fails=yes"]);
    assert!(failed.contains("0 notes, ") && failed.contains("statement 1: "), "{failed}");
    let done = ran(&workspace, &["transfer"]);
    assert!(done.contains("2 notes, changed [1, 1]"), "{done}");
}
