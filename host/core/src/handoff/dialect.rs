//! Converts JSON objects to [`Handoff`]: detects the dialect and finds the keys.
//!
//! The aliases of keys are in tables; the first match is used. A key with a value of an unexpected type is ignored,
//! because a handoff with a list instead of a text is still a request.

use jiff::Timestamp;
use serde_json::Value;

use super::error::ParseError;
use super::fields::{self, Object, brief, lines, one_line, priority_of, text, text_at, text_of, time_of, value_at};
use super::model::{Chain, Dialect, Handoff, Kind, Original};
use crate::file_name::FileName;

pub(super) const FROM: [&str; 3] = ["source_agent", "from", "created_by"];
pub(super) const TO: [&str; 5] = ["target_agent", "to", "agent", "assigned_agent", "agent_name"];
/// The keys of the author and the recipient of a RETURN. The keys of requests are used if these are absent.
pub(super) const RETURN_FROM: [&str; 4] = ["executing_agent", "source_agent", "from", "created_by"];
pub(super) const RETURN_TO: [&str; 4] = ["originating_agent", "target_agent", "to", "agent"];
pub(super) const TITLE: [&str; 5] = ["title", "task_title", "task_name", "handoff_topic", "subject"];
pub(super) const BODY: [&str; 6] =
    ["required_action", "required_actions", "handoff_instructions", "description", "problem_summary", "body"];
pub(super) const TIME: [&str; 3] = ["timestamp", "created_at", "created_date"];
pub(super) const KIND: [&str; 2] = ["type", "handoff_type"];
pub(super) const TASK: [&str; 2] = ["task_id", "agent_task_id"];
pub(super) const STATUS: [&str; 3] = ["status", "status_update", "outcome"];
pub(super) const CRITERIA: [&str; 2] = ["success_criteria", "acceptance_criteria"];
pub(super) const DEPENDS: [&str; 3] = ["depends_on", "depends_on_task", "dependencies"];
pub(super) const FOLLOWS: [&str; 2] = ["original_handoff_id", "parent_handoff_id"];
pub(super) const DEADLINE: [&str; 4] = ["deadline", "due_date", "due_at", "expires_at"];
/// Only a RETURN has one of these keys.
pub(super) const RETURN_MARKS: [&str; 7] = [
    "execution_summary",
    "executing_agent",
    "original_context",
    "original_handoff",
    "original_task",
    "originating_agent",
    "return_handoff_id",
];
/// An object with one of these keys, or a key of [`RETURN_MARKS`], is a handoff.
pub(super) const MARKS: [&str; 13] = [
    "action",
    "agent_task_id",
    "executing_agent",
    "handoff_id",
    "handoff_instructions",
    "handoff_reason",
    "handoff_type",
    "problem_summary",
    "required_action",
    "required_actions",
    "task_id",
    "task_title",
    "title",
];

/// Reads an object.
///
/// # Errors
/// [`ParseError::NotHandoff`] when the object has none of the keys of a handoff.
pub(super) fn read(object: Object, named: &FileName) -> Result<Handoff, ParseError> {
    if !MARKS.iter().chain(&RETURN_MARKS).any(|mark| object.contains_key(*mark)) {
        return Err(ParseError::NotHandoff(MARKS.join(", ")));
    }
    let dialect = dialect(&object);
    let kind = if matches!(dialect, Dialect::R1 | Dialect::R2) { Kind::Return } else { kind(&object, named) };
    let answer = kind == Kind::Return;
    let chain = |key: &str| text_at(&object, &["chain_tracking", key]);
    let mut repairs = Vec::new();
    Ok(Handoff {
        dialect,
        id: id(&object, answer),
        task_id: text_of(&object, &TASK).or_else(|| chain("agent_task_id")),
        dedupe_key: text_of(&object, &["dedupe_key"]).or_else(|| chain("dedupe_key")),
        from: from(&object, named, answer),
        to: to(&object, named, answer),
        title: title(&object, named),
        body: body(&object),
        action: text_of(&object, &["action"]),
        args: args(&object, &mut repairs),
        priority: priority(&object, &mut repairs),
        created_at: time_of(&object, &TIME).or(named.made_at),
        original: answer.then(|| original(&object, named)),
        status: status(&object),
        work_completed: first_lines(&object, &["work_completed"], &["context", "execution_summary"]),
        success_criteria: first_lines(&object, &CRITERIA, &[]),
        depends_on: first_lines(&object, &DEPENDS, &[]),
        chain: chain_of(&object),
        follows: text_of(&object, &FOLLOWS).filter(|_| !answer),
        deadline: deadline(&object, &mut repairs),
        reply_to: text_of(&object, &["reply_to"]).filter(|_| !answer),
        kind,
        raw: Some(Value::Object(object)),
        repairs,
    })
}

fn dialect(object: &Object) -> Dialect {
    let has = |key: &str| object.contains_key(key);
    let answer = text_of(object, &KIND).is_some_and(|word| Kind::of(&word) == Kind::Return);
    if RETURN_MARKS.iter().any(|mark| has(mark)) || answer && !has("handoff_id") && !has("original_handoff_id") {
        Dialect::R1
    } else if answer || has("original_handoff_id") && has("validation_results") {
        Dialect::R2
    } else if has("problem_summary") || has("required_actions") && has("assigned_agent") {
        Dialect::H3
    } else if has("task_title") || has("handoff_instructions") {
        if has("target_agent") || has("chain_tracking") { Dialect::H2b } else { Dialect::H2 }
    } else if has("urgency") && !has("deliverables") && !has("priority") && !has("action") {
        Dialect::H4
    } else {
        Dialect::H1
    }
}

