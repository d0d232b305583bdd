//! What the log says of a file that was taken in: whose it is, from whom, and its title.

use baton_core::State;
use baton_core::text::at_most;

use super::incoming::{IncomingFile, IncomingKind};
use super::outcome::CaptureOutcome;
use crate::limits;
use crate::roster::shown_owner;

/// What is known of a file before it is written down.
pub(super) struct ArrivalLog {
    file: String,
    agent: String,
    from: String,
    title: String,
    /// The log has it already, with the reason.
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

    /// Logs what became of it; nothing where it was no news.
    pub(super) fn log(&self, taken: &CaptureOutcome) {
        let state = match taken {
            CaptureOutcome::Queued { .. } => State::Queued,
            CaptureOutcome::Moving { .. } => State::Captured,
            CaptureOutcome::Settled { state, .. } => *state,
            CaptureOutcome::Known
            | CaptureOutcome::Later { .. }
            | CaptureOutcome::Ignored(_)
            | CaptureOutcome::Gone => return,
        };
        let Self { file, agent, from, broken, .. } = self;
        let agent = shown_owner(agent);
        let title = at_most(&self.title, limits::TITLE_IN_LOG_BYTES);
        match state {
            State::Rejected if *broken => {}
            State::NeedsHuman | State::Failed | State::Rejected => {
                tracing::warn!(%file, %state, %agent, ?from, ?title, "taken in; `baton why` tells more");
            }
            _ => tracing::info!(%file, %state, %agent, ?from, ?title, "taken in"),
        }
    }
}
