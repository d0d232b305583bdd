//! The normalised handoff. Everything in it comes from an untrusted file.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a file asks for or answers, whatever its dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Handoff {
    /// How it was written.
    pub dialect: Dialect,
    /// Request or answer.
    pub kind: Kind,
    /// `handoff_id`.
    pub id: Option<String>,
    /// `task_id` and its aliases.
    pub task_id: Option<String>,
    /// `dedupe_key`, also inside `chain_tracking`.
    pub dedupe_key: Option<String>,
    /// Who asks, as written.
    pub from: Option<String>,
    /// Who is asked, as written.
    pub to: Option<String>,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// `action`; absent means the agent's default.
    pub action: Option<String>,
    /// `args`.
    pub args: Map<String, Value>,
    /// How urgent.
    pub priority: Priority,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// What a RETURN answers.
    pub original: Option<Original>,
    /// The whole object, where the file was JSON.
    pub raw: Option<Value>,
    /// What had to be mended to read it, one sentence each.
    pub mended: Vec<String>,
}

/// What a RETURN says of the request that it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Original {
    /// The request's `handoff_id`.
    pub handoff_id: Option<String>,
    /// The request's file name, without folders.
    pub file_name: Option<String>,
}

/// How a handoff was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The handoff object: `handoff_id`, `handoff_reason`, `required_action`, `success_criteria`, …
    H1,
    /// The trigger: `task_title`, `handoff_instructions`, `agent_name`, …
    H2,
    /// Troubleshooting: `problem_summary`, `required_actions`, …
    H3,
    /// The minimal protocol form: H1 with `urgency` and without deliverables.
    H4,
    /// The RETURN object: `executing_agent`, `originating_agent`, …
    R1,
    /// A RETURN in the shape of H1: `handoff_type: "RETURN"`.
    R2,
    /// A Markdown trigger.
    Markdown,
}

impl Dialect {
    /// The public name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::H1 => "H1",
            Self::H2 => "H2",
            Self::H3 => "H3",
            Self::H4 => "H4",
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::Markdown => "Markdown",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Request or answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request: `HANDOFF` and everything that is no RETURN, by its own word (`VALIDATION`, `REVIEW`, …).
    Request(String),
    /// An answer. Never run; opens no obligation.
    Return,
}

impl Kind {
    /// The word for file names and tables.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Request(word) => word,
            Self::Return => "RETURN",
        }
    }
}

/// How urgent the sender says it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// The usual.
    #[default]
    Medium,
    /// Before the usual.
    High,
    /// Before all.
    Critical,
}

impl Priority {
    /// Reads a priority in the words that agents use; unknown words are `None`.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "critical" | "urgent" | "blocker" | "p0" | "highest" => Some(Self::Critical),
            "high" | "p1" => Some(Self::High),
            "medium" | "normal" | "standard" | "p2" => Some(Self::Medium),
            "low" | "p3" | "lowest" => Some(Self::Low),
            _ => None,
        }
    }

    /// The public name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
