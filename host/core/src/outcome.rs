//! How much of what was asked a task did, as its plugin says. A state says where a task stands; the outcome says what an ended
//! task is worth.

use crate::{State, names};

/// How much of what was asked was done. The names are part of the public interface (`baton status --json`, RETURN).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    /// Everything, also when nothing had to be changed.
    Done,
    /// A part.
    Partial,
    /// Nothing.
    Refused,
}

names!(OutcomeKind, "outcome", Done = "done", Partial = "partial", Refused = "refused",);

impl OutcomeKind {
    /// The state in which such an outcome ends a task. What was done in part has failed for whoever depends on it, as a RETURN
    /// with the status `partial` says of an agent's request.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Done => State::Succeeded,
            Self::Partial | Self::Refused => State::Failed,
        }
    }

    /// The word for the state of a task with this outcome, for people: `partial` and `refused` say more than `failed`.
    #[must_use]
    pub fn status(state: State, outcome: Option<Self>) -> &'static str {
        match outcome {
            Some(kind @ (Self::Partial | Self::Refused)) if state == State::Failed => kind.as_str(),
            _ => state.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_its_kind() {
        for kind in OutcomeKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }

    #[test]
    fn only_a_failed_task_is_called_by_its_outcome() {
        let word = OutcomeKind::status;
        assert_eq!(word(State::Failed, Some(OutcomeKind::Partial)), "partial");
        assert_eq!(word(State::Failed, Some(OutcomeKind::Refused)), "refused");
        assert_eq!(word(State::Failed, None), "failed");
        assert_eq!(word(State::Succeeded, Some(OutcomeKind::Done)), "succeeded");
    }
}
