//! `baton cancel ID`: ends a task.

use super::meant::Which;
use super::{Place, decide};
use crate::exit::Code;

/// End a task: its sender gets a RETURN, its file is archived
///
/// A task that runs is asked to stop. A request that lies with an external agent is taken back.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A task id or its first 6 characters or more, a handoff id, a file name, or a title; it must mean one task
    #[arg(value_name = "ID")]
    id: String,
    /// Take every task with this handoff id, file name or title, as those of a broadcast
    #[arg(long)]
    all: bool,
    /// Why, for the RETURN
    #[arg(long, value_name = "TEXT", default_value = "cancelled by the operator")]
    reason: String,
}

impl Args {
    /// # Errors
    /// When there is no such task, the id means several, or it has ended already.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        let reason = self.reason;
        let which = Which { word: &self.id, all: self.all, open_only: true };
        decide::decide(place, &which, async |house, id| baton_dispatch::cancel(&house, &id, &reason).await)
    }
}
