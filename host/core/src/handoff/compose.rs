//! The request that Baton writes: the canonical form, as dialect H1 with `action` and `args`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Chain, Priority};

/// A request to be written.
#[derive(Clone, Debug)]
pub struct Request {
    /// The RETURN refers to the request by this id.
    pub id: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// The action's arguments.
    pub args: Map<String, Value>,
    /// Markdown.
    pub body: String,
    /// The priority.
    pub priority: Priority,
    /// Two requests with the same key are the same request, even if their content differs.
    pub dedupe_key: Option<String>,
    /// The chain of handoffs that it continues.
    pub chain: Option<Chain>,
    /// The handoffs that must succeed first, by id.
    pub depends_on: Vec<String>,
    /// The deadline.
    pub deadline: Option<Timestamp>,
    /// The agent that receives the RETURN, if it is not the sender.
    pub reply_to: Option<String>,
    /// The time of creation.
    pub created_at: Timestamp,
}

impl Request {
    /// The file's content: a JSON object and a line feed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut object = json!({
            "handoff_id": self.id,
            "timestamp": to_second(self.created_at),
            "source_agent": self.from,
            "target_agent": self.to,
            "priority": capitalised(self.priority),
            "title": self.title,
            "action": self.action,
            "args": self.args,
            "required_action": self.body,
            "dedupe_key": self.dedupe_key,
            "chain_tracking": self.chain.as_ref().map(|chain| json!({ "chain_id": chain.id, "chain_phase": chain.phase })),
            "depends_on": Some(&self.depends_on).filter(|ids| !ids.is_empty()),
            "deadline": self.deadline.map(to_second),
            "reply_to": self.reply_to,
            "archive_rule": "move_to_02_processed",
        });
        if let Some(object) = object.as_object_mut() {
            object.retain(|_, value| !value.is_null());
        }
        pretty(&object)
    }

    /// The file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        let unique = crate::Digest::of(self.id.as_bytes()).short(8);
        crate::file_name::canonical(self.created_at, "HANDOFF", &self.title, &self.to, &unique)
    }
}

/// Indented JSON with a line feed at its end.
pub(super) fn pretty(value: &Value) -> Vec<u8> {
    let mut bytes = format!("{value:#}").into_bytes();
    bytes.push(b'\n');
    bytes
}

/// The time without fractions of a second, as agents write it.
pub(super) fn to_second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn capitalised(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "Low",
        Priority::Medium => "Medium",
        Priority::High => "High",
        Priority::Critical => "Critical",
    }
}

#[cfg(test)]
mod tests {
    use super::super::SCHEMA;
    use super::*;

    fn request() -> Request {
        Request {
            id: "h-1".to_owned(),
            from: "Claude-MM1".to_owned(),
            to: "audit".to_owned(),
            title: "Audit: all & more".to_owned(),
            action: Some("audit".to_owned()),
            args: [("plans".to_owned(), json!(["a.md"]))].into_iter().collect(),
            body: "Please.".to_owned(),
            priority: Priority::High,
            dedupe_key: None,
            chain: None,
            depends_on: Vec::new(),
            deadline: None,
            reply_to: None,
            created_at: "2026-01-18T10:15:00Z".parse().unwrap(),
        }
    }

    /// The violations of the published schema in an object.
    fn faults(object: &Value) -> Vec<String> {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "the schema is valid in draft 2020-12");
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        validator.iter_errors(object).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    #[test]
    fn a_composed_request_matches_the_schema() {
        let mut written = request();
        for priority in [Priority::Low, Priority::Medium, Priority::High, Priority::Critical] {
            written.priority = priority;
            written.dedupe_key = (priority == Priority::Low).then(|| "k".to_owned());
            written.action = written.action.filter(|_| priority != Priority::High);
            written.depends_on = if priority == Priority::Low { vec!["h-0".to_owned()] } else { Vec::new() };
            written.deadline = Some(written.created_at).filter(|_| priority == Priority::Low);
            written.reply_to = (priority == Priority::Low).then(|| "Codex-MM1".to_owned());
            let object: Value = serde_json::from_slice(&written.to_bytes()).unwrap();
            assert_eq!(faults(&object), [""; 0]);
        }
    }

    #[test]
    fn the_bundled_examples_match_the_schema() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../handoffs/examples");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let examples: Vec<_> =
            files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
        assert!(examples.len() >= 3);
        for path in examples {
            let object: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            assert_eq!(faults(&object), [""; 0], "{}", path.display());
        }
    }

    #[test]
    fn a_minimal_request_matches_the_schema_and_other_objects_do_not() {
        let least = json!({"handoff_id": "h", "source_agent": "A", "title": "Look", "else": 1});
        assert_eq!(faults(&least), [""; 0]);
        let rows = [
            ("title", json!("two\nlines")),
            ("title", json!("  ")),
            ("args", json!("plans=a.md")),
            ("priority", json!("soon")),
            ("handoff_id", json!(7)),
            ("handoff_id", json!("x".repeat(201))),
            ("timestamp", json!("2026-01-01")),
            ("depends_on", json!("h-0")),
        ];
        for (key, value) in rows {
            let mut object = least.clone();
            object[key] = value;
            assert_eq!(faults(&object).len(), 1, "{object}");
        }
        assert_eq!(faults(&json!({"handoff_id": "h"})).len(), 2);
    }

    #[test]
    fn a_composed_request_is_parsed_to_the_same_values() {
        let mut request = request();
        request.depends_on = vec!["h-0".to_owned(), "h-00".to_owned()];
        request.deadline = Some("2026-02-18T10:15:00Z".parse().unwrap());
        request.reply_to = Some("Codex-MM1".to_owned());
        let read = super::super::parse(&request.file_name(), &request.to_bytes()).unwrap();
        assert_eq!((read.id.as_deref(), read.action.as_deref()), (Some("h-1"), Some("audit")));
        assert_eq!(
            (read.title.as_str(), read.args, read.priority),
            (request.title.as_str(), request.args, Priority::High)
        );
        assert_eq!((read.body, read.created_at), (request.body, Some(request.created_at)));
        assert_eq!((read.depends_on, read.deadline), (request.depends_on, request.deadline));
        assert_eq!(read.reply_to, request.reply_to);
    }
}
