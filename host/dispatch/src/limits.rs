//! Times and numbers of dispatch, in one place.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long a task stays leased without a heartbeat. Three heartbeats may be missed.
pub const LEASE: Duration = Duration::from_mins(1);

/// The interval of heartbeats.
pub const HEARTBEAT: Duration = Duration::from_secs(20);

/// Larger arguments are checked on a thread that may block, smaller ones on the attempt's own thread. In bytes.
pub const ARGUMENTS_AT_ONCE: usize = 16 << 10;

/// The maximum size of a handoff's title in a log line, in bytes.
pub const TITLE_IN_LOG_BYTES: usize = 500;

/// The maximum size of a finding's title, in bytes. A longer title is cut.
pub const FINDING_TITLE_BYTES: usize = 1 << 10;

/// The maximum size of a finding's evidence, in bytes. A longer text is cut.
pub const FINDING_EVIDENCE_BYTES: usize = 4 << 10;

/// The maximum number of files that are read and recorded at the same time: enough to share one commit.
pub const CAPTURES_AT_ONCE: usize = 256;

/// The maximum number of files of one inbox in [`CAPTURES_AT_ONCE`]. The rest is for the other inboxes.
pub const CAPTURES_OF_AN_INBOX: usize = 192;

/// The maximum total size of files that were read and are not yet recorded, in KiB.
pub const HOLDING_KIB: u32 = 64 * 1024;

/// The total size of files that are parsed at the same time, in KiB. The tree of values of a hostile file is about 32 times
/// as large as the file, so these trees need at most about half a gigabyte.
pub const READING_KIB: u32 = 16 * 1024;

/// The maximum number of files that are read at the same time. The processor is the bottleneck, not the disk, and each
/// reading thread needs separate memory.
pub const READS_AT_ONCE: u32 = 8;

/// The maximum number of stamps of read files in one transaction. The transaction takes some milliseconds, so other
/// writers wait only for a short time.
pub const STAMPS_AT_ONCE: usize = 1_000;

/// The pause before Baton writes an outcome again after the ledger could not store it (full disk).
pub const SETTLE_AGAIN: Duration = Duration::from_secs(5);

/// How often a crash may interrupt the attempts of a task before Baton asks a person: the task itself may cause the crash.
pub const INTERRUPTIONS: u32 = 3;

/// The pause before a file that was edited during its attempt is read again.
pub const EDITED_AGAIN: Duration = Duration::from_millis(500);

/// The pause before a failed delivery (full disk, missing folder) is tried again. It doubles with each try.
pub const DELIVERY_BACKOFF: Duration = Duration::from_secs(5);

/// The longest pause before a failed delivery is tried again.
pub const DELIVERY_BACKOFF_MAX: Duration = Duration::from_mins(5);

/// How often `up --once` tries a delivery before it reports the delivery as failed.
pub const DELIVERY_TRIES: u32 = 3;

/// How long a second handoff with the same content and without an id counts as the same request.
pub const REPEAT_AFTER: Duration = Duration::from_hours(24);

/// How long a task waits for an unknown dependency before a person is asked.
pub const ASK_AFTER: Duration = Duration::from_hours(24);

/// The maximum number of short attempts of one agent that are leased and settled in one transaction: enough to share the
/// commit. Only idempotent actions are batched, because a crash interrupts all attempts of the batch.
pub const ATTEMPT_BATCH_TASKS: usize = 128;

/// An attempt batch is settled after this time. The tasks that have not started then run in the next batch.
pub const ATTEMPT_BATCH: Duration = Duration::from_millis(10);

/// The maximum size of the handoffs in an attempt batch, and of the reports in an attempt batch, in bytes each.
pub const ATTEMPT_BATCH_BYTES: usize = 4 << 20;

/// The maximum number of tasks whose deliveries run in one batch: enough to share folder flushes and commits, and few
/// enough that the first task does not wait long.
pub const DELIVERY_BATCH_TASKS: usize = 512;

