//! A session of one agent: the tasks that it may see, and the names by which it finds them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_ledger::agent_call::{self, AgentCall};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Reader, event};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::changes::follow_changes;
use super::readers::Readers;
use crate::{AgentKind, Context, DispatchError, Roster};

/// The maximum number of events of a task that are returned.
const EVENTS: usize = 100;

/// The shortest pause between two records of an agent's calls.
const CALL_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The data that all sessions of a process share: the workspace, readers of the ledger, and the notification of its
/// changes.
pub struct AgentWork {
    pub(super) context: Arc<Context>,
    readers: Readers,
    pub(super) changes: watch::Receiver<u64>,
    follower: AbortHandle,
}

impl AgentWork {
    /// Opens the ledger of `context` for its sessions. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn new(context: Arc<Context>) -> Result<Arc<Self>, DispatchError> {
        let (sender, changes) = watch::channel(0);
        let follower = tokio::spawn(follow_changes(context.ledger.reader()?, context.ledger.pulse(), sender));
        let readers = Readers::new(context.ledger.clone())?;
        Ok(Arc::new(Self { context, readers, changes, follower: follower.abort_handle() }))
    }

    /// Reads the ledger on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Reader) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, DispatchError> {
        let _turn = self.readers.turns().acquire().await.map_err(|_| LedgerError::Closed)?;
        let work = Arc::clone(self);
        let job = move || work.readers.run(read);
        Ok(tokio::task::spawn_blocking(job).await.map_err(|_| LedgerError::Closed)??)
    }

    /// The agents of the workspace according to their folders now. Reads the folders on a thread that may block. The
    /// roster of the engine does not change.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub async fn roster(&self) -> Result<Arc<Roster>, DispatchError> {
        let context = Arc::clone(&self.context);
        let load = move || context.load_roster().map(Arc::new);
        tokio::task::spawn_blocking(load).await.map_err(|_| LedgerError::Closed)?
    }

    /// What every dispatch step needs.
    #[must_use]
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Reports each change of the ledger. The value counts the changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }
}

impl Drop for AgentWork {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

/// A session of an external agent.
#[derive(Clone)]
pub struct AgentSession {
    pub(super) work: Arc<AgentWork>,
    pub(super) agent: String,
    pub(super) holder: String,
    pub(super) lease: Duration,
    /// When Baton last recorded a call of the agent.
    noted: Arc<Mutex<Option<Timestamp>>>,
}

impl AgentSession {
    /// A session of the agent that `spelling` names. `spelling` may be any spelling of the name. `holder` identifies the
    /// session in claims: `http:…`, or the name of a process ([`baton_process::owner::name`]). If `holder` names a process,
    /// the claims end when the process ends. Each claim lasts for `lease` after its last renewal.
    ///
    /// # Errors
    /// When there is no such agent, or it is a plugin.
    pub async fn new(
        work: Arc<AgentWork>,
        spelling: &str,
        holder: String,
        lease: Duration,
    ) -> Result<Self, DispatchError> {
        let roster = work.roster().await?;
        let Some(agent) = roster.resolve(spelling) else {
            let error = format!(
                "{}. To make it an agent: `baton connect CLIENT --agent {spelling}`, or make its inbox in handoffs/",
                roster.unknown_agent(spelling)
            );
            return Err(DispatchError::Refused(error));
        };
        if agent.kind == AgentKind::Plugin {
            let error = format!("`{}` is a plugin, so Baton does its work; choose another agent", agent.name);
            return Err(DispatchError::Refused(error));
        }
        let agent = agent.name.clone();
        Ok(Self { work, agent, holder, lease, noted: Arc::default() })
    }

    /// The agent's name.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// The data that all sessions of the process share.
    #[must_use]
    pub fn work(&self) -> &Arc<AgentWork> {
        &self.work
    }

    /// Records that the agent has called a tool, at most once in half a minute.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn note_call(&self) -> Result<(), DispatchError> {
        let now = Timestamp::now();
        {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.is_some_and(|at| now.duration_since(at) < CALL_PAUSE) {
                return Ok(());
            }
            *noted = Some(now);
        }
        let call = AgentCall { agent: self.agent.clone(), holder: self.holder.clone(), at: now };
        Ok(self.work.context.ledger.write(move |tx| agent_call::record(tx, &call)).await?)
    }

    /// True if the agent may see a task.
    pub(super) fn may_see(&self, task: &Task) -> bool {
        let me = Some(self.agent.as_str());
        task.agent == self.agent || task.sender.as_deref() == me || task.answer_to() == me
    }

    /// Finds the visible task that `word` identifies: the id of a task, the beginning of that id, or the id, the file or the
    /// title of a handoff.
    ///
    /// # Errors
    /// When `word` fits no visible task, or several.
    pub async fn find(&self, word: &str) -> Result<Task, DispatchError> {
        let (session, name) = (self.clone(), word.to_owned());
        let found = self.work.read(move |reader| {
            let mut found = task::matching_for(reader, &name, &session.agent)?.tasks;
            found.retain(|task| session.may_see(task));
            Ok(found)
        });
        let mut found = found.await?;
        // A RETURN has the same title as its request.
        if found.len() > 1 && found.iter().any(|task| task.kind != "RETURN" && task.agent == self.agent) {
            found.retain(|task| task.kind != "RETURN" && task.agent == self.agent);
        }
        match found.len() {
            0 => Err(DispatchError::Refused(format!(
                "{} has no task `{word}`; `inbox` and `status` list the ids",
                self.agent
            ))),
            1 => found.pop().ok_or_else(|| LedgerError::Closed.into()),
            _ => {
                let ids: Vec<&str> = found.iter().take(10).map(|task| task.id.as_str()).collect();
                Err(DispatchError::Refused(format!(
                    "`{word}` names several tasks: {}; use one of these ids",
                    ids.join(", ")
                )))
            }
        }
    }

    /// The text of a task. For a task without a text, for example a RETURN, the text of the whole file.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn text(&self, task: &Task) -> Result<String, DispatchError> {
        let (Some(hash), true) = (task.input.clone(), task.body.trim().is_empty()) else {
            return Ok(task.body.clone());
        };
        let bytes = self.work.read(move |reader| task::content(reader, &hash)).await?;
        Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
    }

    /// The newest hundred events of a task, oldest first.
    ///
    /// # Errors
    /// As [`AgentSession::find`].
    pub async fn events(&self, word: &str) -> Result<(Task, Vec<event::RecordedEvent>), DispatchError> {
        let task = self.find(word).await?;
        let id = task.id.clone();
        let mut events = self.work.read(move |reader| event::of_task(reader, &id)).await?;
        let more = events.len().saturating_sub(EVENTS);
        Ok((task, events.split_off(more)))
    }

    /// The newest tasks that the agent received or sent, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn tasks(&self, limit: usize) -> Result<Vec<Task>, DispatchError> {
        let session = self.clone();
        self.work.read(move |reader| task::of_agent(reader, &session.agent, limit)).await
    }
}
