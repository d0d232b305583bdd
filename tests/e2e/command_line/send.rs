//! `baton send`: what it checks, what it prints, and waiting for the outcome.

use std::thread;
use std::time::{Duration, Instant};

use baton_tests::{Output, Workspace, text};
use serde_json::{Value, json};

use super::fails;

const FROM: [&str; 5] = ["send", "--from", "Claude-MM1", "--title", "Do it"];

fn send(workspace: &Workspace, more: &[&str]) -> Output {
    workspace.baton(&[FROM.as_slice(), more].concat())
}

/// The id that `send` prints.
fn id(run: Output) -> String {
    run.ended(0).stdout.trim().to_owned()
}

/// Runs `baton send … --wait` on another thread.
fn waiting(workspace: &Workspace, more: &[&str]) -> thread::JoinHandle<Output> {
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(FROM).args(more).arg("--wait");
    thread::spawn(move || Output::of(&mut command))
}

/// The only file in an inbox.
fn written(workspace: &Workspace, folder: &str) -> Value {
    let names = workspace.list(folder);
    assert_eq!(names.len(), 1, "{names:?}");
    let file = names.first().map(|name| format!("{folder}/{name}")).unwrap_or_default();
    serde_json::from_str(&workspace.read(&file)).unwrap_or_default()
}

#[test]
fn wrong_requests_are_refused_before_anything_is_written() {
    let workspace = Workspace::with_noop();
    for (more, words) in [
        (vec!["--to", "nop"], "did you mean `noop`?"),
        (vec!["--to", "noop", "--action", "nopo"], "did you mean `noop`?"),
        (vec!["--to", "audit", "--action", "dance"], "`audit` has no action `dance`; it has: "),
        (vec!["--to", "audit", "--action", "health", "--args-json", "{\"logs\":3}"], "do not fit"),
        (vec!["--to", "noop", "--depends-on", "h-nothing"], "`h-nothing`"),
        (vec!["--to", "noop", "--deadline", "tomorrow"], "`tomorrow` is not a time"),
        (vec!["--to", "noop", "--deadline", "2026-01-18T10:15:00"], "is not a time"),
        (vec!["--to", "noop", "--deadline", "2026-01-18T10:15:00Z"], "has passed"),
        (vec!["--to", "noop", "--reply-to", "Cdoex-MM1"], "did you mean `Codex-MM1`?"),
        (vec!["--to", "noop", "--broadcast"], "--broadcast"),
        (vec![], "--to"),
        (vec!["--broadcast", "--action", "health", "--args-json", "{\"logs\":3}"], "audit: "),
    ] {
        fails(send(&workspace, &more), 2, &[words]);
    }
    for agent in ["noop", "audit", "Codex-MM1"] {
        assert_eq!(workspace.inbox(agent), [""; 0]);
    }
    assert_eq!(workspace.list("handoffs/01_inbox"), [""; 0]);
}

#[test]
fn the_id_is_printed_and_json_has_the_file_too() {
    let workspace = Workspace::with_noop();
    let id = id(send(&workspace, &["--to", "noop"]));
    assert!(id.starts_with("h-") && !id.contains(char::is_whitespace), "{id}");
    assert_eq!(written(&workspace, "handoffs/noop/01_inbox")["handoff_id"], json!(id));
    let run = send(&workspace, &["--to", "Codex", "--json"]);
    assert_eq!(run.code, 2, "an agent is never guessed");
    let run = send(&workspace, &["--to", "Codex-MM1", "--json", "--deadline", "2h"]).ended(0);
    let (json, file) = (run.json(), written(&workspace, "handoffs/Codex-MM1/01_inbox"));
    assert_eq!((&json["schema"], &json["to"], &json["tasks"]), (&json!(1), &json!("Codex-MM1"), &Value::Null));
    assert_eq!(json["handoff_id"], file["handoff_id"]);
    assert!(json["file"].as_str().is_some_and(|name| name.contains("handoffs/Codex-MM1/01_inbox/")), "{json}");
    assert!(file["deadline"].as_str().is_some_and(|at| at.ends_with('Z')), "{file}");
}

#[test]
fn a_dependency_may_still_be_in_an_inbox_and_delays_the_request() {
    let workspace = Workspace::with_noop();
    let first = id(send(&workspace, &["--to", "Codex-MM1"]));
    let second = id(workspace.baton(&[
        "send",
        "--from",
        "Claude-MM1",
        "--title",
        "Then",
        "--to",
        "noop",
        "--depends-on",
        &first,
    ]));
    workspace.up_once();
    assert_eq!(workspace.task("Then").state, "waiting");
    let answer = json!({ "type": "RETURN_HANDOFF", "executing_agent": "Codex-MM1", "status": "done",
        "original_handoff": { "handoff_id": first } });
    workspace.drop_file("Claude-MM1", "20260118T101500Z__RETURN__Do-it__Codex-MM1.json", text(&answer));
    workspace.up_once();
    assert_eq!(workspace.task("Then").state, "succeeded");
    // Now the task is in the ledger, where it is found by its id and by its title.
    for name in [second.as_str(), "Then"] {
        send(&workspace, &["--to", "noop", "--depends-on", name]).ended(0);
    }
}

