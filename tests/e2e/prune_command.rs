//! `baton ledger prune`: old events go into an archive, and the chain can be checked as before.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use baton_tests::Workspace;
use serde_json::{Value, json};

/// Two handoffs that were done and one that waits for a person.
fn workspace_with_history() -> Workspace {
    let workspace = Workspace::with_hostile();
    for title in ["Done first", "Done second"] {
        workspace.drop_handoff("noop", title);
        workspace.up_once();
    }
    workspace
}

fn json_of(workspace: &Workspace, args: &[&str], code: i32) -> Value {
    let report = workspace.baton(&[&["ledger"], args, &["--json"]].concat()).ended(code).json();
    assert_eq!(report["schema"], json!(1));
    report
}

fn prune(workspace: &Workspace, more: &[&str]) -> Value {
    json_of(workspace, &[&["prune", "--before", "0s"], more].concat(), 0)
}

fn archive_of(pruned: &Value) -> PathBuf {
    PathBuf::from(pruned["archive"].as_str().unwrap())
}

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn pruned_events_are_in_the_archive_and_the_whole_chain_is_sound() {
    let workspace = workspace_with_history();
    let before = workspace.baton(&["ledger", "export"]).ended(0).stdout;
    let dry = prune(&workspace, &["--dry-run"]);
    assert_eq!((&dry["pruned"], &dry["archive"]), (&json!(false), &json!(null)));
    assert_eq!(workspace.baton(&["ledger", "export"]).ended(0).stdout, before, "nothing has changed");
    let pruned = prune(&workspace, &[]);
    let count = pruned["events"].as_u64().unwrap();
    assert_eq!((&dry["events"], &dry["last"], &pruned["last"]), (&json!(count), &json!(count), &json!(count)));
    let archive = archive_of(&pruned);
    assert!(archive.ends_with(format!("archive/events-1-{count}.jsonl")), "{archive:?}");
    assert_eq!(fs::metadata(&archive).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&archive).unwrap(), before, "the archive is the export");
    let said = workspace.baton(&["ledger", "verify"]).ended(0).stdout;
    assert!(said.contains(&format!("events 1–{count} pruned, archived in {}", archive.display())), "{said}");
    let path = archive.to_str().unwrap();
    let said = workspace.baton(&["ledger", "verify", "--archive", path]).ended(0).stdout;
    assert!(said.contains(&format!("archives intact: events 1–{count} connect to the ledger")), "{said}");
    workspace.drop_handoff("noop", "Done later");
    workspace.up_once();
    let report = json_of(&workspace, &["verify", "--archive", path], 0);
    assert_eq!((&report["sound"], &report["archived"]["last"]), (&json!(true), &json!(count)));
    let export = workspace.outside().join("rest.jsonl");
    workspace.baton(&["ledger", "export", "--out", export.to_str().unwrap()]).ended(0);
    let (old, rest) = (lines(&archive), lines(&export));
    assert_eq!((&rest[0]["seq"], &rest[0]["prev"]), (&json!(count + 1), &old[old.len() - 1]["head"]));
    assert_eq!((&rest[0]["task"], &rest[0]["action"]), (&json!("ledger"), &json!("pruned")), "the prune is an event");
    assert_eq!(rest[rest.len() - 1]["events"], json!(rest.len() - 1));
}

#[test]
fn a_repetition_of_a_pruned_task_is_still_recognised() {
    let workspace = workspace_with_history();
    let task = workspace.task("Done first");
    prune(&workspace, &[]);
    assert_eq!(workspace.task("Done first"), task);
    let told = workspace.baton(&["why", &task.id]).ended(0);
    assert!(told.stdout.contains("Done first") && told.stderr.contains("pruned"), "{told:?}");
    assert!(workspace.why(&task.id).events.is_empty());
    workspace.drop_handoff("noop", "Done first");
    workspace.up_once();
    let states: Vec<_> = workspace.tasks("Done first").into_iter().map(|task| task.state).collect();
    assert_eq!(states, ["duplicate", "succeeded"]);
    // The repetition is answered too.
    assert_eq!(workspace.returns_for("Claude-MM1", "id-done-first").len(), 2);
}

#[test]
fn a_return_in_an_inbox_is_not_processed_again_after_a_prune() {
    let workspace = workspace_with_history();
    let inbox = workspace.inbox("Claude-MM1");
    let tasks = workspace.status();
    assert_eq!(inbox.len(), 2);
    prune(&workspace, &[]);
    workspace.up_once();
    assert_eq!((workspace.inbox("Claude-MM1"), workspace.status()), (inbox, tasks));
}

