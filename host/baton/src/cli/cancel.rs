//! `baton cancel ID`: ends a task.

use super::{Place, decide};
use crate::exit::Code;

/// End a task: its sender gets a RETURN, its file is archived
///
/// A task that runs is asked to stop. A request that lies with an external agent is taken back.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A task id or the beginning of one, a handoff id, or a file name
    #[arg(value_name = "ID")]
    id: String,
    /// Why, for the RETURN
    #[arg(long, value_name = "TEXT", default_value = "cancelled by the operator")]
    reason: String,
}

impl Args {
    /// # Errors
    /// When there is no such task or it has ended already.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        let reason = self.reason;
        decide::decide(place, &self.id, |house, id| async move { baton_dispatch::cancel(&house, &id, &reason).await })
    }
}
