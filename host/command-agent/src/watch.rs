//! Checks the request of a run while the run works.

use std::sync::Arc;
use std::time::Instant;

use baton_core::State;
use baton_dispatch::{Context, DispatchError};
use baton_ledger::task;

use crate::limits;
use crate::start::StartedRun;

/// Watches whether the request of a run is over.
#[derive(Default)]
pub(crate) struct Watch {
    over_since: Option<Instant>,
}

impl Watch {
    /// Whether the process should end: at once if the request was cancelled, some time after it was answered.
    pub(crate) async fn is_over(&mut self, context: &Arc<Context>, run: &StartedRun) -> Result<bool, DispatchError> {
        let task = request(context, &run.task).await?;
        match task.state {
            State::Delivered | State::Disputed | State::Running | State::Waiting => {
                self.over_since = None;
                Ok(false)
            }
            State::Cancelled => Ok(true),
            _ => Ok(self.over_since.get_or_insert_with(Instant::now).elapsed() >= limits::AFTER_RETURN),
        }
    }
}

/// The state of a request now.
pub(crate) async fn request(context: &Arc<Context>, id: &str) -> Result<task::Task, DispatchError> {
    let id = id.to_owned();
    Ok(context.ledger().write(move |tx| task::get_in(tx, &id)).await?)
}
