//! `baton retry ID`: queues a task again.

use super::task_selector::TaskSelector;
use super::{WorkspaceOptions, decide};
use crate::exit::Code;

/// Queue a task again, whatever it waits for
///
/// For a task that has failed, Baton writes the captured file into the inbox again, which makes a new task.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A task id (at least its first 6 characters), a handoff id, a file name, or a title; it must identify one task
    #[arg(value_name = "ID")]
    id: String,
    /// Select every task with this handoff id, file name or title, for example after a broadcast
    #[arg(long)]
    all: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let which = TaskSelector { word: &self.id, all: self.all, open_only: false };
        decide::decide(options, &which, async |context, id| baton_dispatch::retry(&context, &id).await)
    }
}
