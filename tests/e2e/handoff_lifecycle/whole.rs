//! The whole life of a handoff from the inbox to the archive, and its history in `why`.

use std::fs;

use baton_tests::{Event, Workspace, handoff, handoff_with, sha256, text};
use serde_json::{Value, json};

/// A plan that promises two files, one of which exists.
const PLAN: &str = "# Plan\n\n## Deliverables\n\n| File | Purpose |\n|---|---|\n| `src/here.py` | is there |\n\
                    | `src/gone.py` | is not |\n";

fn with_plan() -> Workspace {
    let workspace = Workspace::init();
    workspace.write("src/here.py", "print('here')\n");
    workspace.write("plans/FIRST_PLAN.md", PLAN);
    workspace
}

#[test]
fn an_audit_handoff_is_completed_while_the_daemon_runs() {
    let workspace = with_plan();
    let daemon = workspace.up_and_serving();
    let asked = handoff_with(
        "audit",
        "Audit the first plan",
        json!({ "action": "audit", "args": { "plans": ["plans/FIRST_PLAN.md"] } }),
    );
    workspace.drop_file("audit", "ask.json", text(&asked));
    let task = workspace.wait_for_archive("Audit the first plan");

    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 1));
    assert_eq!(task.file.as_deref(), Some("handoffs/audit/02_processed/ask.json"));
    assert!(task.returned_at.is_some());
    assert_eq!(workspace.read_bytes("handoffs/audit/02_processed/ask.json"), text(&asked));
    assert!(workspace.inbox("audit").is_empty());

    let returns = workspace.returns_for("Claude-MM1", "id-audit-the-first-plan");
    let [answer] = returns.as_slice() else { panic!("{returns:#?}") };
    assert_eq!(answer["type"], "RETURN_HANDOFF");
    assert_eq!((&answer["executing_agent"], &answer["originating_agent"]), (&json!("audit"), &json!("Claude-MM1")));
    assert_eq!(answer["status_update"], "succeeded");
    let deliverables = answer.pointer("/execution_summary/deliverables").unwrap().as_array().unwrap();
    assert!(!deliverables.is_empty());
    let mut reports = String::new();
    for deliverable in deliverables {
        let path = deliverable["path"].as_str().unwrap();
        assert!(path.starts_with("reports/"), "{path}");
        reports.push_str(&workspace.read(path));
    }
    assert!(reports.contains("gone.py"), "{reports}");
    assert!(daemon.stop().success());
}

#[test]
fn why_shows_every_step_in_order_with_its_hash() {
    let workspace = with_plan();
    let asked = handoff_with("audit", "Audit all", json!({ "action": "audit" }));
    workspace.drop_file("audit", "ask.json", text(&asked));
    workspace.up_once();
    let task = workspace.task("Audit all");
    let why = workspace.why(&task.id);
    let mut actions = why.actions();
    actions.dedup();
    assert_eq!(actions, ["captured", "started", "succeeded", "wrote", "returned", "archived"]);
    let at = |event: &Event| event.at.trim_end_matches('Z').to_owned();
    assert!(why.events.is_sorted_by(|a, b| a.seq < b.seq && at(a) <= at(b)), "{:#?}", why.events);
    let input = sha256(&text(&asked));
    for event in &why.events {
        assert_eq!(event.hash.len(), 64, "{event:?}");
        assert_eq!(event.input_hash.as_deref(), Some(input.as_str()), "{event:?}");
    }
    let ended = &why.events[2];
    assert!(ended.plugin_digest.is_some() && ended.output_hash.is_some(), "{ended:?}");
    assert_eq!((why.events[0].actor.as_str(), ended.actor.as_str()), ("Claude-MM1", "audit"));
    assert!(why.findings.iter().any(|finding| finding.severity != "info" && finding.title.contains("gone.py")));
}

#[test]
fn why_finds_a_task_by_id_prefix_handoff_id_and_file_name() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Find me");
    workspace.up_once();
    let id = workspace.task("Find me").id;
    for name in [&id, &id[..8], "id-find-me", "Find-me.json", "handoffs/noop/02_processed/Find-me.json"] {
        assert_eq!(workspace.why(name).id, id, "{name}");
    }
    let unknown = workspace.baton(&["why", "nobody-knows", "--json"]).ended(2);
    assert!(unknown.stdout.is_empty() && unknown.stderr.contains("nobody-knows"), "{unknown:?}");
}

#[test]
fn the_archive_never_overwrites() {
    let workspace = Workspace::with_noop();
    let mut dropped = Vec::new();
    for title in ["One", "Two", "Three"] {
        let bytes = text(&handoff("noop", title));
        workspace.drop_file("noop", "same-name.json", &bytes);
        workspace.up_once();
        dropped.push(bytes);
    }
    let names = ["same-name.json", "same-name-2.json", "same-name-3.json"];
    for (name, bytes) in names.iter().zip(&dropped) {
        assert_eq!(&workspace.read_bytes(&format!("handoffs/noop/02_processed/{name}")), bytes, "{name}");
    }
    for (title, name) in ["One", "Two", "Three"].iter().zip(names) {
        assert_eq!(workspace.task(title).file_name(), name);
    }
}

#[test]
fn a_handoff_of_send_is_completed() {
    let workspace = Workspace::with_noop();
    let sent = workspace
        .baton(&[
            "send",
            "--to",
            "noop",
            "--from",
            "Claude-MM1",
            "--title",
            "Sent & done",
            "--action",
            "noop",
            "--arg",
            "n=3",
            "--json",
        ])
        .ended(0)
        .json();
    let file = sent["file"].as_str().unwrap();
    let written: Value = serde_json::from_slice(&fs::read(workspace.outside().join(file)).unwrap()).unwrap();
    assert_eq!(written["handoff_id"], sent["handoff_id"]);
    assert_eq!((&written["action"], &written["args"]), (&json!("noop"), &json!({ "n": 3 })));
    workspace.up_once();
    assert_eq!(workspace.task("Sent & done").state, "succeeded");
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}
