//! What a task is: as it is first written down, and as it stands.

use baton_core::State;
use baton_core::handoff::Priority;
use jiff::Timestamp;

/// What made a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file in an inbox.
    Handoff,
    /// A trigger of a plugin.
    Trigger,
    /// A person at the command line.
    Call,
}

impl Origin {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Handoff => "handoff",
            Self::Trigger => "trigger",
            Self::Call => "call",
        }
    }
}

/// A task as it is first written down.
#[derive(Clone, Debug)]
pub struct New {
    /// The agent that is to do it.
    pub agent: String,
    /// What made it.
    pub origin: Origin,
    /// `HANDOFF`, `RETURN`, …
    pub kind: String,
    /// The sender's id for it.
    pub handoff_id: Option<String>,
    /// The sender, as a canonical name where known.
    pub sender: Option<String>,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// A JSON object.
    pub args: String,
    /// Markdown.
    pub body: String,
    /// When the sender says that it was made.
    pub made_at: Option<Timestamp>,
    /// Of a trigger: the paths that fired it.
    pub paths: Vec<String>,
    /// How urgent.
    pub priority: Priority,
    /// Its first state.
    pub state: State,
    /// Why that state.
    pub reason: String,
    /// Where the file lies, as [`Task::file`].
    pub file: Option<String>,
    /// SHA-256 of the file's bytes; absent when it was not read.
    pub input: Option<String>,
    /// Equal for equal requests.
    pub dedupe_key: Option<String>,
    /// Equal for equal content.
    pub substance: Option<String>,
    /// Who wrote it down, for the event.
    pub actor: String,
}

/// A task as it stands.
#[derive(Clone, Debug)]
pub struct Task {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// The agent that is to do it.
    pub agent: String,
    /// What made it.
    pub origin: Origin,
    /// `HANDOFF`, `RETURN`, …
    pub kind: String,
    /// The sender's id for it.
    pub handoff_id: Option<String>,
    /// The sender.
    pub sender: Option<String>,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// A JSON object.
    pub args: String,
    /// Markdown.
    pub body: String,
    /// When the sender says that it was made.
    pub made_at: Option<Timestamp>,
    /// Of a trigger: the paths that fired it.
    pub paths: Vec<String>,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub state: State,
    /// Why, in a sentence; may be empty.
    pub reason: String,
    /// How many attempts began.
    pub attempts: u32,
    /// Where its file lies now: relative to the workspace inside it, else absolute.
    pub file: Option<String>,
    /// SHA-256 of the file's bytes.
    pub input: Option<String>,
    /// SHA-256 of the content without its times.
    pub substance: Option<String>,
    /// When the next attempt is due, for `waiting`.
    pub due_at: Option<Timestamp>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When its RETURN was delivered.
    pub returned_at: Option<Timestamp>,
    /// When its file was archived.
    pub archived_at: Option<Timestamp>,
}

/// What a list shows of a task: without what it asks for, which may be large.
#[derive(Clone, Debug)]
pub struct Summary {
    /// As [`Task::id`].
    pub id: String,
    /// The agent that is to do it.
    pub agent: String,
    /// The sender's id for it.
    pub handoff_id: Option<String>,
    /// The sender.
    pub sender: Option<String>,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Why, in a sentence; may be empty.
    pub reason: String,
    /// How many attempts began.
    pub attempts: u32,
    /// As [`Task::file`].
    pub file: Option<String>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When its RETURN was delivered.
    pub returned_at: Option<Timestamp>,
    /// When its file was archived.
    pub archived_at: Option<Timestamp>,
}

impl From<Task> for Summary {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            agent: task.agent,
            handoff_id: task.handoff_id,
            sender: task.sender,
            title: task.title,
            action: task.action,
            state: task.state,
            reason: task.reason,
            attempts: task.attempts,
            file: task.file,
            created_at: task.created_at,
            returned_at: task.returned_at,
            archived_at: task.archived_at,
        }
    }
}
