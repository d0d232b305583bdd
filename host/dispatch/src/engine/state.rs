//! The data that the parts of the engine share: the context, the jobs, the requested actions, the summary.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_core::State;
use baton_sandbox::Cancel;
use tokio::task::{Id, JoinError, JoinSet};

use super::message::{Action, Message};
use crate::attempt::SettledTask;
use crate::presence::FILE_MISSING;
use crate::{Context, DispatchError, limits};

/// When the engine ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The engine runs until it is stopped.
    Forever,
    /// The engine runs until there is no work left.
    Once,
}

/// What the engine has done, for the last line on the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of settled tasks by state, including tasks that were settled by their capture.
    pub settled: BTreeMap<&'static str, u64>,
    /// The number of captured files.
    pub captured: u64,
    /// The files that could not be read or delivered, with the reasons.
    pub undelivered: Vec<String>,
}

pub(super) struct EngineState {
    pub(super) context: Arc<Context>,
    pub(super) mode: Mode,
    pub(super) stopping: bool,
    /// Cancelled when no new work may start.
    pub(super) closing: Cancel,
    pub(super) summary: Summary,
    /// The running jobs. If a job crashes, the engine continues without its result, unless `crash_messages` has a message
    /// for the job.
    pub(super) jobs: JoinSet<Message>,
    /// For each job: the message that the engine gets instead of the job's result if the job crashes.
    crash_messages: HashMap<Id, Message>,
    actions: VecDeque<Action>,
    logged: HashSet<PathBuf>,
}

impl EngineState {
    pub(super) fn new(context: Arc<Context>, mode: Mode) -> Self {
        Self {
            context,
            mode,
            stopping: false,
            closing: Cancel::default(),
            summary: Summary::default(),
            jobs: JoinSet::new(),
            crash_messages: HashMap::new(),
            actions: VecDeque::new(),
            logged: HashSet::new(),
        }
    }

    /// Starts a job that holds a resource. If the job crashes, the engine gets `crashed` and releases the resource.
    pub(super) fn spawn_holding(&mut self, crashed: Message, job: impl Future<Output = Message> + Send + 'static) {
        let id = self.jobs.spawn(job).id();
        self.crash_messages.insert(id, crashed);
    }

    /// Starts a job like [`Self::spawn_holding`], on a thread that may block.
    pub(super) fn spawn_blocking_holding(&mut self, crashed: Message, job: impl FnOnce() -> Message + Send + 'static) {
        let id = self.jobs.spawn_blocking(job).id();
        self.crash_messages.insert(id, crashed);
    }

    /// The message of a job that has ended.
    pub(super) fn message_of(&mut self, done: Result<(Id, Message), JoinError>) -> Option<Message> {
        match done {
            Ok((id, message)) => {
                self.crash_messages.remove(&id);
                Some(message)
            }
            Err(error) => {
                tracing::error!(%error, "a job of the engine ended without a result");
                self.crash_messages.remove(&error.id())
            }
        }
    }

    pub(super) fn request(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    pub(super) fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Returns whether nothing was logged about this path yet, and marks it as logged.
    pub(super) fn log_once(&mut self, path: &Path) -> bool {
        self.logged.insert(path.to_owned())
    }

    /// Deletes the log marks of entries in `folder`, except those in `except`.
    pub(super) fn forget_logged(&mut self, folder: &Path, except: &HashSet<&Path>) {
        self.logged.retain(|path| path.parent() != Some(folder) || except.contains(path.as_path()));
    }

    /// Called when a job failed. Logs the error, and plans to recover unfinished tasks.
    pub(super) fn failed(&mut self, error: &DispatchError) {
        tracing::error!("{error}");
        self.request(Action::Recover(limits::DELIVERY_BACKOFF));
        self.give_up_once(error);
    }

    /// Ends `up --once` if the ledger fails.
    pub(super) fn give_up_once(&mut self, error: &DispatchError) {
        if self.mode == Mode::Once {
            self.summary.undelivered.push(error.to_string());
            self.stopping = true;
            self.closing.cancel();
        }
    }

    /// Requests the actions that follow from a settled task.
    pub(super) fn on_settled(&mut self, settled: SettledTask) {
        settled.log();
        *self.summary.settled.entry(settled.status()).or_default() += 1;
        let agent = &settled.agent;
        for task in std::iter::once(settled.id).chain(settled.to_deliver) {
            self.request(Action::Deliver { task, agent: agent.clone() });
        }
        if settled.watches {
            self.request(Action::CheckWatched(agent.clone()));
        }
        if settled.wrote {
            self.request(Action::CheckTriggers(agent.clone()));
        }
        if settled.text == FILE_MISSING {
            self.request(Action::Scan(limits::MISSING_LOOK));
        }
        if let Some(reason) = &settled.quarantined {
            tracing::warn!(%agent, "{reason}");
        }
        if settled.state == State::Waiting || settled.released || settled.quarantined.is_some() {
            self.request(Action::Recover(Duration::ZERO));
        }
    }
}
