//! Times and numbers of dispatch, in one place.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long a task stays leased without a heartbeat. Three heartbeats may be missed.
pub const LEASE: Duration = Duration::from_mins(1);

/// The interval of heartbeats.
pub const HEARTBEAT: Duration = Duration::from_secs(20);

/// Bytes of arguments that are checked on the attempt's own thread; more are checked on a thread that may block.
pub const ARGUMENTS_AT_ONCE: usize = 16 << 10;

/// Bytes of a handoff's title in a log line.
pub const TITLE_IN_LOG_BYTES: usize = 500;

/// Bytes of a finding's title that are kept.
pub const FINDING_TITLE_BYTES: usize = 1 << 10;

/// Bytes of a finding's evidence that are kept.
pub const FINDING_EVIDENCE_BYTES: usize = 4 << 10;

/// Files that are read and recorded at the same time: enough to share one commit.
pub const CAPTURES_AT_ONCE: usize = 256;

/// The share of one inbox in [`CAPTURES_AT_ONCE`]: the rest is for the other inboxes.
pub const CAPTURES_OF_AN_INBOX: usize = 192;

/// Bytes of files that were read and are not yet recorded, in KiB.
pub const HOLDING_KIB: u32 = 64 * 1024;

/// Files that are parsed at the same time, by size together, in KiB: as a tree of values a hostile file is some 32 times as
/// large, so this is half a gigabyte at the worst.
pub const READING_KIB: u32 = 16 * 1024;

/// Files that are read at the same time at most: the processor is the limit, not the disk, and each reading thread needs
/// separate memory.
pub const READS_AT_ONCE: u32 = 8;

/// Stamps of files that were read, in one transaction: some milliseconds, so that other writers hardly wait.
pub const STAMPS_AT_ONCE: usize = 1_000;

/// The pause before an outcome that the ledger could not store (full disk) is written again.
pub const SETTLE_AGAIN: Duration = Duration::from_secs(5);

/// How often an attempt may be interrupted by a crash before a person is asked: the task itself may be the cause.
pub const INTERRUPTIONS: u32 = 3;

/// The pause before a file that was edited during its attempt is read again.
pub const EDITED_AGAIN: Duration = Duration::from_millis(500);

/// The pause before a delivery that failed (full disk, missing folder) is tried again; it doubles with each try.
pub const DELIVERY_BACKOFF: Duration = Duration::from_secs(5);

/// The longest of these pauses.
pub const DELIVERY_BACKOFF_MAX: Duration = Duration::from_mins(5);

/// How often `up --once` tries a delivery before it gives up and reports it.
pub const DELIVERY_TRIES: u32 = 3;

/// For how long the same content without an id is the same request.
pub const REPEAT_AFTER: Duration = Duration::from_hours(24);

/// How long a task waits for a dependency that does not exist before a person is asked.
pub const ASK_AFTER: Duration = Duration::from_hours(24);

/// Short attempts of one agent that are leased and settled in one transaction: enough to share the commit. Only idempotent
/// actions are batched, because a crash interrupts the whole batch.
pub const ATTEMPT_BATCH_TASKS: usize = 128;

/// After this long a batch of attempts is settled; the tasks that are left run in the next one.
pub const ATTEMPT_BATCH: Duration = Duration::from_millis(10);

/// Bytes of the handoffs of a batch of attempts, and bytes of its reports, before it is settled.
pub const ATTEMPT_BATCH_BYTES: usize = 4 << 20;

/// Tasks whose deliveries run in one batch: enough to share each flush of a folder and each commit, few enough that
/// the first one does not wait long.
pub const DELIVERY_BATCH_TASKS: usize = 512;

/// Bytes of such a batch; the task that goes over it is the last one.
pub const DELIVERY_BATCH_BYTES: usize = 32 << 20;

/// Rows of a batch that one transaction writes: some milliseconds, so that other writers hardly wait.
pub const ROWS_AT_ONCE: usize = 64;

/// Batches of deliveries at the same time.
pub const DELIVERY_WORKERS: usize = 4;

/// Batches of one agent at the same time. Usually one runs: what waits meanwhile makes the next one larger.
pub const DELIVERY_WORKERS_PER_AGENT: usize = 2;

/// A batch that takes longer than this (a slow share, a large copy) does not delay its agent's next one.
pub const DELIVERY_BATCH_SLOW: Duration = Duration::from_secs(1);

/// Files of a batch that are flushed at the same time: they share one commit of the journal.
pub const FLUSHES_AT_ONCE: usize = 16;

/// A separate thread flushes each group of this many files.
pub const FLUSHES_A_THREAD: usize = 4;

/// Changed paths in one triggered task; the rest makes the next task.
pub const PATHS_OF_A_TRIGGER: usize = 10_000;

/// Folders that are watched for one plugin because they hold files that it has read. Changes in more folders are found by the
/// full scan.
pub const WATCHED_FOLDERS: usize = 2_000;

/// A RETURN may come this long after the change that it reports: for this long, an unwanted request is not withdrawn. Equal to
/// the quiet time of a watched file.
pub const GRACE: Duration = Duration::from_millis(500);

/// The number of files of an inbox, newest first, that are searched for RETURNs before a request is withdrawn.
pub const PENDING_RETURN_FILES: usize = 256;

/// How long that search waits for files that are still being written: longer than a file must be quiet to be read.
pub const PENDING_RETURN_WAIT: Duration = Duration::from_secs(2);

/// A folder of `[[audio]]` must be quiet for this long. Copying an audio file takes longer than saving a document.
pub const AUDIO_DEBOUNCE: Duration = Duration::from_secs(2);

/// A batch of new audio that takes longer than this does not delay the other folders: it takes seconds unless its folder hangs.
pub const AUDIO_BATCH: Duration = Duration::from_mins(1);

/// How long the daemon's exit waits for such a batch, which stops between two blocks of a file.
pub const AUDIO_EXIT: Duration = Duration::from_secs(5);

/// The shortest pause between two checks of the schedules: a clock slightly ahead of the engine's must not make it spin.
pub const SCHEDULE_LEAST: Duration = Duration::from_millis(10);

/// A folder that is never quiet fires its trigger after this many quiet times at the latest.
pub const DEBOUNCE_AT_MOST: u32 = 10;

/// Overdue requests that one run reminds of, escalates or archives; the next run takes the next ones.
pub const ESCALATIONS_AT_ONCE: u32 = 200;

/// How often a file may crash its reader before it is rejected unread.
pub const READER_CRASHES: u32 = 3;

/// The pause before the full scan after a folder was made: one scan for many folders.
pub const RESCAN: Duration = Duration::from_millis(100);

/// After this long an inbox with a missing file is scanned: an editor may only be saving the file.
pub const MISSING_LOOK: Duration = Duration::from_secs(1);

/// After this long a task with a missing file is tried again. By then the scan has found the file or ended the task.
pub const MISSING_AGAIN: Duration = Duration::from_secs(5);

/// The moment `pause` before `now`.
pub(crate) fn ago(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.checked_sub(pause).unwrap_or(Timestamp::MIN)
}
