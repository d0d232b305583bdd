//! Every resource limit of the sandbox, with its reason. A manifest may lower a limit, but never raise it
//! (`limit_overrides.rs`).

use std::time::Duration;

/// The tick of the epoch. A plugin in an endless loop is detected within one tick. The epoch advances only while
/// attempts run.
pub const TICK: Duration = Duration::from_millis(10);

/// The linear memory of one attempt, summed over all its memories. Parsing a plan of 8 MiB needs a tenth of it.
pub const MEMORY_BYTES: usize = 256 << 20;

/// The entries of all tables together. Measured: 74 in a small Rust component, 5,763 in a Python component, 7,718 in a
/// JavaScript component.
pub const TABLE_ELEMENTS: usize = 100_000;

/// Wall-clock time of one attempt.
pub const WALL: Duration = Duration::from_mins(5);

/// Processor time of one attempt. It is less than [`WALL`], because a plugin waits longer than it computes.
pub const CPU: Duration = Duration::from_mins(2);

/// The time in which a cancelled attempt may save its state before it is ended.
pub const CANCEL_GRACE: Duration = Duration::from_secs(2);

/// The bytes that one call may copy from a guest (wasmtime's own limit is 128 MiB). It is greater than
/// [`OUTPUT_BYTES`], so that a slightly too large result gets the clearer message.
pub const COPY_BYTES: usize = 24 << 20;

/// Calls of host functions in one attempt. Reading a hundred thousand files needs a tenth of it. A plugin that calls without
/// end reaches the limit after some seconds.
pub const HOST_CALLS: u64 = 5_000_000;

/// Bytes that one attempt may write to the host's streams and files in total, so that no plugin can fill a disk.
pub const WRITTEN_BYTES: u64 = 4 << 30;

/// Files, folders and links that one attempt may create. A folder of a library has thousands; a file system runs out of
/// inodes at millions. A plugin that needs more uses several attempts.
pub const FILES_MADE: u64 = 20_000;

/// Bytes by which one attempt may lengthen files without writing them. Together with [`WRITTEN_BYTES`] it limits the
/// apparent size of the files of an attempt, because a backup or a copy may fill the holes.
pub const HOLE_BYTES: u64 = 4 << 30;

/// The size of all parts of an outcome together.
pub const OUTPUT_BYTES: usize = 16 << 20;

/// Artifacts of one outcome. Each is a file with a separate fsync.
pub const ARTIFACTS: usize = 100;

/// Findings of one outcome. Each is a row of the ledger, all in one transaction.
pub const FINDINGS: usize = 10_000;

/// The size of the log that is kept of one attempt. The middle of a longer log is left out, and `why` shows how many bytes
/// are missing.
pub const LOG_KEPT_BYTES: usize = 64 << 10;

/// The part of [`LOG_KEPT_BYTES`] for the beginning of the log; the rest is for its end.
pub const LOG_HEAD_BYTES: usize = 16 << 10;

/// The maximum size of the log that an attempt may write. Above [`LOG_KEPT_BYTES`] the log is cut; above this limit the
/// attempt is stopped.
pub const LOG_BYTES: usize = 16 << 20;

/// The number of pieces that may be written to the log in one second.
pub const LOG_RATE: u64 = 20_000;

/// The bytes of an error's text that are kept.
pub const ERROR_BYTES: usize = 4 << 10;

/// The next steps of an outcome that are kept.
pub const NEXT_STEPS: usize = 20;

/// The bytes of a next step that are kept.
pub const NEXT_STEP_BYTES: usize = 1 << 10;

/// The bytes of a summary that are kept. A summary is one line of the log, of `why` and of the RETURN; longer text
/// belongs in a report.
pub const SUMMARY_BYTES: usize = ERROR_BYTES;

/// Handles (files, streams) that a guest may hold.
pub const HANDLES: usize = 1_000;

/// Handoffs that one task may send.
pub const EMISSIONS: usize = 100;

/// The size of one sent handoff.
pub const EMISSION_BYTES: usize = 256 << 10;

/// Withdrawals of one task. It is ten times the number of handoffs, because one task may find that the requests of many
/// tasks are obsolete.
pub const WITHDRAWALS: usize = 1_000;

/// RETURNs that one task may judge.
pub const JUDGEMENTS: usize = 1_000;

/// Reasons of one judgement.
pub const JUDGEMENT_REASONS: usize = 100;

/// Bytes of the key of a plugin request.
pub const KEY_BYTES: usize = 200;

/// Bytes of the reason of a withdrawal.
pub const REASON_BYTES: usize = 1 << 10;

/// Tasks of one query of the ledger.
pub const LEDGER_TASKS: u32 = 10_000;

/// Bytes of one query of the ledger. A guest can hold this amount at once.
pub const LEDGER_BYTES: usize = 4 << 20;

/// Files that may be watched under one key: many times the files that one document of a workspace promises.
pub const WATCHED_OF_A_KEY: usize = 20_000;

/// Files that may be watched for one plugin. Each is checked at least once a minute.
pub const WATCHED: usize = 200_000;

/// Keys that one task may set. A plugin uses one key for each document, and a workspace may have ten thousand documents
/// that are all new or all deleted.
pub const WATCH_KEYS: usize = 20_000;

/// The maximum length of the path of a watched file.
pub const WATCHED_PATH_BYTES: usize = 4 << 10;

/// Attempts that may run at the same time. The memory pool has room for exactly this number, so further attempts wait
/// and never get an allocation error.
pub const AT_ONCE: usize = 16;

/// Core instances and tables of one component. Measured: 4 in a Rust component, 5 in a JavaScript component, 16 in a Python
/// component. A Python component has one core instance more for each native module.
pub const CORE_INSTANCES: u32 = 32;

