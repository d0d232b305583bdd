//! How much of a request a task has done, as reported by its plugin. The state is the progress of a task; the outcome
//! is the result of an ended task.

use crate::{State, names};

/// How much of a request was done. The names are part of the public interface (`baton status --json`, RETURN).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    /// Everything was done. This includes the case that nothing had to be changed.
    Done,
    /// A part was done.
    Partial,
    /// Nothing was done.
    Refused,
}

names!(OutcomeKind, "outcome", Done = "done", Partial = "partial", Refused = "refused",);

impl OutcomeKind {
    /// The state of a task with this outcome. For the tasks that depend on it, a task with a partial outcome has failed.
    /// The same holds for an agent's RETURN with the status `partial`.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Done => State::Succeeded,
            Self::Partial | Self::Refused => State::Failed,
        }
    }

    /// The status for people. `partial` and `refused` are more precise than the state `failed`.
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
    fn each_name_is_parsed_to_its_kind() {
        for kind in OutcomeKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }

    #[test]
    fn only_the_status_of_a_failed_task_is_its_outcome() {
        let word = OutcomeKind::status;
        assert_eq!(word(State::Failed, Some(OutcomeKind::Partial)), "partial");
        assert_eq!(word(State::Failed, Some(OutcomeKind::Refused)), "refused");
        assert_eq!(word(State::Failed, None), "failed");
        assert_eq!(word(State::Succeeded, Some(OutcomeKind::Done)), "succeeded");
    }
}
