//! Archives the RETURNs that an agent has read.

use baton_core::State;
use baton_ledger::event::Event;
use baton_ledger::{Tx, outbox, task};
use jiff::Timestamp;

use super::session::AgentSession;
use crate::delivery::archive::to_archive;
use crate::{DispatchError, deliver};

impl AgentSession {
    /// Archives a RETURN in the agent's inbox, because the agent has read it.
    ///
    /// # Errors
    /// When it is not a RETURN in the agent's inbox, or its file cannot be moved.
    pub async fn archive_return(&self, id: &str) -> Result<(), DispatchError> {
        let (agent, wanted) = (self.agent.clone(), id.to_owned());
        let job = move |tx: &Tx<'_>| {
            let task = task::get_in(tx, &wanted)?;
            if task.agent != agent || task.kind != "RETURN" || task.state != State::Delivered {
                let reason =
                    format!("{wanted} is not an unread RETURN in your inbox, so it cannot be archived by reading");
                return Ok(Err(reason));
            }
            let read = format!("{agent} has read it");
            task::transition(tx, &Event::of(&task, &agent, "read", read, State::Succeeded, Timestamp::now()))?;
            if let Some(file) = &task.file {
                outbox::add(tx, &task.id, &to_archive(file, task.input.clone(), State::Succeeded))?;
            }
            Ok(Ok(()))
        };
        self.work.context.ledger.write(job).await?.map_err(DispatchError::Refused)?;
        deliver(&self.work.context, id).await.map(drop)
    }
}
