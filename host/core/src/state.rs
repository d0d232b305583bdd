//! The states of a task, and which of them are final. Only `dispatch` makes transitions.

use crate::names;

/// The state of a task. The names are part of the public interface (`baton status --json`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Recorded; not classified yet.
    Captured,
    /// Waits for its turn.
    Queued,
    /// An attempt runs.
    Running,
    /// Waits for the time of the next attempt.
    Waiting,
    /// Waits until the operator grants what is missing.
    NeedsGrant,
    /// Waits for a person's decision.
    NeedsHuman,
    /// Waits until the operator approves the plugin.
    NeedsApproval,
    /// The request is in the inbox of an external agent.
    Delivered,
    /// Done.
    Succeeded,
    /// An agent reported that the work is done, and a check of its RETURN did not find the work.
    Disputed,
    /// Cannot be done with this input.
    Failed,
    /// Every attempt that the retry policy allows has failed.
    Dead,
    /// Withdrawn before it was done.
    Cancelled,
    /// Baton has the same request already.
    Duplicate,
    /// The file could not be read as a handoff.
    Rejected,
}

names!(
    State,
    "state",
    Captured = "captured",
    Queued = "queued",
    Running = "running",
    Waiting = "waiting",
    NeedsGrant = "needs_grant",
    NeedsHuman = "needs_human",
    NeedsApproval = "needs_approval",
    Delivered = "delivered",
    Succeeded = "succeeded",
    Disputed = "disputed",
    Failed = "failed",
    Dead = "dead",
    Cancelled = "cancelled",
    Duplicate = "duplicate",
    Rejected = "rejected" | "quarantined",
);

impl State {
    /// The former name of [`State::Rejected`]. Events in the chain keep it, because their hashes cover it.
    pub const FORMER_REJECTED: &str = "quarantined";

    /// True if the task has ended. Baton then archives its file, and its sender, if there is one, gets a RETURN.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Succeeded
                | Self::Disputed
                | Self::Failed
                | Self::Dead
                | Self::Cancelled
                | Self::Duplicate
                | Self::Rejected
        )
    }

    /// True if Baton sends a RETURN when a task reaches this state. This is the case for every final state except
    /// `duplicate`, because a duplicate is answered with the outcome of the first request. For a rejected file, the caller
    /// also checks whether the sender can be read.
    #[must_use]
    pub fn sends_return(self) -> bool {
        self.is_final() && self != Self::Duplicate
    }

    /// True if Baton moves the file of a task in this final state to `02_processed`. Otherwise it moves it to
    /// `03_failed`.
    #[must_use]
    pub fn is_processed(self) -> bool {
        matches!(self, Self::Succeeded | Self::Disputed | Self::Cancelled | Self::Duplicate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_parsed_to_its_state() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!(State::FORMER_REJECTED.parse(), Ok(State::Rejected));
    }
}
