//! JSON objects to [`Handoff`]: which dialect it is and which key holds what.
//!
//! The aliases stand in tables, first match wins. A key with a value of an unexpected type is passed over, never an
//! error: an agent that writes a list where others write text still asked for something.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::model::{Dialect, Handoff, Kind, Original, Priority};
use super::parse::ParseError;
use crate::file_name::FileName;

const FROM: [&str; 3] = ["source_agent", "from", "created_by"];
const TO: [&str; 5] = ["target_agent", "to", "agent", "assigned_agent", "agent_name"];
const TITLE: [&str; 5] = ["title", "task_title", "task_name", "handoff_topic", "subject"];
const BODY: [&str; 6] =
    ["required_action", "handoff_instructions", "required_actions", "description", "problem_summary", "body"];
const TIME: [&str; 3] = ["timestamp", "created_at", "created_date"];
/// One of these makes an object a handoff.
const MARKS: [&str; 12] = [
    "action",
    "agent_task_id",
    "executing_agent",
    "handoff_id",
    "handoff_instructions",
    "handoff_reason",
    "handoff_type",
    "required_action",
    "required_actions",
    "task_id",
    "task_title",
    "title",
];

/// Reads an object.
///
/// # Errors
/// [`ParseError::NotHandoff`] when none of the keys that make a handoff is there.
pub(super) fn read(object: Map<String, Value>, named: &FileName) -> Result<Handoff, ParseError> {
    if !MARKS.iter().any(|mark| object.contains_key(*mark)) {
        return Err(ParseError::NotHandoff(MARKS.join(", ")));
    }
    let dialect = dialect(&object);
    let answer = matches!(dialect, Dialect::R1 | Dialect::R2);
    let chain = |key: &str| object.get("chain_tracking").and_then(|chain| text(chain.get(key)));
    let mut mended = Vec::new();
    Ok(Handoff {
        dialect,
        kind: if answer { Kind::Return } else { kind(&object, named) },
        id: text_of(&object, &["handoff_id", "return_handoff_id"]),
        task_id: text_of(&object, &["task_id", "agent_task_id"]).or_else(|| chain("agent_task_id")),
        dedupe_key: text_of(&object, &["dedupe_key"]).or_else(|| chain("dedupe_key")),
        from: if dialect == Dialect::R1 { text_of(&object, &["executing_agent"]) } else { text_of(&object, &FROM) },
        to: if dialect == Dialect::R1 { text_of(&object, &["originating_agent"]) } else { text_of(&object, &TO) },
        title: title(&object, named),
        body: body(&object),
        action: text_of(&object, &["action"]),
        args: args(&object, &mut mended),
        priority: priority(&object),
        created_at: text_of(&object, &TIME).and_then(|time| time.parse::<Timestamp>().ok()).or(named.made_at),
        original: answer.then(|| original(&object)),
        raw: Some(Value::Object(object)),
        mended,
    })
}

fn dialect(object: &Map<String, Value>) -> Dialect {
    let has = |key: &str| object.contains_key(key);
    let kind = text_of(object, &["type", "handoff_type"]).unwrap_or_default().to_ascii_uppercase();
    if has("executing_agent") || (kind.starts_with("RETURN") && !has("handoff_id")) {
        Dialect::R1
    } else if kind.starts_with("RETURN") || has("original_handoff_id") && has("validation_results") {
        Dialect::R2
    } else if has("problem_summary") || has("required_actions") && has("assigned_agent") {
        Dialect::H3
    } else if has("task_title") || has("handoff_instructions") {
        Dialect::H2
    } else if has("urgency") && !has("deliverables") && !has("priority") && !has("action") {
        Dialect::H4
    } else {
        Dialect::H1
    }
}

fn kind(object: &Map<String, Value>, named: &FileName) -> Kind {
    let own = text_of(object, &["type", "handoff_type"]);
    let word = own.or_else(|| named.kind.clone()).unwrap_or_else(|| "HANDOFF".to_owned());
    let word: String = word.to_uppercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if word == "RETURN" { Kind::Return } else { Kind::Request(word) }
}

/// The title, else what the file is about in its first line, else what its name says.
fn title(object: &Map<String, Value>, named: &FileName) -> String {
    let nested = || object.get("original_context").and_then(|c| text(c.get("handoff_topic")));
    let reason = || text_of(object, &["handoff_reason"]);
    let title = text_of(object, &TITLE).or_else(nested).or_else(|| named.title.clone()).or_else(reason);
    one_line(&title.unwrap_or_else(|| "Untitled".to_owned()))
}

/// The first line of `text`, at most 200 characters of it.
pub(super) fn one_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect()
}

fn body(object: &Map<String, Value>) -> String {
    let value = BODY.iter().find_map(|key| object.get(*key).filter(|value| !value.is_null()));
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(|item| format!("- {}\n", brief(item))).collect(),
        Some(Value::Object(map)) => map.iter().map(|(key, item)| format!("- {key}: {}\n", brief(item))).collect(),
        Some(other) => other.to_string(),
    }
}

fn brief(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => match text_of(map, &["action", "title", "step", "description"]) {
            Some(text) => text,
            None => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn args(object: &Map<String, Value>, mended: &mut Vec<String>) -> Map<String, Value> {
    match object.get("args") {
        Some(Value::Object(args)) => args.clone(),
        None | Some(Value::Null) => Map::new(),
        Some(_) => {
            mended.push("`args` is not an object and was left out".to_owned());
            Map::new()
        }
    }
}

fn priority(object: &Map<String, Value>) -> Priority {
    ["priority", "urgency"]
        .iter()
        .find_map(|key| object.get(*key).and_then(Value::as_str).and_then(Priority::read))
        .unwrap_or_default()
}

fn original(object: &Map<String, Value>) -> Original {
    let inside = |outer: &str, key: &str| object.get(outer).and_then(|inner| text(inner.get(key)));
    let file = inside("original_handoff", "handoff_file").or_else(|| text_of(object, &["original_handoff_file"]));
    Original {
        handoff_id: inside("original_handoff", "handoff_id").or_else(|| text_of(object, &["original_handoff_id"])),
        file_name: file.map(|path| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()),
    }
}

/// A value as text: trimmed, not empty.
fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The first of `keys` that holds text.
fn text_of(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(object.get(*key)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn handoff(value: &Value) -> Handoff {
        read(value.as_object().unwrap().clone(), &FileName::default()).unwrap()
    }

    #[test]
    fn reads_the_handoff_object() {
        let read = handoff(&json!({
            "handoff_id": "h-1", "source_agent": "Claude-MM1", "target_agent": "audit", "title": "Audit", "priority": "High",
            "timestamp": "2026-01-15T21:59:23.716569+00:00", "action": "audit", "args": {"plans": ["a.md"]},
            "required_action": "Do it.", "chain_tracking": {"dedupe_key": "k"}
        }));
        assert_eq!((read.dialect, read.priority), (Dialect::H1, Priority::High));
        assert_eq!((read.from.as_deref(), read.to.as_deref()), (Some("Claude-MM1"), Some("audit")));
        assert_eq!((read.dedupe_key.as_deref(), read.body.as_str()), (Some("k"), "Do it."));
        assert_eq!(read.created_at.unwrap().to_string(), "2026-01-15T21:59:23.716569Z");
    }

    #[test]
    fn reads_the_trigger_with_its_aliases() {
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
    fn arguments_that_are_no_object_are_left_out_and_said() {
        let read = handoff(&json!({"title": "x", "args": "plans=a"}));
        assert!(read.args.is_empty());
        assert_eq!(read.mended.len(), 1);
    }
}
