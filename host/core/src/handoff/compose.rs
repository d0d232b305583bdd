//! The request that Baton writes: canonical, in the shape of H1, with `action` and `args`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Priority;

/// A request to be written.
#[derive(Clone, Debug)]
pub struct Request {
    /// The id by which the RETURN will name it.
    pub id: String,
    /// Who asks.
    pub from: String,
    /// Who is asked.
    pub to: String,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// The action's arguments.
    pub args: Map<String, Value>,
    /// Markdown.
    pub body: String,
    /// How urgent.
    pub priority: Priority,
    /// Equal for equal requests, where the sender knows better than the content.
    pub dedupe_key: Option<String>,
    /// When.
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

/// The moment without fractions of a second, as agents write it.
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
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let request = Request {
            id: "h-1".to_owned(),
            from: "Claude-MM1".to_owned(),
            to: "audit".to_owned(),
            title: "Audit: all & more".to_owned(),
            action: Some("audit".to_owned()),
            args: [("plans".to_owned(), json!(["a.md"]))].into_iter().collect(),
            body: "Please.".to_owned(),
            priority: Priority::High,
            dedupe_key: None,
            created_at: "2026-01-18T10:15:00Z".parse().unwrap(),
        };
        let read = super::super::parse(&request.file_name(), &request.to_bytes()).unwrap();
        assert_eq!((read.id.as_deref(), read.action.as_deref()), (Some("h-1"), Some("audit")));
        assert_eq!(
            (read.title.as_str(), read.args, read.priority),
            (request.title.as_str(), request.args, Priority::High)
        );
        assert_eq!((read.body, read.created_at), (request.body, Some(request.created_at)));
    }
}