#[test]
fn events_from_the_first_open_task_on_are_kept() {
    let workspace = workspace_with_history();
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    workspace.drop_handoff("noop", "Done later");
    workspace.up_once();
    let open = workspace.status().into_iter().find(|task| task.state == "needs_human").expect("a task for a person");
    let first = workspace.why(&open.id).events[0].seq;
    let said = workspace.baton(&["ledger", "prune", "--before", "0s", "--dry-run"]).ended(0).stdout;
    let stays = format!("event {first} and all later events stay, because task {} of this event is not", open.id);
    assert!(said.contains(&stays));
    let pruned = prune(&workspace, &[]);
    assert_eq!((&pruned["last"], &pruned["kept"]["seq"]), (&json!(first - 1), &json!(first)));
    assert_eq!(workspace.why(&open.id).events[0].seq, first);
    assert_eq!(workspace.why(&workspace.task("Done later").id).actions()[0], "captured");
    let again = prune(&workspace, &[]);
    assert_eq!((&again["pruned"], &again["events"]), (&json!(false), &json!(0)));
    json_of(&workspace, &["verify"], 0);
}

#[test]
fn younger_events_stay() {
    let workspace = workspace_with_history();
    for before in ["1d", "2020-01-01", "2020-01-01T00:00:00Z"] {
        let said = workspace.baton(&["ledger", "prune", "--before", before]).ended(0).stdout;
        assert!(said.starts_with("nothing to prune\n") && said.contains("is not old enough"), "{said}");
    }
    for wrong in ["soon", "2999-01-01"] {
        let refused = workspace.baton(&["ledger", "prune", "--before", wrong]).ended(2);
        assert!(refused.stdout.is_empty() && refused.stderr.contains(wrong), "{}", refused.stderr);
    }
}

#[test]
fn a_head_of_a_pruned_event_is_found_only_with_the_archive() {
    let workspace = workspace_with_history();
    let id = "id-done-first";
    let head = workspace.returns_for("Claude-MM1", id)[0].pointer("/baton/ledger_head").cloned().unwrap();
    let head = head.as_str().unwrap();
    let pruned = prune(&workspace, &[]);
    let path = archive_of(&pruned);
    let said = workspace.baton(&["ledger", "verify", "--head", head]).ended(2).stdout;
    assert!(said.starts_with("sound: ") && said.contains("unknown: ") && said.contains("--archive"), "{said}");
    let report = json_of(&workspace, &["verify", "--head", head, "--archive", path.to_str().unwrap()], 0);
    assert!(report["asked"]["seq"].as_u64().unwrap() <= pruned["last"].as_u64().unwrap());
    let never = "ab".repeat(32);
    json_of(&workspace, &["verify", "--head", &never, "--archive", path.to_str().unwrap()], 1);
}

#[test]
fn an_archive_that_was_edited_or_cut_is_a_finding() {
    let workspace = workspace_with_history();
    let file = workspace.outside().join("old.jsonl");
    prune(&workspace, &["--archive", file.to_str().unwrap()]);
    let whole = fs::read_to_string(&file).unwrap();
    let cut = whole.rsplit_once("\n{").unwrap().0.to_owned() + "\n";
    for (text, why) in [(whole.replacen("attempt 1", "attempt 2", 1), "it was edited"), (cut, "was cut")] {
        fs::write(&file, text).unwrap();
        let said = workspace.baton(&["ledger", "verify", "--archive", file.to_str().unwrap()]).ended(1).stdout;
        assert!(said.contains("broken archive: ") && said.contains(why), "{said}");
    }
    let taken = workspace.baton(&["ledger", "verify", "--archive", "none.jsonl"]).ended(2);
    assert!(taken.stderr.contains("none.jsonl"), "{}", taken.stderr);
    workspace.drop_handoff("noop", "Done later");
    workspace.up_once();
    let refused = workspace.baton(&["ledger", "prune", "--before", "0s", "--archive", file.to_str().unwrap()]).ended(2);
    assert!(refused.stderr.contains("exists already"), "{}", refused.stderr);
    json_of(&workspace, &["verify"], 0);
}

#[test]
fn a_prune_while_the_daemon_runs_affects_no_task() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let mut archives = Vec::new();
    for round in 0..4 {
        for number in 0..10 {
            workspace.drop_handoff("noop", &format!("Round {round} number {number}"));
        }
        workspace.wait_for("work to be done", |workspace| {
            let done = workspace.status().iter().filter(|task| task.archived_at.is_some()).count();
            (done > round * 10).then_some(())
        });
        let pruned = prune(&workspace, &[]);
        archives.extend(pruned["archive"].as_str().map(str::to_owned));
        let given = archives.iter().flat_map(|archive| ["--archive", archive.as_str()]);
        json_of(&workspace, &["verify"].into_iter().chain(given).collect::<Vec<_>>(), 0);
    }
    workspace.wait_for("all to be done", |workspace| {
        let done = workspace.status().iter().filter(|task| task.archived_at.is_some()).count();
        (done == 40).then_some(())
    });
    assert!(!archives.is_empty());
    assert!(daemon.stop().success());
    assert_eq!((workspace.returns("Claude-MM1").len(), workspace.processed("noop").len()), (40, 40));
    json_of(&workspace, &["verify"], 0);
}
