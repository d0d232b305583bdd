//! How much of what was asked a task did, as its plugin says. A state says where a task stands; the outcome says what an ended
//! task is worth.

use std::fmt;
use std::str::FromStr;

use crate::State;

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

impl OutcomeKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Done, Self::Partial, Self::Refused];

    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Refused => "refused",
        }
    }

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

impl fmt::Display for OutcomeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no outcome `{0}`")]
pub struct UnknownOutcome(String);

impl FromStr for OutcomeKind {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownOutcome(text.to_owned()))
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