#[test]
fn waiting_ends_with_the_outcome() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    let done = send(&workspace, &["--to", "noop", "--wait"]).ended(0);
    assert!(done.stdout.starts_with("h-") && done.stdout.lines().count() == 1, "{}", done.stdout);
    assert!(done.stderr.contains("noop: succeeded: Did nothing."), "{}", done.stderr);
    assert!(!done.stderr.contains("no `baton up`"), "{}", done.stderr);
    assert_eq!(workspace.returns_for("Claude-MM1", done.stdout.trim()).len(), 1, "its RETURN is there");
    let failed = send(&workspace, &["--to", "hostile", "--action", "trap", "--wait", "--json"]).ended(1).json();
    assert_eq!((&failed["ended"], &failed["tasks"][0]["state"]), (&json!(true), &json!("failed")));
    let since = Instant::now();
    let late = send(&workspace, &["--to", "Codex-MM1", "--wait", "--deadline", "1s"]).ended(3);
    assert!(late.stderr.contains("no outcome before the deadline"), "{}", late.stderr);
    assert!(since.elapsed() < Duration::from_secs(20));
    assert!(daemon.stop().success());
}

#[test]
fn waiting_reports_a_missing_daemon_and_ends_after_a_daemon_ran() {
    let workspace = Workspace::with_noop();
    let waiting = waiting(&workspace, &["--to", "noop"]);
    workspace.wait_for("the file", |workspace| (!workspace.inbox("noop").is_empty()).then_some(()));
    workspace.up_once();
    let run = waiting.join().unwrap().ended(0);
    assert!(run.stderr.contains("no `baton up` serves this workspace"), "{}", run.stderr);
}

#[test]
fn the_return_is_sent_to_the_agent_of_reply_to() {
    let workspace = Workspace::with_noop();
    let sent = id(send(&workspace, &["--to", "noop", "--reply-to", "codex mm1"]));
    let delivered = id(send(&workspace, &["--to", "Cursor-MM1", "--reply-to", "Codex-MM1"]));
    workspace.drop_handoff_with("audit", "Refused", json!({ "reply_to": "Codex-MM1", "action": "dance" }));
    workspace.up_once();
    assert_eq!(workspace.returns_for("Codex-MM1", &sent).len(), 1);
    assert_eq!(workspace.returns_for("Codex-MM1", "id-refused").len(), 1);
    assert_eq!(workspace.returns("Claude-MM1"), [""; 0], "the requesting agent gets no RETURN");
    assert_eq!(workspace.task("Refused").from.as_deref(), Some("Claude-MM1"));
    // An external agent finds the recipient of its RETURN in the file.
    assert_eq!(written(&workspace, "handoffs/Cursor-MM1/01_inbox")["reply_to"], json!("Codex-MM1"));
    workspace.baton(&["cancel", &delivered]).ended(0);
    assert_eq!(workspace.returns_for("Codex-MM1", &delivered).len(), 1);
    assert_eq!(workspace.returns("Claude-MM1"), [""; 0]);
}

#[test]
fn a_broadcast_goes_to_all_agents_and_a_second_run_starts_nothing() {
    let workspace = Workspace::init();
    let sent = send(&workspace, &["--broadcast"]);
    assert!(sent.stderr.contains("reaches no plugin"), "{}", sent.stderr);
    let sent = id(sent);
    assert_eq!(written(&workspace, "handoffs/01_inbox")["target_agent"], json!("all"));
    workspace.up_once();
    let tasks = workspace.tasks("Do it");
    let agents: Vec<_> = tasks.iter().map(|task| (task.agent.as_str(), task.state.as_str())).collect();
    assert_eq!(agents.len(), 3, "{agents:?}");
    for expected in [("*", "succeeded"), ("Codex-MM1", "delivered"), ("Cursor-MM1", "delivered")] {
        assert!(agents.contains(&expected), "{agents:?}");
    }
    assert!(tasks.iter().all(|task| task.handoff_id.as_deref() == Some(&sent)));
    workspace.up_once();
    assert_eq!(workspace.status().len(), 3, "a second run starts nothing");
}

#[test]
fn a_broadcast_with_an_action_runs_in_the_plugins_that_have_it() {
    let workspace = Workspace::with_noop();
    let waiting = waiting(&workspace, &["--broadcast", "--action", "noop", "--json", "--deadline", "20s"]);
    workspace.wait_for("the file", |workspace| (!workspace.list("handoffs/01_inbox").is_empty()).then_some(()));
    workspace.up_once();
    // The external agents have not answered.
    let waited = waiting.join().unwrap().ended(3).json();
    let tasks = waited["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 3, "{waited:#}");
    assert!(
        tasks.iter().any(|task| task["agent"] == json!("noop") && task["state"] == json!("succeeded")),
        "{waited:#}"
    );
}