/// The maximum size of a component that is compiled. A Python component has 18 MB, a JavaScript component 12 MB.
pub const COMPONENT_BYTES: usize = 64 << 20;

/// Memory of a process that compiles one component, on Linux. Measured: 0.4 GiB for a Python component with two threads.
pub const COMPILE_MEMORY_BYTES: u64 = 2 << 30;

/// The address space of a process that compiles. Most of it is never used as memory.
pub const COMPILE_ADDRESS_SPACE: u64 = 8 << 30;

/// The processor time of a process that compiles. Measured: 15 s for a Python component.
pub const COMPILE_CPU: Duration = Duration::from_mins(2);

/// The wall-clock time of a compilation, enough for a machine that is busy with other work.
pub const COMPILE_WALL: Duration = Duration::from_mins(10);

/// The threads of a process that compiles. Each needs separate memory.
pub const COMPILE_THREADS: usize = 8;

/// Compiled code of one component.
pub const CODE_BYTES: u64 = 1 << 30;

/// Compiled code of all components of a user. Above this limit, the least recently used code is deleted.
pub const CODE_CACHE_BYTES: u64 = 4 << 30;

/// Parts of the schema of an action's arguments, with its references expanded. The largest schema of the bundled
/// plugins has 300.
pub const SCHEMA_NODES: usize = 2_000;

/// The memory of a compiled pattern of a schema, in bytes.
pub const PATTERN_BYTES: usize = 1 << 20;

/// Parts of a schema multiplied by bytes of arguments: some seconds of checking in the worst case.
pub const ARGUMENTS_WORK: usize = 1 << 30;

/// Up to this product of schema parts and bytes of arguments, a refusal names the mistakes in the arguments. In the worst
/// case the list of mistakes needs some hundred megabytes.
pub const MISTAKES_WORK: usize = 1 << 21;

/// Concurrent requests of one attempt; further requests wait.
pub const HTTP_AT_ONCE: usize = 8;

/// Requests that one attempt may send.
pub const HTTP_REQUESTS: usize = 1_000;

/// Requests of one plugin to one host that may be sent at once, before [`HTTP_PAUSE`] applies.
pub const HTTP_BURST: u32 = 20;

/// The long-term pause between two requests of one plugin to one host. Public services accept ten requests a second.
pub const HTTP_PAUSE: Duration = Duration::from_millis(100);

/// Pairs of plugin and host whose rate is stored. Above this number, pairs without recent requests are deleted.
pub const HTTP_RATES: usize = 1_000;

/// The body of one request. A task may upload as much as it may return in an outcome.
pub const HTTP_REQUEST_BYTES: usize = OUTPUT_BYTES;

/// Bytes that one attempt may add to the catalog: about 500,000 tracks, an eighth of the catalog's quota. After the
/// statement that exceeds the limit, further statements that write to the catalog are refused.
pub const CATALOG_BYTES: u64 = 1 << 30;

/// The body of one response: an eighth of the memory that must hold it.
pub const HTTP_RESPONSE_BYTES: usize = 32 << 20;

/// Bytes of all bodies of one attempt. The number follows from the limits above.
pub const HTTP_BYTES: u64 = HTTP_REQUESTS as u64 * (HTTP_REQUEST_BYTES + HTTP_RESPONSE_BYTES) as u64;

/// The size of the headers of a response.
pub const HTTP_HEAD_BYTES: usize = 64 << 10;

/// The timeout for a connection (name, TCP and TLS together). A plugin may set a shorter timeout.
pub const HTTP_CONNECT: Duration = Duration::from_secs(10);

/// The timeout for the headers of the response. A plugin may set a shorter timeout.
pub const HTTP_FIRST_BYTE: Duration = Duration::from_mins(1);

/// The timeout between two pieces of a response. A plugin may set a shorter timeout.
pub const HTTP_BETWEEN_BYTES: Duration = Duration::from_secs(30);

/// The minimum length of a secret. A shorter secret would also occur in harmless text, which would then be scrubbed too.
pub const SECRET_LEAST_BYTES: usize = 8;

/// The maximum length of a secret. A header must be able to contain the secret.
pub const SECRET_MOST_BYTES: usize = 8 << 10;

/// Locks that one attempt may hold.
pub const LOCKS: usize = 1_000;

/// Bytes of the name of a lock.
pub const LOCK_NAME_BYTES: usize = 200;

/// Files that one task may have fingerprinted. At a third of a second each, this matches the limit of wall-clock time.
pub const SOUND_FILES: u64 = 1_000;

/// The timeout for one call of `fingerprint`. Decoding an hour of audio takes a tenth of it.
pub const SOUND_TIME: Duration = Duration::from_mins(1);

/// Concurrent calls of `fingerprint` of all attempts. Each needs 16 MB, and other work needs processors too.
pub const SOUNDS_AT_ONCE: u32 = 2;

/// The maximum length of the path of a file that the host opens for a plugin.
pub const PATH_BYTES: usize = 4 << 10;

/// Fingerprints of one look-up.
pub const SOUNDS_ASKED: usize = 100;

/// Words of one fingerprint in a look-up: the part that the index uses (67 minutes).
pub const SOUND_WORDS: usize = 32_768;

/// Matches of one fingerprint that a plugin gets.
pub const SOUND_MATCHES: usize = 50;

/// The maximum size of a library whose duplicates a plugin may request, in files. With 4 kB of words and 5 kB of index
/// for each file, this is 450 MB.
pub const SOUND_ITEMS: u64 = 50_000;

/// Groups of duplicates of one call.
pub const SOUND_GROUPS: u32 = 1_000;

/// Bytes of one answer about duplicates, which a guest can easily hold.
pub const SOUND_BYTES: usize = 4 << 20;
