//! Requests that an agent sends through Baton: checked, written as a file into the recipient's inbox, and awaited.

use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_core::handoff::compose::Request;
use baton_core::handoff::{Chain, Priority};
use baton_core::{Digest, dedupe};
use baton_intake::{IntakeError, publish, stage};
use baton_ledger::LedgerError;
use baton_ledger::task::{self, Task};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use super::session::AgentSession;
use crate::request_check::{ManifestSource, RequestCheck};
use crate::{Agent, DispatchError};

/// The maximum length of the text of a request, in bytes.
const BODY_BYTES: usize = 1 << 20;

/// The maximum size of the file of a request, in bytes. Baton rejects files of more than 4 MiB.
const REQUEST_BYTES: usize = 2 << 20;

/// The maximum number of dependencies of a request.
const DEPENDENCIES: usize = 100;

/// A request that an agent sends.
#[derive(Clone, Debug, Default)]
pub struct NewRequest {
    /// The `handoff_id`; absent for a new one. Two requests of a sender with the same id are one request.
    pub id: Option<String>,
    /// The recipient.
    pub to: String,
    /// One line.
    pub title: String,
    /// Absent for the agent's default action.
    pub action: Option<String>,
    /// The action's arguments.
    pub args: Map<String, Value>,
    /// Markdown.
    pub body: String,
    /// The priority.
    pub priority: Priority,
    /// The chain of handoffs that it continues.
    pub chain: Option<Chain>,
    /// Handoffs that must succeed first, by id or title.
    pub depends_on: Vec<String>,
    /// The deadline.
    pub deadline: Option<Timestamp>,
}

impl NewRequest {
    fn compose(self, from: String, now: Timestamp) -> Request {
        Request {
            id: self.id.unwrap_or_else(|| request_id(&self.title, now)),
            from,
            to: self.to,
            title: self.title,
            action: self.action,
            args: self.args,
            body: self.body,
            priority: self.priority,
            dedupe_key: None,
            chain: self.chain,
            depends_on: self.depends_on,
            deadline: self.deadline,
            reply_to: None,
            created_at: now,
        }
    }

    /// SHA-256 of the content of this request from `sender`, apart from times. `to` must be the recipient's name.
    #[must_use]
    pub fn content(&self, sender: &str) -> String {
        let bytes = self.clone().compose(sender.to_owned(), Timestamp::UNIX_EPOCH).to_bytes();
        let value: Option<Value> = serde_json::from_slice(&bytes).ok();
        dedupe::substance(value.as_ref(), &bytes).to_string()
    }

    /// True if the file of `task` had the content of this request from `sender`, apart from times. `to` must be the
    /// recipient's name.
    #[must_use]
    pub fn has_content_of(&self, sender: &str, task: &Task) -> bool {
        task.substance == Some(self.content(sender))
    }
}

/// A request that was written.
#[derive(Clone, Debug)]
pub struct SentRequest {
    /// Its `handoff_id`.
    pub id: String,
    /// The recipient's name.
    pub to: String,
    /// The file, as in the ledger.
    pub file: String,
}

/// A new `handoff_id`.
#[must_use]
pub fn request_id(title: &str, now: Timestamp) -> String {
    let unique = format!("{}\0{}\0{title}", now.as_nanosecond(), std::process::id());
    format!("h-{}", Digest::of(unique.as_bytes()).short(16))
}

/// Writes a request into an inbox, completely or not at all. Returns its path.
///
/// # Errors
/// When the file cannot be written.
pub fn write_request(inbox: &Path, request: &Request) -> Result<PathBuf, IntakeError> {
    let staged = stage(inbox, &request.id, &request.to_bytes())?;
    Ok(inbox.join(publish(&staged, &request.file_name())?))
}

