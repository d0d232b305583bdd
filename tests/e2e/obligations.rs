//! Open RETURNs: the compliance of each agent, reminders, escalation, and stale requests.

use std::thread::sleep;
use std::time::Duration;

use baton_tests::{Workspace, handoff, handoff_with, text};
use serde_json::{Value, json};

fn of<'a>(obligations: &'a Value, agent: &str) -> &'a Value {
    let agents = obligations["agents"].as_array().unwrap();
    agents.iter().find(|kept| kept["agent"] == agent).unwrap_or(&Value::Null)
}

fn answer(original: &Value) -> Vec<u8> {
    text(&json!({
        "type": "RETURN_HANDOFF", "executing_agent": "Cursor-MM1", "originating_agent": "Claude-MM1",
        "original_handoff": original, "status_update": "done",
    }))
}

#[test]
fn each_agents_obligations_are_counted_and_listed() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Done by a plugin");
    workspace.drop_handoff("Cursor-MM1", "Answered");
    workspace.drop_handoff("Cursor-MM1", "Open");
    let late = json!({ "handoff_id": "late", "source_agent": "Claude-MM1", "title": "Late", "deadline": "2026-01-01T00:00:00Z" });
    workspace.drop_file("Cursor-MM1", "late.json", text(&late));
    workspace.up_once();
    workspace.drop_file("Claude-MM1", "r.json", answer(&json!({ "handoff_id": "id-answered" })));
    workspace.up_once();
    let shown = workspace.baton(&["obligations", "--json"]).ended(0).json();
    let cursor = of(&shown, "Cursor-MM1");
    assert_eq!(
        cursor,
        &json!({
            "agent": "Cursor-MM1", "asked": 3, "answered": 1, "answered_by_other": 0, "reported": 1,
            "verified": 0, "refuted": 0, "open": 2, "overdue": 1, "stale": 0,
            "cancelled": 0, "undeliverable": 0, "compliance_rate": 50.0
        })
    );
    assert_eq!(of(&shown, "noop")["compliance_rate"], json!(100.0));
    let open: Vec<_> =
        shown["open"].as_array().unwrap().iter().map(|open| (&open["title"], &open["overdue"])).collect();
    assert!(
        open.contains(&(&json!("Late"), &json!(true))) && open.contains(&(&json!("Open"), &json!(false))),
        "{open:?}"
    );
    assert_eq!(of(&shown, "Claude-MM1"), &Value::Null, "a RETURN is not an open request");
    let table = workspace.baton(&["obligations"]).ended(0).stdout;
    assert!(table.contains("COMPLIANCE") && table.contains("overdue"), "{table}");
}

#[test]
fn a_return_is_matched_by_id_file_name_task_and_token() {
    let workspace = Workspace::with_noop();
    let task = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    for (name, more) in [
        ("by-id", json!({ "handoff_id": "h-1" })),
        ("by-file", json!({})),
        ("by-task", json!({ "task_id": "11111111-2222-3333-4444-555555555555" })),
        ("by-token", json!({ "task_id": task })),
    ] {
        let mut value = json!({ "title": name, "source_agent": "Claude-MM1", "required_action": name });
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        workspace.drop_file("Cursor-MM1", &format!("{name}.json"), text(&value));
    }
    workspace.up_once();
    workspace.drop_file("Claude-MM1", "1.json", answer(&json!({ "handoff_id": "h-1" })));
    workspace.drop_file("Claude-MM1", "2.json", answer(&json!({ "handoff_file": "/elsewhere/by-file.json" })));
    workspace.drop_file("Claude-MM1", "3.json", answer(&json!({ "task_id": "11111111-2222-3333-4444-555555555555" })));
    let token = "20260118T101500Z__RETURN__By-token__0a1b2c3dc6d7e8f9__Cursor-MM1.json";
    workspace.drop_file("Claude-MM1", token, answer(&json!({})));
    workspace.up_once();
    for name in ["by-id", "by-file", "by-task", "by-token"] {
        assert_eq!(workspace.task(name).state, "succeeded", "{name}");
    }
    assert!(workspace.inbox("Cursor-MM1").is_empty());
}

/// A workspace with a short escalation policy and a request in an agent's inbox.
fn waiting(patience: &str) -> Workspace {
    let workspace = Workspace::with_noop();
    workspace.write("baton.toml", workspace.read("baton.toml") + &format!("\n[escalation]\n{patience}\n"));
    workspace.drop_handoff("Cursor-MM1", "Forgotten");
    workspace.up_once();
    sleep(Duration::from_millis(50));
    workspace
}

fn notices(workspace: &Workspace, agent: &str, kind: &str) -> Vec<String> {
    workspace.inbox(agent).into_iter().filter(|name| name.contains(kind)).collect()
}

