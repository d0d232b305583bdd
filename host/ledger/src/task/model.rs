//! A new task, and a stored task.

use baton_core::handoff::Priority;
use baton_core::{Evidence, OutcomeKind, State, names};
use jiff::Timestamp;

/// The origin of a task. The names are stored in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file in an inbox or in the drop box.
    Handoff,
    /// A trigger of a plugin, a schedule, or new audio.
    Trigger,
    /// A call by a person at the command line (`baton run`).
    Call,
}

names!(Origin, "origin", Handoff = "handoff", Trigger = "trigger", Call = "call",);

/// A task before it is recorded.
#[derive(Clone, Debug)]
pub struct NewTask {
    pub agent: String,
    pub origin: Origin,
    /// The kind of the task: `HANDOFF`, `RETURN`, …
    pub kind: String,
    /// The sender's id of the handoff.
    pub handoff_id: Option<String>,
    /// The sender of the handoff. A canonical name if the sender is a known agent.
    pub sender: Option<String>,
    /// The title, in one line.
    pub title: String,
    /// The id of the sender's task, in any form.
    pub task_id: Option<String>,
    /// The requested action; `None` for the agent's default action.
    pub action: Option<String>,
    /// The arguments, as a JSON object.
    pub args: String,
    /// The text of the handoff, in Markdown.
    pub body: String,
    /// The time of creation that the handoff states.
    pub made_at: Option<Timestamp>,
    /// The deadline of the sender.
    pub deadline: Option<Timestamp>,
    /// The id of the task's chain of handoffs.
    pub chain_id: Option<String>,
    /// The position of the task in its chain of handoffs, from 1.
    pub chain_phase: Option<u32>,
    /// For a trigger: the files that fired it.
    pub paths: Vec<String>,
    pub priority: Priority,
    pub state: State,
    pub reason: String,
    /// As [`Task::file`].
    pub file: Option<String>,
    /// SHA-256 of the file's bytes; `None` if the file was not read.
    pub input: Option<String>,
    /// The dedupe key. Two requests with the same key are the same request.
    pub dedupe_key: Option<String>,
    /// SHA-256 of the content without its times.
    pub substance: Option<String>,
    /// The actor of the task's first event.
    pub actor: String,
    /// For a RETURN that has not ended a request yet: the name under which the RETURN refers to its request.
    pub answers: Option<String>,
    /// As [`Task::about`].
    pub about: Option<String>,
    /// As [`Task::reply_to`].
    pub reply_to: Option<String>,
}

impl NewTask {
    /// A request to `agent` with empty fields.
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

/// A recorded task.
#[derive(Clone, Debug)]
pub struct Task {
    /// The id of the task: sixteen hexadecimal digits.
    pub id: String,
    pub agent: String,
    pub origin: Origin,
    /// The kind of the task: `HANDOFF`, `RETURN`, …
    pub kind: String,
    /// The sender's id of the handoff.
    pub handoff_id: Option<String>,
    pub sender: Option<String>,
    /// The id of the sender's task, in any form.
    pub task_id: Option<String>,
    /// The title, in one line.
    pub title: String,
    /// The requested action; `None` for the agent's default action.
    pub action: Option<String>,
    /// The arguments, as a JSON object.
    pub args: String,
    /// The text of the handoff, in Markdown.
    pub body: String,
    /// The time of creation that the handoff states.
    pub made_at: Option<Timestamp>,
    /// For a trigger: the files that fired it.
    pub paths: Vec<String>,
    pub priority: Priority,
    pub state: State,
    /// The outcome kind; `None` if the plugin reported no outcome.
    pub outcome: Option<OutcomeKind>,
    /// The reason of the current state as a sentence; may be empty.
    pub reason: String,
    /// The number of attempts that have started.
    pub attempts: u32,
    /// The current path of the task's file. A path inside the workspace is relative, any other path is absolute.
    pub file: Option<String>,
    /// SHA-256 of the file's bytes.
    pub input: Option<String>,
    /// SHA-256 of the content without its times.
    pub substance: Option<String>,
    /// For `waiting`: when the next attempt is due. `None` while the task waits for other tasks.
    pub due_at: Option<Timestamp>,
    /// The deadline of the sender.
    pub deadline: Option<Timestamp>,
    /// The id of the task's chain of handoffs.
    pub chain_id: Option<String>,
    /// The position of the task in its chain of handoffs, from 1.
    pub chain_phase: Option<u32>,
    /// The answer of a person to the last question of the task.
    pub answer: Option<String>,
    /// True if a person has asked the running attempt to stop.
    pub stop_asked: bool,
    /// For a task that a RETURN triggered: the RETURN's task.
    pub about: Option<String>,
    /// For a RETURN: the task of the request that it answers.
    pub request: Option<String>,
    /// The agent that receives the RETURN, if this agent is not the sender.
    pub reply_to: Option<String>,
    /// The evidence for the work that an external agent's RETURN reports. Set for the RETURN, and for the request that the
    /// RETURN answers.
    pub evidence: Option<Evidence>,
    pub created_at: Timestamp,
    pub returned_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
}

/// A task without its arguments and its body, which may be large.
#[derive(Clone, Debug)]
pub struct TaskSummary {
    /// As [`Task::id`].
    pub id: String,
    pub agent: String,
    /// The sender's id of the handoff.
    pub handoff_id: Option<String>,
    pub sender: Option<String>,
    /// The title, in one line.
    pub title: String,
    /// The requested action; `None` for the agent's default action.
    pub action: Option<String>,
    pub state: State,
    /// As [`Task::outcome`].
    pub outcome: Option<OutcomeKind>,
    /// As [`Task::evidence`].
    pub evidence: Option<Evidence>,
    /// The reason of the current state as a sentence; may be empty.
    pub reason: String,
    /// The number of attempts that have started.
    pub attempts: u32,
    /// As [`Task::file`].
    pub file: Option<String>,
    pub created_at: Timestamp,
    pub returned_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    /// The deadline of the sender.
    pub deadline: Option<Timestamp>,
}

/// A filter for tasks.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Selects tasks in one of these states or with one of [`TaskFilter::outcomes`]. If both lists are empty, selects all
    /// tasks.
    pub states: Vec<State>,
    /// See [`TaskFilter::states`].
    pub outcomes: Vec<OutcomeKind>,
    pub agent: Option<String>,
    /// Selects only tasks that were captured at this time or later.
    pub since: Option<Timestamp>,
}

impl TaskFilter {
    /// True if the filter selects every task.
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

    /// The agent that receives the RETURN; `None` if the task has no known sender.
    #[must_use]
    pub fn answer_to(&self) -> Option<&str> {
        let sender = self.sender.as_deref()?;
        Some(self.reply_to.as_deref().unwrap_or(sender))
    }
}

impl TaskSummary {
    /// The status for people: the state, or `partial` or `refused`.
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
            evidence: task.evidence,
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
