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
    /// Is in the inbox of an external agent.
    Delivered,
    /// Done.
    Succeeded,
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
    Failed = "failed",
    Dead = "dead",
    Cancelled = "cancelled",
    Duplicate = "duplicate",
    Rejected = "quarantined",
);

impl State {
    /// Whether the task has ended: its file is archived and, where there is a sender, answered.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Dead | Self::Cancelled | Self::Duplicate | Self::Rejected)
    }

    /// Whether reaching this state sends a RETURN: every end does, but for `duplicate` (the first one answers) and
    /// `quarantined` without a readable sender, which the caller finds out.
    #[must_use]
    pub fn sends_return(self) -> bool {
        self.is_final() && self != Self::Duplicate
    }

    /// Whether the file of a task in this final state belongs into `02_processed`; otherwise `03_failed`.
    #[must_use]
    pub fn is_processed(self) -> bool {
        matches!(self, Self::Succeeded | Self::Cancelled | Self::Duplicate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_its_state() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}
