//! What jobs tell the engine when they are done. A job never acts on the engine's state itself.

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
use crate::trigger::task::TriggerResult;

pub(super) enum Message {
    /// This lies in an agent's inbox.
    Scanned(String, PathBuf, Result<Vec<FolderEntry>, IntakeError>),
    /// A file in an inbox of this owner was looked at.
    Captured(String, PathBuf, Result<CaptureOutcome, DispatchError>),
    /// An agent's worker made an attempt or several short ones, or found nothing to do.
    Worked(String, Result<AttemptBatch, DispatchError>),
    /// The deliveries of these tasks were tried.
    Carried(Vec<DeliveryTry>, Result<Vec<Delivered>, DispatchError>),
    /// What lies too long with external agents was looked at.
    Tended(Result<EscalationResult, DispatchError>),
    /// The tasks that do not move.
    Still(Result<Vec<Stalled>, DispatchError>),
    /// Waiting tasks whose files were taken away have ended.
    Withdrawn(Result<Vec<SettledTask>, DispatchError>),
    /// A trigger was looked at.
    Fired(Result<TriggerResult, DispatchError>),
    /// The schedules were looked at: these agents have work, and the next time comes after this long.
    Scheduled(Result<(Vec<String>, Option<Duration>), DispatchError>),
    /// Somebody looked whether the operator changed the plugins: to these.
    Refreshed(Option<Plugins>),
    /// Left-overs were taken up: these agents have work, and the next retry is due after this long.
    Recovered(Result<(Vec<String>, Option<Duration>), DispatchError>),
}
