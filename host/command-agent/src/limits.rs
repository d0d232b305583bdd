//! Times and sizes of command agents.

use std::time::Duration;

use jiff::SignedDuration;

/// How long output may be read after the end of its process.
pub(crate) const DRAIN: Duration = Duration::from_secs(5);

/// How long a process may continue after its request has ended. Some clients do not exit after their last message.
pub(crate) const AFTER_RETURN: Duration = Duration::from_secs(30);

/// How long a process may take to exit after it has printed its result as its last line.
pub(crate) const AFTER_RESULT: Duration = Duration::from_secs(10);

/// How long Baton waits, after the end of a process, for the capture of a RETURN that it wrote as a file.
pub(crate) const CAPTURE: Duration = Duration::from_secs(3);

/// The longest line of output that is parsed, in bytes. The rest of a longer line is dropped.
pub(crate) const LINE_BYTES: usize = 1 << 20;

/// The end of the output that is kept in the ledger, in bytes.
pub(crate) const OUTPUT_BYTES: usize = 8 << 10;

/// The longest text of progress and of reasons, in bytes.
pub(crate) const TEXT_BYTES: usize = 300;

/// The shortest pause between two updates of a run in the ledger, and between two checks whether its request is over.
pub(crate) const UPDATE: Duration = Duration::from_secs(2);

/// The interval of checks for the deadline of a run and the end of the daemon.
pub(crate) const CHECK: Duration = Duration::from_millis(250);

/// How long the supervisor waits for the next change before it checks all inboxes.
pub(crate) const SCAN: Duration = Duration::from_mins(1);

/// How often in succession a request may be interrupted before Baton asks a person, because the request may be the cause.
pub(crate) const INTERRUPTIONS: usize = 3;

/// The maximum number of runs of one request that end with a RETURN. So an agent can correct a refuted RETURN twice.
pub(crate) const RETURNS: usize = 3;

/// The longest wait for the end of a usage limit. The longest limits of the known clients are weekly, so Baton ignores a
/// later end.
pub(crate) const QUOTA_LONGEST: SignedDuration = SignedDuration::from_hours(8 * 24);

/// How often in succession a request may wait for a usage limit before a person is asked.
pub(crate) const QUOTAS: usize = 50;

/// The margin after the time at which a usage limit ends.
pub(crate) const QUOTA_MARGIN: Duration = Duration::from_secs(1);
