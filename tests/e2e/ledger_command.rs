//! `baton ledger` and `baton backup`: a chain that anybody can verify, and a copy made while the daemon works.

use std::fs;
use std::path::{Path, PathBuf};

use baton_core::Digest;
use baton_tests::{Output, Workspace};
use serde_json::{Value, json};

/// The hash before the first event.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A workspace with work that succeeded and work that failed.
fn workspace_with_history() -> Workspace {
    let workspace = Workspace::with_hostile();
    workspace.drop_handoff("noop", "Done well");
    workspace.drop_file("noop", "broken.json", "{ nope");
    workspace.drop_action("hostile", "trap");
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    workspace
}

/// The chain's head in the RETURN for `title`.
fn head_of_return(workspace: &Workspace, title: &str) -> String {
    let id = format!("id-{}", title.to_lowercase().replace(' ', "-"));
    let returns = workspace.returns_for("Claude-MM1", &id);
    let [answer] = returns.as_slice() else { panic!("{returns:#?}") };
    answer.pointer("/baton/ledger_head").and_then(Value::as_str).unwrap().to_owned()
}

fn verify_json(workspace: &Workspace, more: &[&str], code: i32) -> Value {
    let report = workspace.baton(&[&["ledger", "verify", "--json"], more].concat()).ended(code).json();
    assert_eq!(report["schema"], json!(1));
    report
}

fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The hash of an exported event, computed by the rule in `baton ledger export --help`.
fn hash_of(event: &Value) -> String {
    let columns =
        ["prev", "task", "at", "actor", "action", "reason", "state", "input_hash", "output_hash", "plugin_digest"];
    let texts = columns.map(|column| match &event[column] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("{column}: {other}"),
    });
    Digest::of_parts(&texts.each_ref().map(String::as_bytes)).to_string()
}

/// Recomputes an exported chain from its lines; returns the number of events and the head.
#[track_caller]
fn recompute(export: &str) -> (usize, String) {
    let mut events = lines(export);
    let end = events.pop().unwrap();
    let mut head = GENESIS.to_owned();
    for (number, event) in (1..).zip(&events) {
        assert_eq!((&event["seq"], &event["prev"]), (&json!(number), &json!(head)));
        head = hash_of(event);
        assert_eq!(event["hash"], json!(head), "{event:#}");
    }
    assert_eq!(end, json!({ "schema": 1, "events": events.len(), "head": head }));
    (events.len(), head)
}

/// Creates a state folder whose ledger is `file`.
fn restore(workspace: &Workspace, file: &Path, name: &str) -> PathBuf {
    let state = workspace.outside().join(name);
    fs::create_dir(&state).unwrap();
    fs::copy(file, state.join("ledger.db")).unwrap();
    state
}

fn baton_with(workspace: &Workspace, state: &Path, args: &[&str]) -> Output {
    workspace.baton(&[&["--state", state.to_str().unwrap()], args].concat())
}

fn backup(workspace: &Workspace, name: &str) -> PathBuf {
    let file = workspace.outside().join(name);
    workspace.baton(&["backup", file.to_str().unwrap()]).ended(0);
    file
}

#[test]
fn after_real_work_the_ledger_is_sound() {
    let workspace = workspace_with_history();
    let report = verify_json(&workspace, &[], 0);
    let events: usize = workspace.status().iter().map(|task| workspace.why(&task.id).events.len()).sum();
    // One more event seals the rows.
    let events = events + 1;
    assert_eq!(report["events"], json!(events));
    assert_eq!((&report["sound"], &report["broken"], &report["asked"]), (&json!(true), &json!(null), &json!(null)));
    let said = workspace.baton(&["ledger", "verify"]).ended(0);
    let first = format!("sound: {events} events, head {}\n", report["head"].as_str().unwrap());
    assert!(said.stdout.starts_with(&first) && said.stdout.contains("\nrows sound: "), "{}", said.stdout);
    assert_eq!(said.stderr, "");
}

#[test]
fn the_head_in_a_return_is_found_in_the_chain() {
    let workspace = workspace_with_history();
    let head = head_of_return(&workspace, "Done well");
    let events = workspace.why(&workspace.task("Done well").id).events;
    let carried = events.iter().find(|event| event.hash == head).expect("the head is an event of the task");
    assert_eq!(carried.action, "succeeded");
    for asked in [&head, &head[..12], &head.to_uppercase()] {
        let report = verify_json(&workspace, &["--head", asked], 0);
        assert_eq!(report["asked"], json!({ "head": asked.to_lowercase(), "seq": carried.seq, "pruned": false }));
    }
    let said = workspace.baton(&["ledger", "verify", "--head", &head]).ended(0).stdout;
    assert!(said.contains(&format!("\nfound: {head} is the head at event {}\n", carried.seq)), "{said}");
}

