//! Each dialect with the fewest keys that identify it, and the aliases.

use serde_json::json;

use super::super::model::Priority;
use super::*;

fn handoff(value: &Value) -> Handoff {
    read(value.as_object().unwrap().clone(), &FileName::default()).unwrap()
}

#[test]
fn reads_the_handoff_object() {
    let read = handoff(&json!({
        "handoff_id": "h-1", "source_agent": "Claude-MM1", "target_agent": "audit", "title": "Audit", "priority": "High",
        "timestamp": "2026-01-16T20:58:24.615842+00:00", "action": "audit", "args": {"plans": ["a.md"]},
        "required_action": "Do it.", "chain_tracking": {"dedupe_key": "k"}
    }));
    assert_eq!((read.dialect, read.priority), (Dialect::H1, Priority::High));
    assert_eq!((read.from.as_deref(), read.to.as_deref()), (Some("Claude-MM1"), Some("audit")));
    assert_eq!((read.dedupe_key.as_deref(), read.body.as_str()), (Some("k"), "Do it."));
    assert_eq!(read.created_at.unwrap().to_string(), "2026-01-16T20:58:24.615842Z");
}

#[test]
fn reads_the_task_form_with_its_aliases() {
    let read = handoff(&json!({
        "task_id": "2e4e7361", "task_title": "Fix it", "agent_name": "Cursor-MM1", "handoff_instructions": "Now.",
        "created_at": "2026-01-01T00:00:00Z"
    }));
    assert_eq!((read.dialect, read.title.as_str(), read.body.as_str()), (Dialect::H2, "Fix it", "Now."));
    assert_eq!((read.to.as_deref(), read.task_id.as_deref()), (Some("Cursor-MM1"), Some("2e4e7361")));
}

#[test]
fn reads_both_forms_of_a_return() {
    let read = handoff(&json!({
        "type": "RETURN_HANDOFF", "executing_agent": "Claude Code Agent", "originating_agent": "Cursor MM1 Agent",
        "original_handoff": {"handoff_file": "/w/Claude/01_inbox/a.json", "handoff_id": "h"}
    }));
    assert_eq!((read.dialect, read.kind.clone()), (Dialect::R1, Kind::Return));
    assert_eq!(read.from.as_deref(), Some("Claude Code Agent"));
    assert_eq!(read.original.unwrap().file_name.as_deref(), Some("a.json"));
    let read = handoff(&json!({
        "handoff_id": "r", "handoff_type": "RETURN", "original_handoff_id": "h", "source_agent": "A", "target_agent": "B"
    }));
    assert_eq!((read.dialect, read.to.as_deref()), (Dialect::R2, Some("B")));
    assert_eq!(read.original.unwrap().handoff_id.as_deref(), Some("h"));
}

#[test]
fn reads_troubleshooting_and_the_minimal_form() {
    let read = handoff(&json!({
        "handoff_type": "troubleshooting", "title": "Down", "assigned_agent": "X", "problem_summary": {"issue": "502"},
        "required_actions": [{"order": 1, "action": "Restart"}]
    }));
    assert_eq!((read.dialect, read.body.as_str()), (Dialect::H3, "- Restart\n"));
    let read = handoff(&json!({"handoff_id": "h", "handoff_reason": "Blocked.\nMore.", "urgency": "Critical"}));
    assert_eq!((read.dialect, read.title.as_str(), read.priority), (Dialect::H4, "Blocked.", Priority::Critical));
}

#[test]
fn arguments_that_are_not_an_object_are_ignored_and_reported() {
    let read = handoff(&json!({"title": "x", "args": "plans=a"}));
    assert!(read.args.is_empty());
    assert_eq!(read.repairs.len(), 1);
}

fn named(name: &str, value: &Value) -> Handoff {
    read(value.as_object().unwrap().clone(), &crate::file_name::parse(name)).unwrap()
}

