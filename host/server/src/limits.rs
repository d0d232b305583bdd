//! Times and numbers of the server, in one place.

use std::time::Duration;

/// How long a claim of a process lasts without renewal. Three renewals may be missed.
pub const PROCESS_CLAIM: Duration = Duration::from_mins(1);

/// The interval of renewals.
pub(crate) const RENEWAL: Duration = Duration::from_secs(20);

/// After so long without a call the session does not renew its claims any more: its agent has forgotten them.
pub(crate) const FORGOTTEN: Duration = Duration::from_hours(2);

/// How long tools wait that do not say otherwise. Shorter than the shortest time limit of the known clients (60 s).
pub(crate) const USUAL_WAIT: Duration = Duration::from_secs(50);

/// The longest wait of one call.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// The interval of progress notifications while a tool waits.
pub(crate) const PROGRESS: Duration = Duration::from_secs(20);

/// The most handoffs that one agent may send in [`SENDS_WINDOW`].
pub(crate) const SENDS: usize = 60;

/// The window of [`SENDS`].
pub(crate) const SENDS_WINDOW: Duration = Duration::from_mins(1);

/// The most bytes of a handoff's text that `read` returns at once.
pub(crate) const TEXT_BYTES: usize = 100_000;

/// The most tasks that `status` lists.
pub(crate) const LISTED: usize = 50;
