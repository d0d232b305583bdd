//! The normalised handoff. All its values come from an untrusted file.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::names;

/// A request or an answer, in any dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Handoff {
    /// The dialect of the file.
    pub dialect: Dialect,
    /// Request or answer.
    pub kind: Kind,
    /// `handoff_id`.
    pub id: Option<String>,
    /// `task_id` and its aliases.
    pub task_id: Option<String>,
    /// `dedupe_key`, also inside `chain_tracking`.
    pub dedupe_key: Option<String>,
    /// The requesting agent, as written.
    pub from: Option<String>,
    /// The recipient, as written.
    pub to: Option<String>,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// `action`; absent means the agent's default.
    pub action: Option<String>,
    /// `args`.
    pub args: Map<String, Value>,
    /// The priority.
    pub priority: Priority,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// For a RETURN: its references to the request.
    pub original: Option<Original>,
    /// The status of the work in the sender's words: the outcome of a RETURN, or the status that an agent added to a
    /// Markdown handoff.
    pub status: Option<String>,
    /// Completed work, one line for each item.
    pub work_completed: Vec<String>,
    /// Success criteria, one line for each.
    pub success_criteria: Vec<String>,
    /// Handoffs or tasks that must succeed first, by id, as written.
    pub depends_on: Vec<String>,
    /// The chain of handoffs that it belongs to.
    pub chain: Option<Chain>,
    /// The handoff that a request follows up or reviews, by id.
    pub follows: Option<String>,
    /// The deadline.
    pub deadline: Option<Timestamp>,
    /// The agent that receives the RETURN, as written, if it is not the sender.
    pub reply_to: Option<String>,
    /// The whole object, if the file was JSON.
    pub raw: Option<Value>,
    /// The repairs that were necessary to read the file, one sentence each.
    pub repairs: Vec<String>,
}

/// The references of a RETURN to the request that it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Original {
    /// The request's `handoff_id`.
    pub handoff_id: Option<String>,
    /// The request's file name, without folders.
    pub file_name: Option<String>,
    /// The request's task id.
    pub task_id: Option<String>,
    /// As [`FileName::token`](crate::file_name::FileName::token), from the RETURN's name. It is only a hint, because
    /// many tasks can have the same eight digits.
    pub token: Option<String>,
}

/// A chain of handoffs, `chain_tracking`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// `chain_id`.
    pub id: Option<String>,
    /// `chain_phase`: the position in the chain, from 1.
    pub phase: Option<u32>,
}

/// The dialect of a handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The handoff object: `handoff_id`, `handoff_reason`, `required_action`, `success_criteria`, …
    H1,
    /// The task form: `task_title`, `handoff_instructions`, `agent_name`, …
    H2,
    /// H2 with `target_agent`, `required_action` and `chain_tracking`.
    H2b,
    /// Troubleshooting: `problem_summary`, `required_actions`, …
    H3,
    /// The minimal protocol form: H1 with `urgency` and without deliverables.
    H4,
    /// The RETURN object: `executing_agent`, `originating_agent`, …
    R1,
    /// A RETURN in the shape of H1: `handoff_type: "RETURN"`.
    R2,
    /// A Markdown handoff.
    Markdown,
}

names!(
    Dialect,
    "dialect",
    H1 = "H1",
    H2 = "H2",
    H2b = "H2b",
    H3 = "H3",
    H4 = "H4",
    R1 = "R1",
    R2 = "R2",
    Markdown = "Markdown",
);

/// Request or answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request: `HANDOFF` and every other type except RETURN, with the word in the file (`VALIDATION`, `REVIEW`, …).
    Request(String),
    /// An answer. Baton never runs it, and it needs no RETURN.
    Return,
}

impl Kind {
    /// The kind for a word in a file or a name. `RETURN` and words that begin with it are answers.
    #[must_use]
    pub fn of(word: &str) -> Self {
        let word: String =
            word.trim().to_uppercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        if word == "RETURN" || word.starts_with("RETURN_") { Self::Return } else { Self::Request(word) }
    }

    /// The word for file names and tables.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Request(word) => word,
            Self::Return => "RETURN",
        }
    }
}

/// The priority that the sender chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Lower than the default.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Higher than the default.
    High,
    /// The highest.
    Critical,
}

names!(Priority, "priority", Low = "low", Medium = "medium", High = "high", Critical = "critical",);

impl Priority {
    /// Parses the first word that names a priority (`🔴 High (today)`), or a number: 0 is the most urgent, as in `P0`.
    /// `None` for other texts.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        text.split(|c: char| !c.is_ascii_alphanumeric()).find_map(Self::word)
    }

    fn word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "critical" | "urgent" | "blocker" | "highest" | "p0" | "0" => Some(Self::Critical),
            "high" | "p1" | "1" => Some(Self::High),
            "medium" | "normal" | "standard" | "p2" | "2" => Some(Self::Medium),
            "low" | "lowest" | "p3" | "p4" | "p5" | "3" | "4" | "5" => Some(Self::Low),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_words_numbers_and_words_among_others() {
        for (text, priority) in [
            ("Critical", Some(Priority::Critical)),
            (" urgent ", Some(Priority::Critical)),
            ("P1", Some(Priority::High)),
            ("\u{1f534} HIGH (today)", Some(Priority::High)),
            ("2", Some(Priority::Medium)),
            ("5", Some(Priority::Low)),
            ("17", None),
            ("highly", None),
            ("", None),
        ] {
            assert_eq!(Priority::read(text), priority, "{text:?}");
        }
    }

    #[test]
    fn words_that_begin_with_return_are_answers() {
        for word in ["RETURN", "return", "RETURN_HANDOFF", "Return Handoff", "return-handoff"] {
            assert_eq!(Kind::of(word), Kind::Return, "{word}");
        }
        assert_eq!(Kind::of("human-action"), Kind::Request("HUMAN_ACTION".to_owned()));
        assert_eq!(Kind::of("RETURNS"), Kind::Request("RETURNS".to_owned()));
    }
}
