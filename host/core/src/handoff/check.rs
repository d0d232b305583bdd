//! Finds problems in a readable handoff: values that Baton ignores because of their type, and unknown keys. This module
//! does not check agents or the arguments of actions.

use serde_json::Value;

use super::dialect::{
    BODY, CRITERIA, DEADLINE, DEPENDS, FOLLOWS, FROM, KIND, MARKS, RETURN_FROM, RETURN_MARKS, RETURN_TO, STATUS, TASK,
    TIME, TITLE, TO,
};
use super::fields::{self, Object};
use super::model::Handoff;
use crate::names;
use crate::nearest::{VERY_ALIKE, nearest};

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The value is ignored, or the request cannot succeed.
    Error,
    /// The request can succeed, but may not be what the sender wants.
    Warning,
}

names!(Severity, "severity", Error = "error", Warning = "warning");

/// A problem of a handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The severity.
    pub severity: Severity,
    /// The problem as a sentence that names the key.
    pub what: String,
}

impl Problem {
    /// A problem with the severity error.
    #[must_use]
    pub fn error(what: impl Into<String>) -> Self {
        Self { severity: Severity::Error, what: what.into() }
    }

    /// A problem with the severity warning.
    #[must_use]
    pub fn warning(what: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, what: what.into() }
    }
}

/// The type that a value must have. Baton ignores a value of another type.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Lines,
    Moment,
    Object,
}

impl Form {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => matches!(value, Value::String(_) | Value::Number(_)),
            Self::Lines => matches!(value, Value::String(_) | Value::Number(_) | Value::Array(_)),
            Self::Moment => fields::text(Some(value)).is_none_or(|text| fields::time(&text).is_some()),
            Self::Object => value.is_object(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Lines => "a list of texts",
            Self::Moment => "a time with its zone, such as 2026-01-18T10:15:00Z",
            Self::Object => "an object",
        }
    }
}

/// Keys of the canonical form that determine the task.
const DECISIVE: [(&str, Form); 12] = [
    ("handoff_id", Form::Text),
    ("source_agent", Form::Text),
    ("target_agent", Form::Text),
    ("title", Form::Text),
    ("action", Form::Text),
    ("args", Form::Object),
    ("task_id", Form::Text),
    ("dedupe_key", Form::Text),
    ("depends_on", Form::Lines),
    ("original_handoff_id", Form::Text),
    ("reply_to", Form::Text),
    ("deadline", Form::Moment),
];

/// Keys that Baton reads and that are in no alias table of `dialect`. [`DECISIVE`] has the types of some of them.
const READ: [&str; 15] = [
    "action",
    "archive_rule",
    "args",
    "chain_tracking",
    "context",
    "dedupe_key",
    "deliverables",
    "handoff_id",
    "original_handoff_file",
    "original_task_id",
    "originating_task_id",
    "priority",
    "reply_to",
    "urgency",
    "work_completed",
];

/// Keys that Baton passes on to the agent.
const HANDED_ON: [&str; 46] = [
    "agent_type",
    "artifacts",
    "baton",
    "blockers",
    "blocking_issue",
    "blocking_issues",
    "coordination_requirements",
    "current_state",
    "downstream_agent",
    "downstream_handoff_required",
    "downstream_task",
    "duplicate_of",
    "estimated_duration",
    "execution_log",
    "files_to_edit",
    "files_to_review",
    "findings",
    "impact",
    "key_findings",
    "next_actions",
    "next_handoff",
    "next_steps",
    "notes",
    "notion_task_url",
    "notion_url",
    "on_behalf_of",
    "original_handoff_id",
    "project_id",
    "project_name",
    "project_title",
    "project_url",
    "recommendations",
    "related_issue_url",
    "related_resources",
    "return_to",
    "search_queries",
    "status_details",
    "summary",
    "supersession_note",
    "task_url",
    "technical_details",
    "troubleshooting_steps_completed",
    "validation_results",
    "validation_status",
    "validation_type",
    "version",
];

/// The problems of a handoff, without reading other files. Markdown is not checked.
#[must_use]
pub fn problems(handoff: &Handoff) -> Vec<Problem> {
    let Some(Value::Object(object)) = &handoff.raw else { return Vec::new() };
    let mut problems = wrong_types(object);
    problems.extend(unread_time(handoff, object));
    problems.extend(unknown_keys(object));
    problems
}

fn wrong_types(object: &Object) -> Vec<Problem> {
    let written = |key: &str| object.get(key).filter(|value| !value.is_null());
    let wrong = DECISIVE.iter().filter_map(|(key, form)| Some((key, form, written(key)?)));
    let wrong = wrong.filter(|(_, form, value)| !form.fits(value));
    wrong
        .map(|(key, form, value)| {
            Problem::error(format!("`{key}` is {}, expected {}; Baton ignores it", shown(value), form.name()))
        })
        .collect()
}

