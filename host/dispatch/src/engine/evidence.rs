//! Runs the commands that RETURNs name as evidence: one at a time, in a job.

use std::sync::Arc;
use std::time::Duration;

use super::message::{Action, Message};
use super::state::EngineState;
use crate::DispatchError;
use crate::evidence::{CommandRun, run_next};

#[derive(Default)]
pub(super) struct Evidence {
    /// True if a command may wait.
    wanted: bool,
    running: bool,
}

impl Evidence {
    /// Requests a run of waiting commands. Called when a RETURN may have been captured.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    pub(super) fn start(&mut self, state: &mut EngineState) {
        if self.running || !std::mem::take(&mut self.wanted) {
            return;
        }
        self.running = true;
        let (context, closing) = (Arc::clone(&state.context), state.closing.clone());
        let job = async move { Message::CommandRan(run_next(&context, &closing).await) };
        state.spawn_holding(Message::CommandRan(Ok(CommandRun::Nothing)), job);
    }

    pub(super) fn on_message(&mut self, state: &mut EngineState, run: Result<CommandRun, DispatchError>) {
        self.running = false;
        match run {
            Ok(CommandRun::Nothing) => {}
            Ok(CommandRun::Recorded { released }) => {
                self.wanted = true;
                if released {
                    state.request(Action::Recover(Duration::ZERO));
                }
            }
            Err(error) => {
                tracing::error!("{error}");
                state.give_up_once(&error);
            }
        }
    }
}
