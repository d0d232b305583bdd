//! Waits for work without polling the inbox: each change of the ledger wakes the waiting sessions, which then check
//! their inboxes.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::inbox::{OpenWork, open_work};
use super::session::AgentSession;
use crate::DispatchError;

impl AgentSession {
    /// Waits until the agent has unclaimed work, at most for `time`. `after` is the cursor of an earlier call: only newer
    /// work counts. If no work arrived in `time`, the result is empty, and its cursor continues the wait. The call consumes
    /// nothing, so an interrupted wait loses no work.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn wait(&self, after: Option<i64>, time: Duration) -> Result<OpenWork, DispatchError> {
        let mut changes = self.work.changes.clone();
        let deadline = Instant::now() + time;
        loop {
            changes.mark_unchanged();
            let agent = self.agent.clone();
            let work = self.work.read(move |reader| open_work(reader, &agent, after, Timestamp::now())).await?;
            if !work.items.is_empty() {
                return Ok(work);
            }
            if !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
                return Ok(work);
            }
        }
    }
}
