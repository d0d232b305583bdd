//! The outcome of a capture.

use std::time::Duration;

use baton_core::State;

/// The result of capturing a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CaptureOutcome {
    /// The file is a queued task of this agent, or a new revision of a queued task.
    Queued { agent: String },
    /// The file is recorded, and Baton must now deliver it or its copies to inboxes.
    Moving {
        /// Tasks that have something to deliver.
        to_deliver: Vec<String>,
        /// Other tasks may start.
        released: bool,
    },
    /// The file is recorded in this state.
    Settled {
        state: State,
        /// Tasks that have something to deliver.
        to_deliver: Vec<String>,
        /// Tasks that depend on the captured task may start.
        released: bool,
    },
    /// The file was recorded before.
    Known,
    /// The file is incomplete, or Baton cannot record it yet.
    Later {
        /// When to read it again.
        pause: Duration,
        /// Baton read the file, and its content ends too early.
        unfinished: bool,
    },
    /// Baton does not read this entry, for instance because it is a folder or a link. The reason is logged once.
    Ignored(String),
    /// The file does not exist any more.
    Missing,
}

impl CaptureOutcome {
    /// Records that other tasks may start, if `also` is true.
    pub(super) fn releasing(mut self, also: bool) -> Self {
        if let Self::Settled { released, .. } | Self::Moving { released, .. } = &mut self {
            *released |= also;
        }
        self
    }
}