#[test]
fn an_unknown_head_is_a_finding_and_an_invalid_head_is_an_error() {
    let workspace = workspace_with_history();
    let said = workspace.baton(&["ledger", "verify", "--head", &"ab".repeat(32)]).ended(1).stdout;
    assert!(said.starts_with("sound: ") && said.contains("cut or rewritten since"), "{said}");
    let report = verify_json(&workspace, &["--head", &"ab".repeat(32)], 1);
    assert_eq!(
        (&report["sound"], &report["broken"], &report["asked"]["seq"]),
        (&json!(false), &json!(null), &json!(null))
    );
    for wrong in ["abc", "0123456789xy", &"0".repeat(65)] {
        let refused = workspace.baton(&["ledger", "verify", "--head", wrong]).ended(2);
        assert!(refused.stdout.is_empty() && refused.stderr.contains("64 hexadecimal digits"), "{}", refused.stderr);
    }
}

#[test]
fn a_truncated_ledger_is_detected_with_the_head_of_a_return() {
    let workspace = workspace_with_history();
    let older = restore(&workspace, &backup(&workspace, "older.db"), "older");
    workspace.drop_handoff("noop", "Done later");
    workspace.up_once();
    let (before, after) = (head_of_return(&workspace, "Done well"), head_of_return(&workspace, "Done later"));
    for (head, code) in [(&before, 0), (&after, 1)] {
        baton_with(&workspace, &older, &["ledger", "verify", "--head", head]).ended(code);
        verify_json(&workspace, &["--head", head], 0);
    }
    baton_with(&workspace, &older, &["ledger", "verify"]).ended(0);
}

#[test]
fn an_event_that_was_edited_is_named() {
    let workspace = workspace_with_history();
    let file = backup(&workspace, "copy.db");
    // A word is replaced by one of the same length everywhere, so that the file stays a valid database.
    let mut bytes = fs::read(&file).unwrap();
    let places: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"attempt 1")).collect();
    for at in places {
        bytes[at..at + 9].copy_from_slice(b"attempt 9");
    }
    fs::write(&file, bytes).unwrap();
    let state = restore(&workspace, &file, "edited");
    let tasks = workspace.status();
    let started = tasks.iter().flat_map(|task| {
        let events = workspace.why(&task.id).events;
        events.into_iter().filter(|event| event.reason == "attempt 1").map(|event| (event.seq, task.id.clone()))
    });
    let (seq, task) = started.min().unwrap();
    let said = baton_with(&workspace, &state, &["ledger", "verify"]).ended(1);
    let expected = format!("broken at event {seq} of ");
    assert!(said.stdout.starts_with(&expected) && said.stdout.contains(&task), "{}", said.stdout);
    let report = baton_with(&workspace, &state, &["ledger", "verify", "--json"]).ended(1).json();
    assert_eq!((&report["broken"]["seq"], &report["broken"]["task"]), (&json!(seq), &json!(task)));
    assert_eq!((&report["sound"], &report["broken"]["wrong"]), (&json!(false), &json!("edited")));
    let exported = baton_with(&workspace, &state, &["ledger", "export"]).ended(0);
    let shown = lines(&exported.stdout).into_iter().find(|event| event["seq"] == json!(seq)).unwrap();
    assert_ne!(shown["hash"], json!(hash_of(&shown)), "the export shows it too");
}

#[test]
fn the_exported_chain_can_be_recomputed_from_its_lines() {
    let workspace = workspace_with_history();
    let exported = workspace.baton(&["ledger", "export"]).ended(0);
    let (events, head) = recompute(&exported.stdout);
    let report = verify_json(&workspace, &[], 0);
    assert_eq!((&report["events"], &report["head"]), (&json!(events), &json!(head)));
    let task = workspace.task("Done well");
    let of_task: Vec<_> = lines(&exported.stdout).into_iter().filter(|event| event["task"] == json!(task.id)).collect();
    for (told, event) in workspace.why(&task.id).events.iter().zip(&of_task) {
        assert_eq!((&event["action"], &event["hash"]), (&json!(told.action), &json!(told.hash)));
    }
    assert!(of_task.iter().any(|event| event["plugin_digest"].is_string() && event["input_hash"].is_string()));
}

