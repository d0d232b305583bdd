//! Times and numbers of dispatch, in one place.

use std::time::Duration;

/// How long a running task is kept for its runner without a sign of life. Three heartbeats may be missed.
pub const LEASE: Duration = Duration::from_mins(1);

/// How often a runner says that it is alive.
pub const HEARTBEAT: Duration = Duration::from_secs(20);

/// Bytes of arguments that are checked on the attempt's own thread; more are checked on a thread that may block.
pub const ARGUMENTS_AT_ONCE: usize = 16 << 10;

/// Bytes of a handoff's title in a log line.
pub const TITLE_IN_LOG_BYTES: usize = 500;

/// Bytes of a finding's title that are kept.
pub const FINDING_TITLE_BYTES: usize = 1 << 10;

/// Bytes of a finding's evidence that are kept.
pub const FINDING_EVIDENCE_BYTES: usize = 4 << 10;

/// Files that are read and written down at the same time: enough to share one commit.
pub const CAPTURES_AT_ONCE: usize = 256;

/// The share of one inbox in [`CAPTURES_AT_ONCE`]: the rest is for the other inboxes.
pub const CAPTURES_OF_AN_INBOX: usize = 192;

/// Bytes of files that were read and are not yet written down, in KiB.
pub const HOLDING_KIB: u32 = 64 * 1024;

/// Files that are parsed at the same time, by size together, in KiB: as a tree of values a hostile file is some 32 times as
/// large, so this is half a gigabyte at the worst.
pub const READING_KIB: u32 = 16 * 1024;

/// Files that are read at the same time at most: the processor is the limit, not the disk, and every thread that reads keeps
/// memory of its own.
pub const READS_AT_ONCE: u32 = 8;

/// Stamps of files that were read, in one transaction: some milliseconds, so that whoever writes meanwhile hardly waits.
pub const STAMPS_AT_ONCE: usize = 1_000;

/// The pause before the ledger is asked again to take an outcome that it could not take (full disk).
pub const SETTLE_AGAIN: Duration = Duration::from_secs(5);

/// How often an attempt may be interrupted by a crash before a person is asked: the task itself may be the cause.
pub const INTERRUPTIONS: u32 = 3;

/// The pause before a file is looked at again that was edited while its task ran.
pub const EDITED_AGAIN: Duration = Duration::from_millis(500);

/// The pause before a delivery that failed (full disk, missing folder) is tried again; it doubles with each try.
pub const CARRY_AGAIN: Duration = Duration::from_secs(5);

/// No such pause is longer.
pub const CARRY_AGAIN_AT_MOST: Duration = Duration::from_mins(5);

/// How often `up --once` tries a delivery before it gives up and says so.
pub const CARRY_TRIES: u32 = 3;

/// For how long the same content without an id is the same request.
pub const REPEAT_AFTER: Duration = Duration::from_hours(24);

/// How long a task waits for a dependency that no task is named before a person is asked.
pub const ASK_AFTER: Duration = Duration::from_hours(24);

/// Short attempts of one agent that are begun and settled in one transaction, one after the other: enough to share the
/// commit. Only actions that may be repeated, because a crash interrupts them all.
pub const STINT_TASKS: usize = 128;

/// What counts as short: attempts that began together end together after this long; the rest waits its turn.
pub const STINT: Duration = Duration::from_millis(10);

/// Bytes that came in with such attempts, and bytes of reports that they may gather, before they are settled.
pub const STINT_BYTES: usize = 4 << 20;

/// Tasks whose deliveries are carried together: enough to share each flush of a folder and each commit, few enough that
/// the first one does not wait long.
pub const CARRY_TASKS: usize = 512;

/// Bytes of such a batch; the task that goes over it is the last one.
pub const CARRY_BYTES: usize = 32 << 20;

/// Rows of a batch that are written down in one go: some milliseconds, so that whoever writes meanwhile hardly waits.
pub const TOLD_AT_ONCE: usize = 64;

/// Batches at the same time.
pub const CARRIERS: usize = 4;

/// Batches of one agent at the same time. One is the rule, since whoever waits meanwhile makes the next one larger.
pub const CARRIERS_OF_AN_AGENT: usize = 2;

/// A batch that takes longer than this (a slow share, a large copy) does not hold up its agent's next one.
pub const CARRIER_SLOW: Duration = Duration::from_secs(1);

/// Files of a batch that are put onto the disk at the same time: a journal commits all that wait for it at once.
pub const FLUSHES_AT_ONCE: usize = 16;

/// A thread of its own pays from this many files on.
pub const FLUSHES_A_THREAD: usize = 4;

/// Changed paths that one triggered task is told of; the rest makes the next task.
pub const PATHS_OF_A_TRIGGER: usize = 10_000;

/// Folders that are watched for one plugin because they hold files that it has looked at. What lies beyond is found by the
/// look at everything.
pub const WATCHED_FOLDERS: usize = 2_000;

/// A RETURN may come this long after what it tells of: so long, a request that is not wanted any more is not taken back. As
/// long as it must be quiet before a change of a watched file is looked at.
pub const GRACE: Duration = Duration::from_millis(500);

/// Files of an inbox that are looked at for RETURNs before a request is taken back, the newest ones.
pub const LOOKED_AHEAD: usize = 256;

/// How long that waits for files that are still being written: longer than a file must be quiet to count as whole.
pub const AHEAD: Duration = Duration::from_secs(2);

/// A schedule is looked at no sooner than this: a clock that runs ahead of the engine's by a little must not make it spin.
pub const SCHEDULE_LEAST: Duration = Duration::from_millis(10);

/// A folder that is never quiet fires its trigger after this many quiet times at the latest.
pub const DEBOUNCE_AT_MOST: u32 = 10;

/// Lying requests that one look reminds of, escalates or archives; the next look takes the next ones.
pub const TENDED_AT_ONCE: u32 = 200;

/// How often a file may bring its reader down before it is put away unread.
pub const BREAKS: u32 = 3;

/// The pause before everything is looked at again because a folder was made: one look for many.
pub const RESCAN: Duration = Duration::from_millis(100);

/// After this long an inbox is looked at in which a file was missing: an editor may only be saving it.
pub const MISSING_LOOK: Duration = Duration::from_secs(1);

/// After this long a task is taken up again whose file was not there. By then the look has decided it.
pub const MISSING_AGAIN: Duration = Duration::from_secs(5);
