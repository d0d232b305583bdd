//! The outcome of a capture.

use std::time::Duration;

use baton_core::State;

/// What the capture did with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CaptureOutcome {
    /// It is a task of this agent now (or a new revision of one); it waits for its turn.
    Queued { agent: String },
    /// It is written down, and files are on their way into inboxes.
    Moving {
        /// Tasks for which there is something to deliver or to move.
        to_deliver: Vec<String>,
        /// Other tasks may begin.
        released: bool,
    },
    /// It is written down in this state.
    Settled {
        state: State,
        /// Tasks for which there is something to deliver or to move.
        to_deliver: Vec<String>,
        /// Tasks that waited for it may begin.
        released: bool,
    },
    /// It is known; nothing to do.
    Known,
    /// It is not whole; look again after this long.
    Later {
        /// How long.
        pause: Duration,
        /// It was read and ends too early.
        unfinished: bool,
    },
    /// It is not for Baton (a directory, a link); said once.
    Ignored(String),
    /// It does not exist any more.
    Gone,
}

impl CaptureOutcome {
    /// Others may begin by it too, if `released`.
    pub(super) fn releasing(mut self, also: bool) -> Self {
        if let Self::Settled { released, .. } | Self::Moving { released, .. } = &mut self {
            *released |= also;
        }
        self
    }
}
