//! The requests that an agent has sent: their state, their events, their RETURN, and their cancellation.

use std::time::Duration;

use baton_core::State;
use baton_ledger::event::{self, RecordedEvent};
use baton_ledger::task::{self, SentFilter, Task};
use baton_ledger::{LedgerError, Reader, return_check};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::session::AgentSession;
use crate::control::withdraw;
use crate::{DecisionResult, DispatchError};

/// A request that an agent has sent.
#[derive(Clone, Debug)]
pub struct SentTask {
    /// The task of the request.
    pub task: Task,
    /// The events of the request, oldest first. In a [`SentPage`], only the newest event.
    pub events: Vec<RecordedEvent>,
    /// False while Baton still has to capture or check a RETURN to the request. The state of the request may then still
    /// change.
    is_checked: bool,
    /// The task of the newest RETURN to the request. `None` while the request is open, or if no RETURN answered it.
    pub answer: Option<Task>,
}

/// A page of the requests that an agent has sent.
#[derive(Clone, Debug)]
pub struct SentPage {
    /// The requests, those with the newest events first.
    pub requests: Vec<SentTask>,
    /// The number of all requests that the filter selects.
    pub total: u64,
    /// The `after` of the next page; `None` on the last page.
    pub next: Option<i64>,
}

impl SentTask {
    fn read(reader: &Reader, task: Task) -> Result<Self, LedgerError> {
        let events = event::of_task(reader, &task.id)?;
        Self::with_events(reader, task, events)
    }

    fn with_events(reader: &Reader, task: Task, events: Vec<RecordedEvent>) -> Result<Self, LedgerError> {
        // The two queries are needed only for a succeeded request. A stream calls this function at each change of the
        // ledger.
        let is_checked = task.state != State::Succeeded
            || !task::is_return_pending(reader, &task.id)? && !return_check::is_pending(reader, &task.id)?;
        let answer = if task.state.is_final() { task::newest_return(reader, &task.id)? } else { None };
        Ok(Self { task, events, is_checked, answer })
    }

    /// The number of the request's newest event.
    #[must_use]
    pub fn newest_event(&self) -> i64 {
        self.events.last().map_or(0, |recorded| recorded.seq)
    }

    /// When the request's newest event happened.
    #[must_use]
    pub fn changed_at(&self) -> Timestamp {
        self.events.last().map_or(self.task.created_at, |recorded| recorded.event.at)
    }

    /// The state of the request. While Baton checks the RETURN, the request counts as delivered, not as succeeded.
    #[must_use]
    pub fn state(&self) -> State {
        if self.task.state == State::Succeeded && !self.is_checked { State::Delivered } else { self.task.state }
    }
}

impl AgentSession {
    /// The request with this task id, if this agent sent it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sent(&self, id: &str) -> Result<Option<SentTask>, DispatchError> {
        let (agent, id) = (self.agent.clone(), id.to_owned());
        let read = move |reader: &Reader| {
            task::sent_with_id(reader, &agent, &id)?.map(|task| SentTask::read(reader, task)).transpose()
        };
        self.work.read(read).await
    }

    /// Waits until `is_enough` accepts the request with this task id, at most for `time`. Returns the request as it is at
    /// the end of the wait.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sent_when(
        &self,
        id: &str,
        time: Duration,
        is_enough: impl Fn(&SentTask) -> bool,
    ) -> Result<Option<SentTask>, DispatchError> {
        let mut changes = self.work.changes.clone();
        let deadline = Instant::now() + time;
        loop {
            changes.mark_unchanged();
            let sent = self.sent(id).await?;
            if sent.as_ref().is_none_or(&is_enough)
                || !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(())))
            {
                return Ok(sent);
            }
        }
    }

    /// The requests that this agent sent and `filter` selects, at most `limit`. The sender in `filter` is ignored. `after` is
    /// the `next` of the previous page.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sent_page(
        &self,
        filter: SentFilter,
        after: Option<i64>,
        limit: u32,
    ) -> Result<SentPage, DispatchError> {
        let filter = SentFilter { sender: self.agent.clone(), ..filter };
        let read = move |reader: &Reader| {
            let total = task::count_sent(reader, &filter)?;
            let mut tasks = task::sent_by(reader, &filter, after, limit.saturating_add(1))?;
            let has_more = tasks.len() > limit as usize;
            tasks.truncate(limit as usize);
            let requests = tasks.into_iter().map(|task| {
                let newest = event::newest_of(reader, &task.id)?;
                SentTask::with_events(reader, task, newest.into_iter().collect())
            });
            let requests = requests.collect::<Result<Vec<_>, _>>()?;
            let next = requests.last().filter(|_| has_more).map(SentTask::newest_event);
            Ok(SentPage { requests, total, next })
        };
        self.work.read(read).await
    }

    /// Cancels a request that this agent sent, as `baton cancel` does. A running attempt is asked to stop.
    ///
    /// # Errors
    /// When the agent has not sent a request with this id, the request has ended, or the ledger fails.
    pub async fn withdraw(&self, id: &str) -> Result<DecisionResult, DispatchError> {
        let Some(sent) = self.sent(id).await? else {
            return Err(DispatchError::Refused(format!("{} has sent no request {id}", self.agent)));
        };
        let decision = withdraw(&self.work.context, &sent.task.id, &self.agent).await?;
        // The daemon stops the running attempt and starts the tasks that depended on the request.
        self.work.context.wake();
        Ok(decision)
    }
}
