//! Text and time helpers.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The moment `pause` before `now`.
pub(crate) fn ago(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.checked_sub(pause).unwrap_or(Timestamp::MIN)
}