#[test]
fn older_names_of_settings_are_read_and_up_and_doctor_ask_to_rename_them() {
    let workspace = Workspace::with_noop();
    let older = "\n[agents.noop]\nretry = { attempts = 2, first_pause = \"1s\", longest_pause = \"2s\" }\n\
                 [external]\nremind_after = \"1ms\"\n";
    workspace.write("baton.toml", workspace.read("baton.toml") + older);
    workspace.drop_handoff("Cursor-MM1", "Forgotten");
    workspace.up_once();
    sleep(Duration::from_millis(50));
    let up = workspace.up_once();
    assert_eq!(notices(&workspace, "Cursor-MM1", "__REMINDER__").len(), 1);
    let doctor = workspace.baton(&["doctor"]);
    for said in [&up.stderr, &doctor.stdout] {
        for name in ["`initial_backoff`", "`max_backoff`", "`[escalation]`"] {
            assert_eq!(said.matches(name).count(), 1, "{name}: {said}");
        }
    }
}

#[test]
fn an_agent_is_reminded_once_and_then_the_sender_gets_a_notice() {
    let workspace = waiting("remind_after = \"1ms\"\nescalate_after = \"2ms\"\nreview_after = \"3ms\"");
    workspace.up_once();
    workspace.up_once();
    let [reminder] = notices(&workspace, "Cursor-MM1", "__REMINDER__").try_into().unwrap();
    let text: Value =
        serde_json::from_str(&workspace.read(&format!("handoffs/Cursor-MM1/01_inbox/{reminder}"))).unwrap();
    assert_eq!(text["original_handoff_id"], json!("id-forgotten"));
    assert_eq!(notices(&workspace, "Claude-MM1", "__ESCALATION__").len(), 1);
    let task = workspace.task("Forgotten");
    assert_eq!(task.state, "delivered");
    let actions = workspace.why(&task.id);
    for action in ["reminded", "escalated", "review"] {
        assert_eq!(actions.actions().iter().filter(|seen| **seen == action).count(), 1, "{action}");
    }
    assert_eq!(workspace.status().len(), 1, "a notice is not a task");
}

#[test]
fn an_unanswered_request_is_archived_as_stale_and_its_sender_gets_a_return() {
    let workspace = waiting("archive_after = \"1ms\"");
    workspace.up_once();
    let task = workspace.task("Forgotten");
    assert_eq!(task.state, "cancelled");
    assert_eq!(workspace.processed("Cursor-MM1"), ["Forgotten__STALE.json"]);
    assert_eq!(workspace.returns_for("Claude-MM1", "id-forgotten").len(), 1);
}

#[test]
fn only_a_return_of_the_agent_itself_improves_its_compliance() {
    let workspace = waiting("remind_after = \"1ms\"\narchive_after = \"1ms\"");
    workspace.up_once();
    let shown = workspace.baton(&["obligations", "--json"]).ended(0).json();
    let cursor = of(&shown, "Cursor-MM1");
    assert_eq!(
        (&cursor["answered"], &cursor["stale"], &cursor["compliance_rate"]),
        (&json!(0), &json!(1), &json!(0.0))
    );
    assert_eq!(shown["compliance_rate"], json!(0.0), "the RETURN of a stale request is Baton's");
    // Cancelled requests and requests that were never delivered do not count in the compliance of an agent.
    workspace.write("baton.toml", workspace.read("baton.toml").replace("1ms", "1d"));
    workspace.drop_handoff("Codex-MM1", "Not wanted");
    let circle = json!({ "handoff_id": "c", "source_agent": "Claude-MM1", "title": "Circle", "depends_on": ["c"] });
    workspace.drop_file("noop", "circle.json", text(&circle));
    workspace.up_once();
    workspace.baton(&["cancel", "id-not-wanted"]).ended(0);
    let shown = workspace.baton(&["obligations", "--json"]).ended(0).json();
    let codex = of(&shown, "Codex-MM1");
    assert_eq!(
        (&codex["answered"], &codex["cancelled"], &codex["compliance_rate"]),
        (&json!(0), &json!(1), &Value::Null)
    );
    let noop = of(&shown, "noop");
    assert_eq!((&noop["undeliverable"], &noop["compliance_rate"]), (&json!(1), &Value::Null), "{shown:#}");
}

#[test]
fn a_name_that_is_not_an_agent_owes_nothing() {
    let workspace = Workspace::with_noop();
    let asked = handoff_with("Codex-MM9", "For nobody", json!({ "target_agent": "Codex-MM9" }));
    workspace.write("handoffs/01_inbox/asked.json", text(&asked));
    workspace.up_once();
    let shown = workspace.baton(&["obligations", "--json"]).ended(0).json();
    assert_eq!(of(&shown, "Codex-MM9"), &Value::Null, "{shown:#}");
    let table = workspace.baton(&["obligations"]).ended(0).stdout;
    assert!(!table.lines().any(|line| line.starts_with("Codex-MM9")), "{table}");
}

