//! Notices from Baton to an agent: the agent has not answered a request, or nobody has answered a request of the agent. A
//! notice needs no RETURN.

use jiff::Timestamp;
use serde_json::json;

use super::compose::{pretty, to_second};

/// The content of a notice.
#[derive(Clone, Debug)]
pub struct Notice<'a> {
    /// `REMINDER` or `ESCALATION`.
    pub kind: &'static str,
    /// The task of the unanswered request.
    pub task: &'a str,
    /// The recipient.
    pub to: &'a str,
    /// The request's own id, if it has one.
    pub handoff_id: Option<&'a str>,
    /// The request's title.
    pub title: &'a str,
    /// Markdown.
    pub text: &'a str,
    /// The time of the notice.
    pub at: Timestamp,
}

impl Notice<'_> {
    /// The file's content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty(&json!({
            "handoff_id": format!("{}-{}", self.kind.to_lowercase(), self.task),
            "type": self.kind,
            "timestamp": to_second(self.at),
            "source_agent": "baton",
            "target_agent": self.to,
            "priority": "High",
            "title": self.title(),
            "original_handoff_id": self.handoff_id,
            "required_action": self.text,
            "archive_rule": "move_to_02_processed",
            "baton": { "task": self.task },
        }))
    }

    /// The file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        crate::file_name::canonical(self.at, self.kind, self.title, self.to, self.task)
    }

    fn title(&self) -> String {
        let word = if self.kind == "REMINDER" { "Reminder" } else { "Escalation" };
        format!("{word}: {}", self.title)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, parse};
    use super::*;

    #[test]
    fn a_notice_is_a_request_of_baton() {
        let notice = Notice {
            kind: "REMINDER",
            task: "0123abcd",
            to: "Claude-MM1",
            handoff_id: Some("h-1"),
            title: "Fix it",
            text: "Please.",
            at: "2026-01-18T10:15:00Z".parse().unwrap(),
        };
        let read = parse(&notice.file_name(), &notice.to_bytes()).unwrap();
        assert_eq!(read.kind, Kind::Request("REMINDER".to_owned()));
        assert_eq!((read.from.as_deref(), read.to.as_deref()), (Some("baton"), Some("Claude-MM1")));
        assert_eq!((read.title.as_str(), read.follows.as_deref()), ("Reminder: Fix it", Some("h-1")));
    }
}