fn unread_time(handoff: &Handoff, object: &Object) -> Option<Problem> {
    let (key, written) = TIME.iter().find_map(|key| Some((key, object.get(*key).filter(|value| !value.is_null())?)))?;
    let unread = handoff.created_at.is_none() && !Form::Moment.fits(written);
    let text = || format!("`{key}` is {}, expected {}", shown(written), Form::Moment.name());
    unread.then(|| Problem::warning(text()))
}

/// Unknown keys: one problem for each key that is similar to a known key, and one problem for all other keys.
fn unknown_keys(object: &Object) -> Vec<Problem> {
    let read: Vec<&str> = [
        FROM.as_slice(),
        &TO,
        &RETURN_FROM,
        &RETURN_TO,
        &TITLE,
        &BODY,
        &TIME,
        &KIND,
        &TASK,
        &STATUS,
        &CRITERIA,
        &DEPENDS,
        &FOLLOWS,
        &DEADLINE,
        &MARKS,
        &RETURN_MARKS,
        &READ,
    ]
    .concat();
    let unknown = object.keys().filter(|key| !read.contains(&key.as_str()) && !HANDED_ON.contains(&key.as_str()));
    let (mut problems, mut others) = (Vec::new(), Vec::new());
    for key in unknown {
        let key = short(key);
        match nearest(&key, read.iter().copied(), VERY_ALIKE) {
            Some(near) => {
                problems.push(Problem::warning(format!("unknown key `{key}`; did you mean `{near}`?")));
            }
            None => others.push(key),
        }
    }
    if !others.is_empty() {
        let names = others.iter().take(LISTED).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let more = others.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        problems
            .push(Problem::warning(format!("unknown keys, which Baton passes on but does not read: {names}{more}")));
    }
    problems
}

/// The maximum number of listed unknown keys.
const LISTED: usize = 10;

/// The maximum length of a key or value in a message, in characters.
const SHOWN: usize = 60;

fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => short(&other.to_string()),
    }
}

fn short(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::handoff::{SCHEMA, parse};

    fn found(mut value: Value) -> Vec<String> {
        let least = json!({ "handoff_id": "h", "source_agent": "A", "title": "Look" });
        if let (Some(object), Value::Object(least)) = (value.as_object_mut(), least) {
            for (key, value) in least {
                object.entry(key).or_insert(value);
            }
        }
        let handoff = parse("a.json", value.to_string().as_bytes()).unwrap();
        problems(&handoff)
            .into_iter()
            .map(|problem| format!("{}: {}", problem.severity.as_str(), problem.what))
            .collect()
    }

    #[test]
    fn ignored_values_are_errors() {
        for (value, words) in [
            (json!({ "args": "plans=a.md" }), "error: `args` is \"plans=a.md\", expected an object"),
            (json!({ "action": ["audit"] }), "error: `action` is a list, expected a text"),
            (json!({ "handoff_id": true }), "error: `handoff_id` is true, expected a text"),
            (json!({ "depends_on": { "id": "x" } }), "error: `depends_on` is an object, expected a list of texts"),
            (json!({ "deadline": "tomorrow" }), "error: `deadline` is \"tomorrow\", expected a time with its zone"),
            (json!({ "timestamp": "2026-01-18" }), "warning: `timestamp` is \"2026-01-18\", expected a time"),
        ] {
            let found = found(value.clone());
            assert!(found.len() == 1 && found[0].starts_with(words), "{value}: {found:?}");
        }
        let fine = json!({ "args": null, "depends_on": "h-0", "deadline": 1_767_225_600, "task_id": 7 });
        assert_eq!(found(fine), [""; 0]);
    }

    #[test]
    fn unknown_keys_are_warnings_with_a_similar_known_key() {
        assert_eq!(
            found(json!({ "handof_id": "x", "colour": "blue", "wind": 3 })),
            [
                "warning: unknown key `handof_id`; did you mean `handoff_id`?",
                "warning: unknown keys, which Baton passes on but does not read: `colour`, `wind`"
            ]
        );
        let many: Object = (0..100).map(|number| (format!("zz{number}"), Value::Null)).collect();
        assert!(found(Value::Object(many))[0].ends_with(" and 90 more"));
    }

    #[test]
    fn every_key_of_the_schema_is_known() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let keys = schema["properties"].as_object().unwrap().keys();
        let all: Object = keys.map(|key| (key.clone(), Value::Null)).collect();
        assert_eq!(unknown_keys(&all), []);
    }
}
