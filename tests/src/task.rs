//! Tasks as the program prints them. A missing or new field fails the test, because the format is public.

use serde::Deserialize;

/// A task of `status --json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the design")]
pub struct Task {
    pub id: String,
    pub handoff_id: Option<String>,
    pub agent: String,
    pub from: Option<String>,
    pub title: String,
    pub action: Option<String>,
    pub state: String,
    pub outcome: Option<String>,
    pub evidence: Option<String>,
    pub reason: String,
    pub attempts: u32,
    pub file: Option<String>,
    pub created_at: String,
    pub returned_at: Option<String>,
    pub archived_at: Option<String>,
}

impl Task {
    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or_default()
    }

    /// True if the task has ended, so that nothing more happens to it automatically.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self.state.as_str(),
            "succeeded" | "disputed" | "failed" | "dead" | "cancelled" | "duplicate" | "rejected"
        )
    }
}

/// The answer of `why --json`, without the fields of the task.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the design")]
pub struct TaskDetails {
    pub id: String,
    pub state: String,
    pub events: Vec<Event>,
    pub findings: Vec<Finding>,
    pub flags: Vec<Flag>,
    pub checks: Vec<Check>,
    pub used: std::collections::BTreeMap<String, LimitUsage>,
}

/// A limit in `why --json`, and how much of it the last attempt used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct LimitUsage {
    pub used: u64,
    pub limit: u64,
    pub hit: bool,
}

impl TaskDetails {
    /// The actions of the events, in order.
    #[must_use]
    pub fn actions(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.action.as_str()).collect()
    }
}

/// An event of `why --json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the design")]
pub struct Event {
    pub seq: u64,
    pub at: String,
    pub actor: String,
    pub action: String,
    pub reason: String,
    pub state: String,
    pub input_hash: Option<String>,
    pub output_hash: Option<String>,
    pub plugin_digest: Option<String>,
    pub hash: String,
}

/// A finding of `why --json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct Finding {
    pub id: String,
    pub severity: String,
    pub title: String,
    pub evidence: String,
}

/// A finding of another plugin about the task, in `why --json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the design")]
pub struct Flag {
    pub id: String,
    pub severity: String,
    pub title: String,
    pub evidence: String,
    pub by: String,
    pub task: String,
}

/// A check of a RETURN, in `why --json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the design")]
pub struct Check {
    pub r#return: String,
    pub by: String,
    pub task: String,
    pub at: String,
    pub evidence: String,
    pub reasons: Vec<String>,
}
