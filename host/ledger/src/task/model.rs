//! A new task, and a task as the ledger stores it.

use baton_core::handoff::Priority;
use baton_core::{OutcomeKind, State};
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
    /// The name in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handoff => "handoff",
            Self::Trigger => "trigger",
            Self::Call => "call",
        }
    }
}

/// A task as it is first written down.
#[derive(Clone, Debug)]
pub struct NewTask {
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
    /// The sender's own task, whatever kind of id that is.
    pub task_id: Option<String>,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// A JSON object.
    pub args: String,
    /// Markdown.
    pub body: String,
    /// When the sender says that it was made.
    pub made_at: Option<Timestamp>,
    /// When it has to be done.
    pub deadline: Option<Timestamp>,
    /// The chain of handoffs that it belongs to.
    pub chain_id: Option<String>,
    /// Its place in the chain, from 1.
    pub chain_phase: Option<u32>,
    /// Of a trigger: the paths that fired it.
    pub paths: Vec<String>,
    /// How urgent.
    pub priority: Priority,
    /// Its first state.
    pub state: State,
    /// Why that state.
    pub reason: String,
    /// The path of the file, as [`Task::file`].
    pub file: Option<String>,
    /// SHA-256 of the file's bytes; absent when it was not read.
    pub input: Option<String>,
    /// Equal for equal requests.
    pub dedupe_key: Option<String>,
    /// Equal for equal content.
    pub substance: Option<String>,
    /// Who wrote it down, for the event.
    pub actor: String,
    /// Of a RETURN that has ended no request yet: the name of what it answers.
    pub answers: Option<String>,
    /// As [`Task::about`].
    pub about: Option<String>,
    /// As [`Task::reply_to`].
    pub reply_to: Option<String>,
}

impl NewTask {
    /// A request to `agent` that says nothing else yet.
    #[must_use]
    pub fn blank(agent: &str, origin: Origin, state: State) -> Self {
        Self {
            agent: agent.to_owned(),
            origin,
            kind: "HANDOFF".to_owned(),
            handoff_id: None,
            sender: None,
            title: String::new(),
            task_id: None,
            action: None,
            args: "{}".to_owned(),
            body: String::new(),
            made_at: None,
            deadline: None,
            chain_id: None,
            chain_phase: None,
            paths: Vec::new(),
            priority: Priority::default(),
            state,
            reason: String::new(),
            file: None,
            input: None,
            dedupe_key: None,
            substance: None,
            actor: "baton".to_owned(),
            answers: None,
            about: None,
            reply_to: None,
        }
    }
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
    /// The sender's own task, whatever kind of id that is.
    pub task_id: Option<String>,
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
    /// Its state.
    pub state: State,
    /// How much of it was done, when its plugin has said so.
    pub outcome: Option<OutcomeKind>,
    /// Why, in a sentence; may be empty.
    pub reason: String,
    /// How many attempts began.
    pub attempts: u32,
    /// The path of its file now: relative to the workspace inside it, else absolute.
    pub file: Option<String>,
    /// SHA-256 of the file's bytes.
    pub input: Option<String>,
    /// SHA-256 of the content without its times.
    pub substance: Option<String>,
    /// When the next attempt is due, for `waiting`; absent while it waits for other tasks.
    pub due_at: Option<Timestamp>,
    /// When it has to be done.
    pub deadline: Option<Timestamp>,
    /// The chain of handoffs that it belongs to.
    pub chain_id: Option<String>,
    /// Its place in the chain, from 1.
    pub chain_phase: Option<u32>,
    /// What a person answered to its last question.
    pub answer: Option<String>,
    /// Whether a person asked for the end of the attempt that runs.
    pub stop_asked: bool,
    /// Of a task that a RETURN made: the RETURN's own task.
    pub about: Option<String>,
    /// Of a RETURN: the request that it answers.
    pub request: Option<String>,
    /// Who gets the RETURN, where that is not the sender.
    pub reply_to: Option<String>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When its RETURN was delivered.
    pub returned_at: Option<Timestamp>,
    /// When its file was archived.
    pub archived_at: Option<Timestamp>,
}

/// What a list shows of a task: without what it asks for, which may be large.
#[derive(Clone, Debug)]
pub struct TaskSummary {
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
    /// Its state.
    pub state: State,
    /// As [`Task::outcome`].
    pub outcome: Option<OutcomeKind>,
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
    /// When it has to be done.
    pub deadline: Option<Timestamp>,
}

/// Which tasks a list shows.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Those in one of these states, or with one of these outcomes; all where both are empty.
    pub states: Vec<State>,
    /// See `states`.
    pub outcomes: Vec<OutcomeKind>,
    /// Those of this agent.
    pub agent: Option<String>,
    /// Those that were written down since then.
    pub since: Option<Timestamp>,
}

impl TaskFilter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty() && self.outcomes.is_empty() && self.agent.is_none() && self.since.is_none()
    }
}

impl Task {
    /// As [`TaskSummary::status`].
    #[must_use]
    pub fn status(&self) -> &'static str {
        OutcomeKind::status(self.state, self.outcome)
    }

    /// Who gets the RETURN; nobody where no sender is known.
    #[must_use]
    pub fn answer_to(&self) -> Option<&str> {
        let sender = self.sender.as_deref()?;
        Some(self.reply_to.as_deref().unwrap_or(sender))
    }
}

impl TaskSummary {
    /// The word for people that says how the task stands: its state, or `partial` or `refused`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        OutcomeKind::status(self.state, self.outcome)
    }
}

impl From<Task> for TaskSummary {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            agent: task.agent,
            handoff_id: task.handoff_id,
            sender: task.sender,
            title: task.title,
            action: task.action,
            state: task.state,
            outcome: task.outcome,
            reason: task.reason,
            attempts: task.attempts,
            file: task.file,
            created_at: task.created_at,
            returned_at: task.returned_at,
            archived_at: task.archived_at,
            deadline: task.deadline,
        }
    }
}
