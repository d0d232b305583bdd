//! The open work of an agent: requests and RETURNs in its inbox.

use std::sync::Arc;

use baton_core::State;
use baton_core::handoff::Priority;
use baton_ledger::task::{self, Claim, Task};
use baton_ledger::{LedgerError, Reader, event};
use jiff::Timestamp;

use super::claim::is_live;
use super::session::{AgentSession, AgentWork};
use crate::DispatchError;

/// The maximum number of listed items.
const LISTED: u32 = 200;

/// The maximum number of open requests of an agent that are read at once.
pub(super) const OPEN_REQUESTS: u32 = 10_000;

/// A request or a RETURN in the inbox of an agent. Its texts come from an untrusted file.
#[derive(Clone, Debug)]
pub struct InboxItem {
    /// The id of the task.
    pub id: String,
    /// `HANDOFF`, `RETURN`, …
    pub kind: String,
    /// `delivered`, or `disputed` if its RETURN was refuted. For a request that has ended, its final state.
    pub state: State,
    /// One line.
    pub title: String,
    /// The sender.
    pub from: Option<String>,
    /// The priority.
    pub priority: Priority,
    /// The deadline of the sender.
    pub deadline: Option<Timestamp>,
    /// When Baton captured it.
    pub since: Timestamp,
    /// The session that works on it, if one has claimed it.
    pub claim: Option<Claim>,
}

/// The open work of an agent at one moment.
#[derive(Clone, Debug, Default)]
pub struct OpenWork {
    /// The items, the most urgent first, and among these the oldest first.
    pub items: Vec<InboxItem>,
    /// The number of the newest event. A later call with this cursor returns only newer items.
    pub cursor: i64,
}

impl InboxItem {
    fn new(task: Task, claim: Option<Claim>) -> Self {
        Self {
            id: task.id,
            kind: task.kind,
            state: task.state,
            title: task.title,
            from: task.sender,
            priority: task.priority,
            deadline: task.deadline,
            since: task.created_at,
            claim,
        }
    }

    /// The item for a request that the agent sent and that ended without the RETURN of an external agent. The result of
    /// the request is in the ledger.
    fn ended(request: Task) -> Self {
        let (title, from) = (format!("RETURN: {}", request.title), Some(request.agent.clone()));
        Self { kind: "RETURN".to_owned(), title, from, ..Self::new(request, None) }
    }
}

/// The work of `agent` that nobody has claimed. With `after`, only the work that became available after that event, and the
/// requests of the agent that a plugin or Baton has ended since.
///
/// # Errors
/// When the ledger cannot be read.
pub fn open_work(reader: &Reader, agent: &str, after: Option<i64>, now: Timestamp) -> Result<OpenWork, LedgerError> {
    let cursor = event::newest(reader)?;
    if after.is_some_and(|after| after >= cursor) {
        return Ok(OpenWork { items: Vec::new(), cursor });
    }
    let mut items = inbox_items(reader, agent, now)?;
    items.retain(|item| item.claim.is_none());
    if let Some(after) = after {
        let changed = task::changed_after(reader, agent, after)?;
        items.retain(|item| changed.contains(&item.id));
        items.extend(task::ended_after(reader, agent, after)?.into_iter().map(InboxItem::ended));
    }
    Ok(OpenWork { items, cursor })
}

/// Everything in the inbox of `agent`, with live claims.
///
/// # Errors
/// When the ledger cannot be read.
pub fn inbox_items(reader: &Reader, agent: &str, now: Timestamp) -> Result<Vec<InboxItem>, LedgerError> {
    with_claims(reader, agent, task::inbox(reader, agent, LISTED)?, now)
}

fn with_claims(reader: &Reader, agent: &str, tasks: Vec<Task>, now: Timestamp) -> Result<Vec<InboxItem>, LedgerError> {
    let mut claims = task::claims(reader)?;
    claims.retain(|claim| claim.agent == agent && is_live(claim, now));
    let claim_of = |task: &Task| claims.iter().find(|claim| claim.task == task.id).cloned();
    Ok(tasks.into_iter().map(|task| (claim_of(&task), task)).map(|(claim, task)| InboxItem::new(task, claim)).collect())
}

impl AgentWork {
    /// The unclaimed requests of an agent, the most urgent and oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn open_requests(self: &Arc<Self>, agent: &str) -> Result<Vec<InboxItem>, DispatchError> {
        let agent = agent.to_owned();
        self.read(move |reader| {
            let requests = task::requests_in_inbox(reader, &agent, OPEN_REQUESTS)?;
            let mut items = with_claims(reader, &agent, requests, Timestamp::now())?;
            items.retain(|item| item.claim.is_none());
            Ok(items)
        })
        .await
    }
}

impl AgentSession {
    /// Everything in the inbox: requests and RETURNs, claimed or not. Reading it changes nothing.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn inbox(&self) -> Result<OpenWork, DispatchError> {
        let agent = self.agent.clone();
        let read = move |reader: &Reader| {
            let cursor = event::newest(reader)?;
            Ok(OpenWork { items: inbox_items(reader, &agent, Timestamp::now())?, cursor })
        };
        self.work.read(read).await
    }
}
