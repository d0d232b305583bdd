//! The RETURN that Baton writes, in dialect R1. `executing_agent` is the plugin that did the work, or `baton` if no
//! plugin did it. In that case `on_behalf_of` is the recipient of the request.
//!
//! `status_update` is the state of the task. A partial or refused outcome has the state `failed`, so that a reader that
//! does not know `outcome` does not assume that the work is done.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::compose::{pretty, to_second};
use crate::{OutcomeKind, State};

/// A file that a RETURN lists.
#[derive(Clone, Debug)]
pub struct Deliverable {
    /// Relative to the workspace.
    pub path: String,
    /// As in HTTP: `text/markdown`.
    pub media_type: String,
}

/// The content of a RETURN.
#[derive(Clone, Debug)]
pub struct Return<'a> {
    /// The task that it answers.
    pub task: &'a str,
    /// The agent that did the work.
    pub executing: &'a str,
    /// The recipient of the request, if it did not do the work.
    pub on_behalf_of: Option<&'a str>,
    /// The requesting agent.
    pub originating: &'a str,
    /// The request's `handoff_id`, if it has one.
    pub handoff_id: Option<&'a str>,
    /// The path of the request's file.
    pub handoff_file: &'a str,
    /// The request's title.
    pub title: &'a str,
    /// The final state of the task.
    pub state: State,
    /// Absent if the plugin reported no outcome.
    pub outcome: Option<OutcomeKind>,
    /// The plugin's summary, or the reason why there is none.
    pub summary: &'a str,
    /// The next steps. The caller marks text of a plugin (`text::plugin_suggests`).
    pub next_steps: &'a [String],
    /// The files that were written.
    pub deliverables: &'a [Deliverable],
    /// The findings, one line each.
    pub findings: &'a [String],
    /// For a repeated request: the first task, which has the outcome.
    pub duplicate_of: Option<&'a str>,
    /// The head of the ledger's chain when the RETURN was written.
    pub ledger_head: &'a str,
    /// The time of creation.
    pub at: Timestamp,
}

impl Return<'_> {
    /// The file's content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let done = self.state == State::Succeeded;
        let some = done || self.outcome == Some(OutcomeKind::Partial);
        let deliverables: Vec<Value> =
            self.deliverables.iter().map(|file| json!({ "type": file.media_type, "path": file.path })).collect();
        let mut summary = json!({
            "work_completed": if some { vec![self.summary] } else { vec![] },
            "deliverables": deliverables,
            "key_findings": self.findings,
        });
        if let Some(summary) = summary.as_object_mut().filter(|_| !done) {
            summary.insert("blockers_remaining".to_owned(), json!([self.summary]));
        }
        let mut answer = json!({
            "type": "RETURN_HANDOFF",
            "return_handoff_id": format!("return-{}", self.task),
            "timestamp": to_second(self.at),
            "executing_agent": self.executing,
            "originating_agent": self.originating,
            "title": format!("RETURN: {}", self.title),
            "original_handoff": { "handoff_file": self.handoff_file, "handoff_id": self.handoff_id },
            "execution_summary": summary,
            "status_update": self.state.as_str(),
            "next_steps": self.next_steps,
            "archive_rule": "move_to_02_processed",
            "baton": { "task": self.task, "ledger_head": self.ledger_head },
        });
        let outcome = self.outcome.map(OutcomeKind::as_str);
        let known = [("outcome", outcome), ("on_behalf_of", self.on_behalf_of), ("duplicate_of", self.duplicate_of)];
        for (key, value) in known {
            if let Some((answer, value)) = answer.as_object_mut().zip(value) {
                answer.insert(key.to_owned(), json!(value));
            }
        }
        pretty(&answer)
    }

    /// The file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        crate::file_name::canonical(self.at, "RETURN", self.title, self.executing, self.task)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dialect, Kind, parse};
    use super::*;

    #[test]
    fn a_return_is_parsed_as_the_answer_to_its_request() {
        let findings = ["missing: a.py".to_owned()];
        let answer = Return {
            task: "0123abcd",
            executing: "audit",
            on_behalf_of: None,
            originating: "Claude-MM1",
            handoff_id: Some("h-1"),
            handoff_file: "handoffs/audit/01_inbox/x.json",
            title: "Audit",
            state: State::Succeeded,
            outcome: Some(OutcomeKind::Done),
            summary: "Audited 1 plan.",
            next_steps: &[],
            deliverables: &[Deliverable { path: "reports/R.md".to_owned(), media_type: "text/markdown".to_owned() }],
            findings: &findings,
            duplicate_of: None,
            ledger_head: "00",
            at: "2026-01-18T10:15:00Z".parse().unwrap(),
        };
        let read = parse(&answer.file_name(), &answer.to_bytes()).unwrap();
        assert_eq!((read.dialect, read.kind), (Dialect::R1, Kind::Return));
        assert_eq!((read.from.as_deref(), read.to.as_deref()), (Some("audit"), Some("Claude-MM1")));
        let original = read.original.unwrap();
        assert_eq!((original.handoff_id.as_deref(), original.file_name.as_deref()), (Some("h-1"), Some("x.json")));
    }

    #[test]
    fn a_partial_outcome_has_failed_and_lists_the_completed_work() {
        let next = ["baton run p a".to_owned()];
        let answer = |outcome: OutcomeKind| {
            let answer = Return {
                task: "0123abcd",
                executing: "p",
                on_behalf_of: None,
                originating: "Claude-MM1",
                handoff_id: None,
                handoff_file: "handoffs/p/01_inbox/x.json",
                title: "Do",
                state: outcome.state(),
                outcome: Some(outcome),
                summary: "1 of 2.",
                next_steps: &next,
                deliverables: &[],
                findings: &[],
                duplicate_of: None,
                ledger_head: "00",
                at: "2026-01-18T10:15:00Z".parse().unwrap(),
            };
            serde_json::from_slice::<Value>(&answer.to_bytes()).unwrap()
        };
        let partial = answer(OutcomeKind::Partial);
        let [status, outcome] = ["status_update", "outcome"].map(|key| partial[key].clone());
        assert_eq!([status, outcome], [json!("failed"), json!("partial")]);
        assert_eq!(partial["next_steps"], json!(["baton run p a"]));
        let summary = &partial["execution_summary"];
        assert_eq!(summary["work_completed"], json!(["1 of 2."]));
        assert_eq!(summary["blockers_remaining"], json!(["1 of 2."]));
        let refused = answer(OutcomeKind::Refused);
        assert_eq!(refused["execution_summary"]["work_completed"], json!([]));
        assert_eq!(refused["outcome"], json!("refused"));
    }
}
