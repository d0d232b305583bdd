//! The messages that jobs send to the engine when they are done. A job never changes the engine's state itself.

use std::path::PathBuf;
use std::time::Duration;

use baton_intake::{FolderEntry, IntakeError};
use baton_ledger::task::Stalled;

use super::delivery_workers::DeliveryTry;
use crate::DispatchError;
use crate::attempt::{AttemptBatch, SettledTask};
use crate::capture::outcome::CaptureOutcome;
use crate::delivery::Delivered;
use crate::escalation::EscalationResult;
use crate::plugins::Plugins;
use crate::triggers::task::TriggerResult;

pub(super) enum Message {
    /// The entries of an agent's inbox.
    Scanned(String, PathBuf, Result<Vec<FolderEntry>, IntakeError>),
    /// A file in an inbox of this owner was captured, or not.
    Captured(String, PathBuf, Result<CaptureOutcome, DispatchError>),
    /// An agent's worker made an attempt or several short ones, or found nothing to do.
    Worked(String, Result<AttemptBatch, DispatchError>),
    /// The deliveries of these tasks were tried.
    Delivered(Vec<DeliveryTry>, Result<Vec<Delivered>, DispatchError>),
    /// The escalations that were due are done.
    Escalated(Result<EscalationResult, DispatchError>),
    /// The stalled tasks.
    Stalled(Result<Vec<Stalled>, DispatchError>),
    /// Waiting tasks whose files are missing have ended.
    MissingFiles(Result<Vec<SettledTask>, DispatchError>),
    /// A trigger was checked.
    Fired(Result<TriggerResult, DispatchError>),
    /// The schedules were checked: these agents have work, and the next one is due after this long.
    Scheduled(Result<(Vec<String>, Option<Duration>), DispatchError>),
    /// The plugins, if the operator changed them.
    Refreshed(Option<Plugins>),
    /// Unfinished tasks were recovered: these agents have work, and the next retry is due after this long.
    Recovered(Result<(Vec<String>, Option<Duration>), DispatchError>),
}
