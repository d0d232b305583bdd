//! The messages of the engine's jobs, and the actions that one part of the engine requests from another. A job never changes the
//! engine's state itself.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_intake::{FolderEntry, IntakeError};
use baton_ledger::task::StalledTask;

use crate::DispatchError;
use crate::attempt::{AttemptBatch, DueWork, SettledTask};
use crate::capture::outcome::CaptureOutcome;
use crate::delivery::DeliveryResult;
use crate::escalation::EscalationResult;
use crate::evidence::CommandRun;
use crate::plugins::Plugins;
use crate::triggers::task::TriggerResult;

/// The report that a job sends when it ends.
pub(super) enum Message {
    Inbox(InboxMessage),
    Worker(WorkerMessage),
    Delivery(DeliveryMessage),
    Trigger(TriggerMessage),
    /// A command of a RETURN was run.
    CommandRan(Result<CommandRun, DispatchError>),
    /// The plugins, if the operator changed them.
    PluginsLoaded(Option<Plugins>),
}

pub(super) enum InboxMessage {
    Scanned {
        owner: String,
        folder: PathBuf,
        entries: Result<Vec<FolderEntry>, IntakeError>,
    },
    Captured {
        owner: String,
        path: PathBuf,
        outcome: Result<CaptureOutcome, DispatchError>,
    },
    ReaderCrashed(PathBuf),
    /// Waiting tasks were settled because their files are missing.
    MissingFiles(Result<Vec<SettledTask>, DispatchError>),
}

pub(super) enum WorkerMessage {
    /// A worker of the agent has ended. It made one attempt or several short attempts, or found no task.
    Worked {
        agent: String,
        batch: Result<AttemptBatch, DispatchError>,
    },
    Crashed(String),
    Recovered(Result<DueWork, DispatchError>),
    Stalled(Result<Vec<StalledTask>, DispatchError>),
}

pub(super) enum DeliveryMessage {
    Delivered { batch: Vec<DeliveryTry>, delivered: Result<Vec<DeliveryResult>, DispatchError> },
    Escalated(Result<EscalationResult, DispatchError>),
}

pub(super) enum TriggerMessage {
    /// The check of a `files`, `watched` or `audio` trigger ended.
    Fired(Result<Box<TriggerResult>, DispatchError>),
    /// The check of the schedules ended.
    Scheduled(Result<DueWork, DispatchError>),
}

/// One try to make the open deliveries of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeliveryTry {
    pub(super) task: String,
    /// The number of this try; the first is 1.
    pub(super) tries: u32,
    pub(super) agent: Arc<str>,
}

/// A request of one part of the engine to the others. The main loop executes the request before it waits for the next
/// message.
pub(super) enum Action {
    /// The agent has work.
    Work(String),
    /// A task of the agent has something to deliver.
    Deliver { task: String, agent: String },
    /// Recover unfinished tasks after this pause.
    Recover(Duration),
    /// Baton wrote or moved this file.
    FileChanged(PathBuf),
    /// Check the `files` and `watched` triggers of this plugin.
    CheckTriggers(String),
    /// Check the files that this plugin watches.
    CheckWatched(String),
    /// Scan all inboxes after this pause.
    Scan(Duration),
    /// All plugins were replaced. The plugins in this set have changed.
    PluginsChanged(BTreeSet<String>),
}