/// The maximum size of a delivery batch in bytes. The task that exceeds this size is the last task in the batch.
pub const DELIVERY_BATCH_BYTES: usize = 32 << 20;

/// The maximum number of rows that one transaction of a delivery batch writes. The transaction takes some milliseconds, so
/// other writers wait only for a short time.
pub const ROWS_AT_ONCE: usize = 64;

/// The maximum number of delivery batches at the same time.
pub const DELIVERY_WORKERS: usize = 4;

/// The maximum number of delivery batches of one agent at the same time. Usually one batch runs, and the waiting tasks make
/// the next batch larger.
pub const DELIVERY_WORKERS_PER_AGENT: usize = 2;

/// If a delivery batch takes longer than this time (a slow share, a large copy), the agent's next batch may start.
pub const DELIVERY_BATCH_SLOW: Duration = Duration::from_secs(1);

/// The maximum number of files of a batch that are flushed at the same time, so that they share one commit of the file
/// system's journal.
pub const FLUSHES_AT_ONCE: usize = 16;

/// A separate thread flushes each group of this many files.
pub const FLUSHES_A_THREAD: usize = 4;

/// The maximum number of changed paths in one triggered task. More paths make another task.
pub const PATHS_OF_A_TRIGGER: usize = 10_000;

/// The maximum number of folders that are watched for the files of one plugin. Only the full scan finds changes in more
/// folders.
pub const WATCHED_FOLDERS: usize = 2_000;

/// How long after a change to a file the RETURN about this change may arrive. Baton waits this time before it withdraws a
/// request that a plugin no longer wants. Equal to the quiet time of a watched file.
pub const GRACE: Duration = Duration::from_millis(500);

/// The maximum number of files that Baton searches for RETURNs before it withdraws a request: the newest files in the
/// inboxes of an agent and in the drop box together.
pub const PENDING_RETURN_FILES: usize = 256;

/// How long the search for RETURNs waits for files that are still being written. Longer than the quiet time before a
/// file is read.
pub const PENDING_RETURN_WAIT: Duration = Duration::from_secs(2);

/// How long a folder of `[[audio]]` must be quiet. Copying an audio file takes longer than saving a document.
pub const AUDIO_DEBOUNCE: Duration = Duration::from_secs(2);

/// If the scan of a batch of new audio takes longer than this time, Baton scans other folders meanwhile. The scan takes
/// seconds unless its folder does not respond.
pub const AUDIO_BATCH: Duration = Duration::from_mins(1);

/// How long the daemon's exit waits for a batch of new audio. A scan stops between two blocks of a file.
pub const AUDIO_EXIT: Duration = Duration::from_secs(5);

/// The shortest pause between two checks of the schedules. It prevents a busy loop if the clock of the schedules is slightly
/// ahead of the engine's clock.
pub const SCHEDULE_LEAST: Duration = Duration::from_millis(10);

/// A folder that is never quiet fires its trigger after this many quiet times.
pub const DEBOUNCE_AT_MOST: u32 = 10;

/// The maximum number of overdue requests that one run processes. The next run processes more.
pub const ESCALATIONS_AT_ONCE: u32 = 200;

/// How often Baton may crash while it reads a file. Then Baton rejects the file without reading it.
pub const READER_CRASHES: u32 = 3;

/// The pause before the full scan after a folder was created, so that one scan covers many new folders.
pub const RESCAN: Duration = Duration::from_millis(100);

/// The pause before Baton scans an inbox in which a file is missing, because an editor may be saving the file.
pub const MISSING_LOOK: Duration = Duration::from_secs(1);

/// The pause before a task with a missing file is tried again. In this time a scan finds the file or ends the task.
pub const MISSING_AGAIN: Duration = Duration::from_secs(5);

/// The time `pause` before `now`.
pub(crate) fn ago(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.checked_sub(pause).unwrap_or(Timestamp::MIN)
}
