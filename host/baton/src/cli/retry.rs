//! `baton retry ID`: sends a task on its way again.

use super::{Place, decide};
use crate::exit::Code;

/// Send a task on its way again, whatever it waits for
///
/// Of a task that has failed, the file is dropped again as it was captured; that makes a new task.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A task id or the beginning of one, a handoff id, or a file name
    #[arg(value_name = "ID")]
    id: String,
}

impl Args {
    /// # Errors
    /// When there is no such task, or it was done or runs.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        decide::decide(place, &self.id, |house, id| async move { baton_dispatch::retry(&house, &id).await })
    }
}