fn kind(object: &Object, named: &FileName) -> Kind {
    let word = text_of(object, &KIND).or_else(|| named.kind.clone());
    Kind::of(word.as_deref().unwrap_or("HANDOFF"))
}

/// The id. A superseded request (with a `supersession_note`) has no `handoff_id`; its id is in `original_handoff_id`.
fn id(object: &Object, answer: bool) -> Option<String> {
    let own = text_of(object, &["handoff_id", "return_handoff_id"]);
    let superseded = !answer && object.contains_key("supersession_note");
    own.or_else(|| superseded.then(|| text_of(object, &["original_handoff_id"]))?)
}

/// The sender. If a RETURN names no sender, the sender is the agent in its file name.
fn from(object: &Object, named: &FileName, answer: bool) -> Option<String> {
    let written = text_of(object, if answer { &RETURN_FROM } else { &FROM });
    written.or_else(|| named.agent.clone().filter(|_| answer))
}

/// The recipient. If a request names no recipient, the recipient is the agent in its file name.
fn to(object: &Object, named: &FileName, answer: bool) -> Option<String> {
    let written = text_of(object, if answer { &RETURN_TO } else { &TO });
    written.or_else(|| named.agent.clone().filter(|_| !answer))
}

/// The title. The first of these that exists: a title key, the title of the original topic or task, the title in the file
/// name, the first line of `handoff_reason`, `Untitled`.
fn title(object: &Object, named: &FileName) -> String {
    let nested = || {
        let paths = [["original_context", "handoff_topic"], ["original_task", "task_title"]];
        paths.iter().find_map(|path| text_at(object, path))
    };
    let reason = || text_of(object, &["handoff_reason"]);
    let title = text_of(object, &TITLE).or_else(nested).or_else(|| named.title.clone()).or_else(reason);
    one_line(&title.unwrap_or_else(|| "Untitled".to_owned()))
}

fn body(object: &Object) -> String {
    let value = BODY.iter().find_map(|key| object.get(*key).filter(|value| !value.is_null()));
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(|item| format!("- {}\n", brief(item))).collect(),
        Some(Value::Object(map)) => map.iter().map(|(key, item)| format!("- {key}: {}\n", brief(item))).collect(),
        Some(other) => other.to_string(),
    }
}

fn args(object: &Object, repairs: &mut Vec<String>) -> Object {
    match object.get("args") {
        Some(Value::Object(args)) => args.clone(),
        None | Some(Value::Null) => Object::new(),
        Some(_) => {
            repairs.push("`args` is not an object; Baton ignores it".to_owned());
            Object::new()
        }
    }
}

fn deadline(object: &Object, repairs: &mut Vec<String>) -> Option<Timestamp> {
    let written: Vec<String> = DEADLINE.iter().filter_map(|key| text_of(object, &[key])).collect();
    fields::deadline(&written, repairs)
}

fn priority(object: &Object, repairs: &mut Vec<String>) -> super::Priority {
    let (priority, unknown) = priority_of(object);
    if let Some(unknown) = unknown {
        let unknown: String = one_line(&unknown).chars().take(40).collect();
        repairs.push(format!("`{unknown}` is not a priority; Baton uses {}", priority.as_str()));
    }
    priority
}

/// The references of a RETURN to its request: handoff id, file name, task id and token. The token is in the RETURN's file
/// name. Agents write the other references under several keys.
fn original(object: &Object, named: &FileName) -> Original {
    let first = |paths: &[&[&str]]| paths.iter().find_map(|path| text_at(object, path));
    let file =
        first(&[&["original_handoff", "handoff_file"], &["original_handoff_file"], &["original_handoff", "file"]]);
    Original {
        handoff_id: first(&[&["original_handoff", "handoff_id"], &["original_handoff_id"]]),
        file_name: file.map(|path| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()),
        task_id: first(&[
            &["original_task", "task_id"],
            &["original_handoff", "task_id"],
            &["original_context", "cross_agent_review_task", "id"],
            &["original_context", "task_id"],
            &["original_task_id"],
            &["originating_task_id"],
            &["task_id"],
        ]),
        // Baton's own RETURNs are named after Baton's task id, not after a task of the sender.
        token: named.token.clone().filter(|_| !object.contains_key("baton")),
    }
}

fn status(object: &Object) -> Option<String> {
    let paths = [["original_task", "status_update"], ["execution_summary", "status"]];
    let status = text_of(object, &STATUS).or_else(|| paths.iter().find_map(|path| text_at(object, path)));
    status.map(|status| one_line(&status))
}

/// The lines of the first non-empty key of `keys`, at the top level or inside one of `outer`.
fn first_lines(object: &Object, keys: &[&str], outer: &[&str]) -> Vec<String> {
    let own = keys.iter().map(|key| object.get(*key));
    let inner = outer.iter().flat_map(|outer| keys.iter().map(|key| value_at(object, &[outer, key])));
    own.chain(inner).map(lines).find(|lines| !lines.is_empty()).unwrap_or_default()
}

fn chain_of(object: &Object) -> Option<Chain> {
    let tracking = object.get("chain_tracking")?.as_object()?;
    let phase = text(tracking.get("chain_phase")).and_then(|phase| phase.parse().ok());
    let chain = Chain { id: text(tracking.get("chain_id")), phase };
    (chain != Chain::default()).then_some(chain)
}

#[cfg(test)]
mod tests;