/// Checks the size of a request before it is written.
///
/// # Errors
/// When the title, the text or the file is too long, or it depends on too many handoffs.
pub fn check_size(request: &Request) -> Result<(), String> {
    RequestCheck::title(&request.title)?;
    if request.body.len() > BODY_BYTES {
        return Err(format!("the text has more than {BODY_BYTES} bytes; write it into a file and name the file"));
    }
    if request.depends_on.len() > DEPENDENCIES {
        return Err(format!("`depends_on` has more than {DEPENDENCIES} entries"));
    }
    if request.to_bytes().len() > REQUEST_BYTES {
        return Err(format!(
            "the request has more than {REQUEST_BYTES} bytes; write its data into a file and name the file"
        ));
    }
    Ok(())
}

impl AgentSession {
    /// Sends a request in the name of this agent, after the checks of `baton send`.
    ///
    /// # Errors
    /// When the recipient, the action, an argument, a dependency or the deadline is wrong, or the file cannot be written.
    pub async fn send(&self, request: NewRequest, manifests: ManifestSource) -> Result<SentRequest, DispatchError> {
        let (roster, reader) = (self.work.roster().await?, self.work.context.ledger.reader()?);
        let (from, context) = (self.agent.clone(), self.work.context.clone());
        let job = move || {
            let check = RequestCheck::new(roster, manifests, Some(reader));
            let now = Timestamp::now();
            let mut composed = request.compose(from, now);
            let agent = recipient(&check, &composed, now).map_err(DispatchError::Refused)?;
            composed.to.clone_from(&agent.name);
            let file = write_request(&agent.inbox, &composed)?;
            Ok(SentRequest { id: composed.id, to: agent.name.clone(), file: context.shown(&file) })
        };
        tokio::task::spawn_blocking(job).await.map_err(|_| LedgerError::Closed)?
    }

    /// Waits until the request with this `handoff_id` has ended and its RETURN is delivered, at most for `time`. Returns
    /// its task as it is then; `None` if it was not captured yet.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn outcome(&self, handoff_id: &str, time: Duration) -> Result<Option<Task>, DispatchError> {
        let has_ended =
            |task: &Task| task.state.is_final() && (task.returned_at.is_some() || !task.state.sends_return());
        self.sent_as(handoff_id, time, has_ended).await
    }

    /// Waits until the request with this `handoff_id` is captured, at most for `time`. Returns its task;
    /// `None` if it was not captured in this time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn captured_as(&self, handoff_id: &str, time: Duration) -> Result<Option<Task>, DispatchError> {
        self.sent_as(handoff_id, time, |_| true).await
    }

    /// Waits until `is_enough` accepts the task of the request with this `handoff_id`, at most for `time`. Returns the
    /// task as it is then; `None` if the request was not captured yet.
    async fn sent_as(
        &self,
        handoff_id: &str,
        time: Duration,
        is_enough: impl Fn(&Task) -> bool,
    ) -> Result<Option<Task>, DispatchError> {
        let mut changes = self.work.changes.clone();
        let deadline = Instant::now() + time;
        loop {
            changes.mark_unchanged();
            let (name, me) = (handoff_id.to_owned(), self.agent.clone());
            let found = self.work.read(move |reader| task::sent_as(reader, &me, &name)).await?;
            if found.as_ref().is_some_and(&is_enough)
                || !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(())))
            {
                return Ok(found);
            }
        }
    }
}

/// The recipient of a request, after all checks.
fn recipient<'a>(check: &'a RequestCheck, request: &Request, now: Timestamp) -> Result<&'a Agent, String> {
    let Request { to, action, args, depends_on, deadline, .. } = request;
    check_size(request)?;
    let agent = check.recipient(to)?;
    check.call(agent, action.as_deref(), args)?;
    if let Some(unknown) = depends_on.iter().find(|id| !check.is_known(id)) {
        return Err(format!("`depends_on`: no task and no file in an inbox has the id or title `{unknown}`"));
    }
    if deadline.is_some_and(|deadline| deadline <= now) {
        return Err("the deadline has passed".to_owned());
    }
    Ok(agent)
}
