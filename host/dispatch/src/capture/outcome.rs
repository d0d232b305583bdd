//! The outcome of a capture.

use std::time::Duration;

use baton_core::State;

/// The result of capturing a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CaptureOutcome {
    /// It is a queued task of this agent, or a new revision of one.
    Queued { agent: String },
    /// It is recorded, and files are delivered to inboxes.
    Moving {
        /// Tasks that have something to deliver.
        to_deliver: Vec<String>,
        /// Other tasks may start.
        released: bool,
    },
    /// It is recorded in this state.
    Settled {
        state: State,
        /// Tasks that have something to deliver.
        to_deliver: Vec<String>,
        /// Tasks that depend on it may start.
        released: bool,
    },
    /// It was recorded before.
    Known,
    /// It is incomplete, or cannot be recorded yet.
    Later {
        /// When to read it again.
        pause: Duration,
        /// It was read and ends too early.
        unfinished: bool,
    },
    /// It is not for Baton (a directory, a link); the reason is logged once.
    Ignored(String),
    /// It does not exist any more.
    Missing,
}

impl CaptureOutcome {
    /// With `also`, other tasks may start too.
    pub(super) fn releasing(mut self, also: bool) -> Self {
        if let Self::Settled { released, .. } | Self::Moving { released, .. } = &mut self {
            *released |= also;
        }
        self
    }
}