#[test]
fn the_actor_is_in_the_events_and_in_the_return() {
    let workspace = waiting("archive_after = \"1ms\"");
    workspace.up_once();
    let event = |title: &str, action: &str| {
        let why = workspace.why(&workspace.task(title).id);
        why.events.iter().find(|event| event.action == action).map(|event| event.actor.clone()).unwrap_or_default()
    };
    assert_eq!(event("Forgotten", "captured"), "Claude-MM1", "the agent sent it");
    assert_eq!(event("Forgotten", "stale"), "baton");
    let executing = |id: &str| {
        let [answer] = workspace.returns_for("Claude-MM1", id).try_into().unwrap();
        (answer["executing_agent"].clone(), answer["on_behalf_of"].clone())
    };
    assert_eq!(executing("id-forgotten"), (json!("baton"), json!("Cursor-MM1")));

    workspace.write("baton.toml", workspace.read("baton.toml").replace("1ms", "1d"));
    for title in ["Cancelled", "Answered"] {
        workspace.drop_handoff("Cursor-MM1", title);
    }
    workspace.drop_handoff("noop", "Done");
    workspace.up_once();
    workspace.baton(&["cancel", "id-cancelled"]).ended(0);
    workspace.drop_file("Claude-MM1", "r.json", answer(&json!({ "handoff_id": "id-answered" })));
    workspace.up_once();
    assert_eq!(event("Cancelled", "cancelled"), "operator");
    assert_eq!(executing("id-cancelled"), (json!("baton"), json!("Cursor-MM1")));
    assert_eq!(event("Answered", "returned"), "Cursor-MM1");
    assert_eq!(event("Done", "succeeded"), "noop");
    assert_eq!(executing("id-done"), (json!("noop"), Value::Null));
    // A file cannot name the operator or Baton as the actor.
    for (number, name) in ["operator", "Baton"].into_iter().enumerate() {
        workspace.drop_handoff_with("Cursor-MM1", &format!("Forged {number}"), json!({ "source_agent": name }));
        workspace.up_once();
        assert_eq!(event(&format!("Forged {number}"), "captured"), "baton");
    }
}

#[test]
fn queued_work_of_a_plugin_never_gets_stale() {
    let workspace = Workspace::with_hostile();
    let patience = "\n[escalation]\nremind_after = \"1ms\"\narchive_after = \"1ms\"\n";
    workspace.write("baton.toml", workspace.read("baton.toml") + patience);
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    workspace.up_once();
    assert_eq!(workspace.task("ask-human").state, "needs_human");
    assert_eq!(workspace.inbox("hostile"), ["ask-human.json"]);
}

#[test]
fn a_return_that_is_captured_before_its_request_ends_the_request() {
    let workspace = Workspace::with_noop();
    let asked = handoff("Cursor-MM1", "Early");
    workspace.drop_file("Claude-MM1", "answer.json", answer(&json!({ "handoff_id": asked["handoff_id"] })));
    workspace.up_once();
    workspace.drop_file("Cursor-MM1", "asked.json", text(&asked));
    workspace.up_once();
    let task = workspace.task("Early");
    assert_eq!((task.state.as_str(), task.returned_at.is_some()), ("succeeded", true), "{task:#?}");
    assert_eq!(workspace.processed("Cursor-MM1"), ["asked.json"]);
    // One answer ends one request.
    workspace.drop_handoff_with("Cursor-MM1", "Later", json!({ "task_id": asked["task_id"] }));
    workspace.up_once();
    assert_eq!(workspace.task("Later").state, "delivered");
}

#[test]
fn answers_to_two_requests_of_one_task_are_two_answers() {
    let workspace = Workspace::with_noop();
    let titles = ["First half", "Second half"];
    for title in titles {
        workspace.drop_handoff("Cursor-MM1", title);
    }
    workspace.up_once();
    for (number, title) in titles.iter().enumerate() {
        let mut value: Value =
            serde_json::from_slice(&answer(&json!({ "handoff_id": handoff("x", title)["handoff_id"] }))).unwrap();
        value["task_id"] = json!("2e8e7c23-7358-810b-a1f3-cdb1f2f6bd5f");
        workspace.drop_file("Claude-MM1", &format!("answer-{number}.json"), text(&value));
    }
    workspace.up_once();
    for title in titles {
        assert_eq!(workspace.task(title).state, "succeeded", "{title}");
    }
}

#[test]
fn a_return_of_a_failure_starts_no_dependent_task() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("Cursor-MM1", "Ground");
    workspace.drop_handoff_with("noop", "House", json!({ "depends_on": ["id-ground"] }));
    workspace.up_once();
    let mut value: Value = serde_json::from_slice(&answer(&json!({ "handoff_id": "id-ground" }))).unwrap();
    value["status"] = json!("FAILED: no permit");
    workspace.drop_file("Claude-MM1", "answer.json", text(&value));
    workspace.up_once();
    assert_eq!(workspace.task("Ground").state, "failed");
    assert_eq!(workspace.task("House").state, "needs_human");
    assert_eq!(workspace.failed("Cursor-MM1"), ["Ground.json"]);
}

#[test]
fn reminders_do_not_start_the_plugin_that_waits_for_the_agent() {
    let workspace = waiting("remind_after = \"0s\"\nescalate_after = \"0s\"");
    workspace.drop_file(
        "Codex-MM1",
        "asked.json",
        text(&handoff_with("Codex-MM1", "For a plugin", json!({ "source_agent": "noop" }))),
    );
    workspace.up_once();
    workspace.up_once();
    workspace.up_once();
    assert!(workspace.tasks_of("noop").is_empty(), "{:#?}", workspace.tasks_of("noop"));
}