#[test]
fn an_export_writes_a_new_file_and_never_overwrites_one() {
    let workspace = workspace_with_history();
    let file = workspace.outside().join("ledger.jsonl");
    let args = ["ledger", "export", "--out", file.to_str().unwrap()];
    let said = workspace.baton(&args).ended(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    let written = fs::read_to_string(&file).unwrap();
    recompute(&written);
    assert_eq!(written, workspace.baton(&["ledger", "export"]).ended(0).stdout);
    let refused = workspace.baton(&args).ended(2);
    assert!(refused.stderr.contains("exists already"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), written);
    let nowhere = workspace.baton(&["ledger", "export", "--out", "missing/ledger.jsonl"]).ended(2);
    assert!(nowhere.stderr.contains("missing/ledger.jsonl"), "{}", nowhere.stderr);
}

#[test]
fn a_backup_while_the_daemon_runs_is_complete_and_the_daemon_continues() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let mut copies = Vec::new();
    for round in 0..4 {
        for number in 0..10 {
            workspace.drop_handoff("noop", &format!("Round {round} number {number}"));
        }
        workspace.wait_for("work to begin", |workspace| (workspace.status().len() > round * 10).then_some(()));
        copies.push(backup(&workspace, &format!("{round}.db")));
        workspace.baton(&["ledger", "verify"]).ended(0);
        recompute(&workspace.baton(&["ledger", "export"]).ended(0).stdout);
    }
    workspace.wait_for("all to be done", |workspace| {
        let done = workspace.status().into_iter().filter(|task| task.archived_at.is_some()).count();
        (done == 40).then_some(())
    });
    for (round, copy) in copies.iter().enumerate() {
        let state = restore(&workspace, copy, &format!("state-{round}"));
        let report = baton_with(&workspace, &state, &["ledger", "verify", "--json"]).ended(0).json();
        verify_json(&workspace, &["--head", report["head"].as_str().unwrap()], 0);
        let tasks = baton_with(&workspace, &state, &["status", "--json"]).ended(0).json();
        assert!(tasks["tasks"].as_array().unwrap().len() > round * 10);
    }
    assert!(daemon.stop().success());
    assert_eq!(workspace.returns("Claude-MM1").len(), 40);
}

#[test]
fn a_restored_backup_can_be_served() {
    let workspace = workspace_with_history();
    let state = restore(&workspace, &backup(&workspace, "copy.db"), "restored");
    let before = verify_json(&workspace, &[], 0);
    workspace.drop_handoff("noop", "After the restore");
    let refused = baton_with(&workspace, &state, &["up", "--once"]).ended(1);
    assert!(refused.stderr.contains("--take-over"), "{}", refused.stderr);
    baton_with(&workspace, &state, &["up", "--once", "--take-over"]).ended(0);
    assert!(workspace.processed("noop").contains(&"After-the-restore.json".to_owned()));
    let head = head_of_return(&workspace, "After the restore");
    baton_with(&workspace, &state, &["ledger", "verify", "--head", &head]).ended(0);
    baton_with(&workspace, &state, &["ledger", "verify", "--head", before["head"].as_str().unwrap()]).ended(0);
    let untouched = verify_json(&workspace, &["--head", &head], 1);
    assert_eq!(untouched["events"], before["events"], "the original has no record of it");
}

#[test]
fn a_backup_overwrites_nothing_and_prints_its_content() {
    let workspace = workspace_with_history();
    let file = workspace.outside().join("copy.db");
    let path = file.to_str().unwrap();
    let said = workspace.baton(&["backup", path]).ended(0);
    let report = verify_json(&workspace, &[], 0);
    let head = report["head"].as_str().unwrap();
    assert_eq!(said.stdout, format!("{path}: {} events, head {head}\n", report["events"]));
    let bytes = fs::read(&file).unwrap();
    let refused = workspace.baton(&["backup", path]).ended(2);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("exists already"), "{}", refused.stderr);
    assert!(fs::read(&file).unwrap() == bytes);
    let nowhere = workspace.baton(&["backup", "missing/copy.db"]).ended(2);
    assert!(nowhere.stderr.contains("missing/copy.db"), "{}", nowhere.stderr);
    let here = Output::of(workspace.command().arg("-w").arg(workspace.root()).args(["backup", "here.db"])).ended(0);
    assert!(here.stdout.starts_with("here.db: ") && workspace.outside().join("here.db").is_file());
}

#[test]
fn without_a_ledger_there_is_nothing_to_check_or_copy() {
    let workspace = Workspace::with_noop();
    let copy = workspace.outside().join("copy.db");
    let copy = copy.to_str().unwrap();
    for args in [["ledger", "verify"].as_slice(), &["ledger", "export"], &["backup", copy]] {
        let refused = workspace.baton(args).ended(2);
        assert!(refused.stdout.is_empty() && refused.stderr.contains("there is no ledger"), "{}", refused.stderr);
    }
    let place = Workspace::empty();
    for args in [["ledger", "verify"].as_slice(), &["ledger", "export"], &["backup", copy]] {
        let refused = Output::of(place.command().args(args)).ended(2);
        assert!(refused.stderr.contains("baton init"), "{}", refused.stderr);
    }
    assert!(!Path::new(copy).exists());
}
