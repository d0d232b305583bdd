//! What jobs tell the engine when they are done. A job never acts on the engine's state itself.

use std::path::PathBuf;
use std::time::Duration;

use baton_intake::{Found, IntakeError};
use baton_ledger::task::Stalled;

use super::carriers::Asked;
use crate::DispatchError;
use crate::capture::Taken;
use crate::carry::Carried;
use crate::obligations::Tended;
use crate::plugins::Plugins;
use crate::settle::Settled;
use crate::trigger::Fired;
use crate::work::Stint;

pub(super) enum Message {
    /// This lies in an agent's inbox.
    Scanned(String, PathBuf, Result<Vec<Found>, IntakeError>),
    /// A file in an inbox of this owner was looked at.
    Captured(String, PathBuf, Result<Taken, DispatchError>),
    /// An agent's worker made an attempt or several short ones, or found nothing to do.
    Worked(String, Result<Stint, DispatchError>),
    /// The deliveries of these tasks were tried.
    Carried(Vec<Asked>, Result<Vec<Carried>, DispatchError>),
    /// What lies too long with external agents was looked at.
    Tended(Result<Tended, DispatchError>),
    /// The tasks that do not move.
    Still(Result<Vec<Stalled>, DispatchError>),
    /// Waiting tasks whose files were taken away have ended.
    Withdrawn(Result<Vec<Settled>, DispatchError>),
    /// A trigger was looked at.
    Fired(Result<Fired, DispatchError>),
    /// The schedules were looked at: these agents have work, and the next time comes after this long.
    Scheduled(Result<(Vec<String>, Option<Duration>), DispatchError>),
    /// Somebody looked whether the operator changed the plugins: to these.
    Refreshed(Option<Plugins>),
    /// Left-overs were taken up: these agents have work, and the next retry is due after this long.
    Recovered(Result<(Vec<String>, Option<Duration>), DispatchError>),
}
