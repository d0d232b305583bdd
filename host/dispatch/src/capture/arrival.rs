//! The log line of a captured file: its agent, sender and title.

use baton_core::State;
use baton_core::text::at_most;

use super::incoming::{IncomingFile, IncomingKind};
use super::outcome::CaptureOutcome;
use crate::limits;
use crate::roster::shown_owner;

/// The facts about a file for the log, collected before the file is recorded.
pub(super) struct ArrivalLog {
    file: String,
    agent: String,
    from: String,
    title: String,
    /// The log already contains the error of the file.
    broken: bool,
}

impl ArrivalLog {
    pub(super) fn of(incoming: &IncomingFile) -> Self {
        let new = &incoming.new;
        Self {
            file: new.file.clone().unwrap_or_default(),
            agent: new.agent.clone(),
            from: new.sender.clone().unwrap_or_default(),
            title: new.title.clone(),
            broken: matches!(incoming.what, IncomingKind::Broken),
        }
    }

    /// Logs the outcome, unless the file was recorded before or is not recorded now.
    pub(super) fn log(&self, taken: &CaptureOutcome) {
        let state = match taken {
            CaptureOutcome::Queued { .. } => State::Queued,
            CaptureOutcome::Moving { .. } => State::Captured,
            CaptureOutcome::Settled { state, .. } => *state,
            CaptureOutcome::Known
            | CaptureOutcome::Later { .. }
            | CaptureOutcome::Ignored(_)
            | CaptureOutcome::Missing => return,
        };
        let Self { file, agent, from, broken, .. } = self;
        let agent = shown_owner(agent);
        let title = at_most(&self.title, limits::TITLE_IN_LOG_BYTES);
        match state {
            State::Rejected if *broken => {}
            State::NeedsHuman | State::Failed | State::Rejected => {
                tracing::warn!(%file, %state, %agent, ?from, ?title, "captured; `baton why` shows the reason");
            }
            _ => tracing::info!(%file, %state, %agent, ?from, ?title, "captured"),
        }
    }
}
