//! Times and numbers of dispatch, in one place.

use std::time::Duration;

/// How long a running task is kept for its runner without a sign of life. Three heartbeats may be missed.
pub const LEASE: Duration = Duration::from_mins(1);

/// How often a runner says that it is alive.
pub const HEARTBEAT: Duration = Duration::from_secs(20);

/// Files that are read and written down at the same time: enough to share one commit, few enough to stay within the
/// memory of so many files of 4 MiB.
pub const CAPTURES_AT_ONCE: usize = 64;

/// How often an attempt may be interrupted by a crash before a person is asked: the task itself may be the cause.
pub const INTERRUPTIONS: u32 = 3;

/// The pause before a delivery that failed (full disk, missing folder) is tried again.
pub const CARRY_AGAIN: Duration = Duration::from_secs(5);

/// How often `up --once` tries a delivery before it gives up and says so.
pub const CARRY_TRIES: u32 = 3;
