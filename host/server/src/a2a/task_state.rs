//! The table of states: the A2A state for each state of the ledger.

use baton_core::{State, names};
use baton_dispatch::agent_work::SentTask;

/// The state of an A2A task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskState {
    Submitted,
    Working,
    InputRequired,
    AuthRequired,
    Completed,
    Failed,
    Canceled,
    Rejected,
}

names!(
    TaskState,
    "task state",
    Submitted = "TASK_STATE_SUBMITTED",
    Working = "TASK_STATE_WORKING",
    InputRequired = "TASK_STATE_INPUT_REQUIRED",
    AuthRequired = "TASK_STATE_AUTH_REQUIRED",
    Completed = "TASK_STATE_COMPLETED",
    Failed = "TASK_STATE_FAILED",
    Canceled = "TASK_STATE_CANCELED",
    Rejected = "TASK_STATE_REJECTED",
);

impl From<State> for TaskState {
    /// The A2A state for a state of the ledger. A disputed request has not ended, because it is open again for its agent.
    fn from(state: State) -> Self {
        match state {
            State::Captured | State::Queued => Self::Submitted,
            State::Running | State::Waiting | State::Delivered | State::Disputed => Self::Working,
            State::NeedsHuman => Self::InputRequired,
            State::NeedsGrant | State::NeedsApproval => Self::AuthRequired,
            State::Succeeded => Self::Completed,
            State::Failed | State::Dead => Self::Failed,
            State::Cancelled => Self::Canceled,
            State::Duplicate | State::Rejected => Self::Rejected,
        }
    }
}

impl TaskState {
    /// The state of a request.
    pub(super) fn of(sent: &SentTask) -> Self {
        Self::from(sent.state())
    }

    /// True if the task never changes again.
    pub(super) fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled | Self::Rejected)
    }

    /// True if the task waits for somebody other than its agent.
    pub(super) fn is_interrupted(self) -> bool {
        matches!(self, Self::InputRequired | Self::AuthRequired)
    }

    /// The states of the ledger that have this state in A2A.
    pub(super) fn in_ledger(self) -> Vec<State> {
        State::ALL.into_iter().filter(|state| Self::from(*state) == self).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_the_ledger_is_in_the_documents_and_every_a2a_state_is_used() {
        let document = include_str!("../../../docs/agents.md");
        for state in TaskState::ALL {
            let names: Vec<String> = state.in_ledger().iter().map(|state| format!("`{state}`")).collect();
            assert!(!names.is_empty(), "{state}");
            let row = format!("| {} | `{state}` |", names.join(", "));
            assert!(document.contains(&row), "host/docs/agents.md lacks the row {row}");
        }
    }

    #[test]
    fn a_terminal_state_is_final_in_the_ledger() {
        for state in State::ALL {
            assert!(!TaskState::from(state).is_terminal() || state.is_final(), "{state}");
        }
    }
}