#[test]
fn reads_the_task_form_with_a_target_agent_and_a_chain() {
    let read = handoff(&json!({
        "task_id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "task_title": "Mend it", "title": "Mend", "target_agent": "B",
        "required_action": "Now.", "handoff_instructions": "Later.", "success_criteria": "It runs.", "status": "Ready",
        "depends_on_task": "t-1", "created_at": 1_767_225_600,
        "chain_tracking": {"agent_task_id": "t-2", "dedupe_key": "handoff_t-2", "chain_id": "c", "chain_phase": 3}
    }));
    assert_eq!((read.dialect, read.title.as_str(), read.body.as_str()), (Dialect::H2b, "Mend", "Now."));
    assert_eq!((read.success_criteria, read.depends_on), (vec!["It runs.".to_owned()], vec!["t-1".to_owned()]));
    assert_eq!((read.dedupe_key.as_deref(), read.status.as_deref()), (Some("handoff_t-2"), Some("Ready")));
    assert_eq!(read.task_id.as_deref(), Some("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"));
    assert_eq!(read.chain, Some(Chain { id: Some("c".to_owned()), phase: Some(3) }));
    assert_eq!(read.created_at.unwrap().to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn each_alias_of_a_key_is_read() {
    let rows = [
        (json!({"agent": "B"}), "to"),
        (json!({"assigned_agent": "B"}), "to"),
        (json!({"agent_name": "B"}), "to"),
        (json!({"to": "B"}), "to"),
        (json!({"acceptance_criteria": ["done"]}), "criteria"),
        (json!({"context": {"work_completed": "half"}}), "work"),
        (json!({"work_completed": ["half"]}), "work"),
        (json!({"chain_tracking": {"agent_task_id": "t"}}), "task"),
        (json!({"agent_task_id": "t"}), "task"),
        (json!({"depends_on": ["a", {"task_id": "b"}]}), "depends"),
    ];
    for (mut value, what) in rows {
        value["title"] = json!("x");
        let read = handoff(&value);
        let found = match what {
            "to" => read.to.as_deref() == Some("B"),
            "criteria" => read.success_criteria == ["done"],
            "work" => read.work_completed == ["half"],
            "task" => read.task_id.as_deref() == Some("t"),
            _ => read.depends_on == ["a", "b"],
        };
        assert!(found && read.repairs.is_empty(), "{value}: {read:#?}");
    }
}

#[test]
fn the_references_of_a_return_are_read_in_each_form() {
    let read = handoff(&json!({
        "type": "RETURN_HANDOFF", "executing_agent": "A", "originating_agent": "B",
        "original_context": {"handoff_topic": "The pump", "cross_agent_review_task": {"id": "t-1", "url": "u"}},
        "execution_summary": {"work_completed": ["mended"]}
    }));
    assert_eq!(
        (read.dialect, read.title.as_str(), read.work_completed),
        (Dialect::R1, "The pump", vec!["mended".to_owned()])
    );
    assert_eq!(read.original.unwrap().task_id.as_deref(), Some("t-1"));
    let read = handoff(&json!({
        "type": "RETURN_HANDOFF", "original_task": {"task_id": "t-2", "task_title": "The valve", "status_update": "Completed"}
    }));
    assert_eq!(
        (read.dialect, read.title.as_str(), read.status.as_deref()),
        (Dialect::R1, "The valve", Some("Completed"))
    );
    assert_eq!(read.original.unwrap().task_id.as_deref(), Some("t-2"));
    let read = handoff(&json!({
        "handoff_type": "RETURN", "original_handoff_id": "h", "source_agent": "A", "target_agent": "B", "status": "PASS"
    }));
    assert_eq!((read.dialect, read.from.as_deref(), read.status.as_deref()), (Dialect::R2, Some("A"), Some("PASS")));
}

#[test]
fn the_file_name_supplies_missing_values() {
    let asked = named("20260304T050607Z__VALIDATION__Mend-the-pump__Claude-MM1.json", &json!({"handoff_id": "h"}));
    assert_eq!((asked.kind.as_str(), asked.title.as_str()), ("VALIDATION", "Mend the pump"));
    assert_eq!((asked.from, asked.to.as_deref()), (None, Some("Claude-MM1")));
    let name = "20260304T050607Z__RETURN_HANDOFF__Pump-mended__0a1b2c3d__Codex-MM1.json";
    let answer = named(name, &json!({"handoff_id": "h"}));
    assert_eq!((answer.kind, answer.from.as_deref(), answer.to), (Kind::Return, Some("Codex-MM1"), None));
    assert_eq!(answer.original.unwrap().token.as_deref(), Some("0a1b2c3d"));
    let own = named(name, &json!({"type": "RETURN_HANDOFF", "executing_agent": "A", "baton": {"task": "0a1b2c3d"}}));
    assert_eq!(own.original.unwrap().token, None);
}

#[test]
fn a_handoff_about_a_return_is_a_request() {
    let name = "20260304T050607Z__HANDOFF__20260303T000000Z__RETURN__Pump__Claude-MM1.json";
    assert_eq!(named(name, &json!({"title": "x"})).kind.as_str(), "HANDOFF");
}

#[test]
fn a_superseded_request_keeps_its_id() {
    let read =
        handoff(&json!({"handoff_reason": "Old.", "original_handoff_id": "h", "supersession_note": {"reason": "new"}}));
    assert_eq!((read.dialect, read.id.as_deref(), read.original), (Dialect::H1, Some("h"), None));
}

#[test]
fn an_unknown_priority_is_reported_and_a_number_is_accepted() {
    let read = handoff(&json!({"title": "x", "priority": "whenever", "urgency": null}));
    assert_eq!(read.repairs, ["`whenever` is not a priority; Baton uses medium"]);
    assert_eq!(handoff(&json!({"title": "x", "priority": 0})).priority, Priority::Critical);
    assert_eq!(handoff(&json!({"title": "x", "priority": "?", "urgency": "High"})).priority, Priority::High);
}
