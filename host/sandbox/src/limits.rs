//! Every resource limit of the sandbox, with its reason. A manifest may ask for less, never for more (`limit_overrides.rs`).

use std::time::Duration;

/// The tick of the epoch: a plugin in an endless loop is noticed within one tick. It moves only while attempts run.
pub const TICK: Duration = Duration::from_millis(10);

/// Linear memory of one attempt, summed over all its memories. A plan of 8 MiB parses in a tenth of this.
pub const MEMORY_BYTES: usize = 256 << 20;

/// Entries of all tables together. Measured: 74 of a small Rust component, 5,763 of a Python one, 7,718 of a JavaScript one.
pub const TABLE_ELEMENTS: usize = 100_000;

/// Wall-clock time of one attempt.
pub const WALL: Duration = Duration::from_mins(5);

/// Processor time of one attempt: a plugin computes for less than it waits.
pub const CPU: Duration = Duration::from_mins(2);

/// The time in which a cancelled attempt may save its state before it is ended.
pub const CANCEL_GRACE: Duration = Duration::from_secs(2);

/// Bytes that one call may copy out of a guest (wasmtime's own limit is 128 MiB). Above [`OUTPUT_BYTES`], so that a
/// result that is only a little too large gets the clearer message.
pub const COPY_BYTES: usize = 24 << 20;

/// Calls of the host in one attempt: reading a hundred thousand files takes a tenth of it. A flood of calls ends
/// after seconds, whatever each of them does.
pub const HOST_CALLS: u64 = 5_000_000;

/// Bytes that one attempt may hand to the host's streams and files in all. So no plugin fills a disk.
pub const WRITTEN_BYTES: u64 = 4 << 30;

/// Files, folders and links that one attempt may make: a folder of a library has thousands, a file system runs out of inodes
/// at millions. A plugin that needs more uses several attempts.
pub const FILES_MADE: u64 = 20_000;

/// Bytes by which one attempt may lengthen files without writing them. With [`WRITTEN_BYTES`] it bounds the size that the
/// files of an attempt seem to have, whatever they take on the disk: a backup or a copy may fill the holes.
pub const HOLE_BYTES: u64 = 4 << 30;

/// All parts of an outcome together.
pub const OUTPUT_BYTES: usize = 16 << 20;

/// Artifacts of one outcome: each is a file with a separate fsync.
pub const ARTIFACTS: usize = 100;

/// Findings of one outcome: each is a row of the ledger, all in one transaction.
pub const FINDINGS: usize = 10_000;

/// Log text that is kept of one attempt; of more, what is between its beginning and its end is
/// counted and left out, and `why` says so.
pub const LOG_KEPT_BYTES: usize = 64 << 10;

/// The bytes of them that are its beginning; the others are its end.
pub const LOG_HEAD_BYTES: usize = 16 << 10;

/// Log text that an attempt may write. Above [`LOG_KEPT_BYTES`] the log is cut; above this limit the attempt is ended.
pub const LOG_BYTES: usize = 16 << 20;

/// Pieces that may be written to the log in one second.
pub const LOG_RATE: u64 = 20_000;

/// An error's text that is kept.
pub const ERROR_BYTES: usize = 4 << 10;

/// Next steps of an outcome that are kept.
pub const NEXT_STEPS: usize = 20;

/// The bytes of a next step that are kept.
pub const NEXT_STEP_BYTES: usize = 1 << 10;

/// A summary that is kept: it is one line of the log, of `why` and of the RETURN. What is longer belongs into a report.
pub const SUMMARY_BYTES: usize = ERROR_BYTES;

/// Handles (files, streams) that a guest may hold.
pub const HANDLES: usize = 1_000;

/// Handoffs that one task may emit.
pub const EMISSIONS: usize = 100;

/// Size of one emitted handoff.
pub const EMISSION_BYTES: usize = 256 << 10;

/// Withdrawals of one task. Ten times the handoffs of a task: one task may find that the requests of many tasks are done.
pub const WITHDRAWALS: usize = 1_000;

/// Bytes of the key of a plugin request.
pub const KEY_BYTES: usize = 200;

/// Bytes of the reason of a withdrawal.
pub const REASON_BYTES: usize = 1 << 10;

/// Tasks of one query of the ledger.
pub const LEDGER_TASKS: u32 = 10_000;

/// Bytes of one query of the ledger: an amount that a guest can hold at once.
pub const LEDGER_BYTES: usize = 4 << 20;

/// Files that may be watched under one key: what one document of a workspace promises, many times over.
pub const WATCHED_OF_A_KEY: usize = 20_000;

/// Files that may be watched for one plugin: each is checked at least once a minute.
pub const WATCHED: usize = 200_000;

/// Keys that one task may set: a key is a document, and a workspace may have ten thousand, all new or all deleted.
pub const WATCH_KEYS: usize = 20_000;

/// The longest path of a watched file.
pub const WATCHED_PATH_BYTES: usize = 4 << 10;

/// Attempts that may run at the same time. The memory pool has room for this many, so further attempts wait and never get
/// an allocation error.
pub const AT_ONCE: usize = 16;

/// Core instances and tables of one component. Measured: 4 of a Rust component, 5 of a JavaScript one, 16 of a Python
/// one, which has one more for each native module that it brings.
pub const CORE_INSTANCES: u32 = 32;

/// The largest component that is compiled. A Python component has 18 MB, a JavaScript one 12.
pub const COMPONENT_BYTES: usize = 64 << 20;

/// Memory of a process that compiles one component, on Linux. Measured: 0.4 GiB for a Python component with two threads.
pub const COMPILE_MEMORY_BYTES: u64 = 2 << 30;

/// Its address space, most of which is never memory.
pub const COMPILE_ADDRESS_SPACE: u64 = 8 << 30;

/// Its processor time. Measured: 15 s for a Python component.
pub const COMPILE_CPU: Duration = Duration::from_mins(2);

/// The time for a compilation, on a machine that is busy with other work.
pub const COMPILE_WALL: Duration = Duration::from_mins(10);

/// Its threads: each needs separate memory.
pub const COMPILE_THREADS: usize = 8;

/// Compiled code of one component.
pub const CODE_BYTES: u64 = 1 << 30;

/// Compiled code of all components of a user; beyond that, the least recently used code is deleted.
pub const CODE_CACHE_BYTES: u64 = 4 << 30;

/// Parts of the schema of an action's arguments, with its references written out. The largest of the shipped plugins has 300.
pub const SCHEMA_NODES: usize = 2_000;

/// The memory of a compiled pattern of a schema, in bytes.
pub const PATTERN_BYTES: usize = 1 << 20;

/// Parts of a schema times bytes of arguments: some seconds of checking at worst.
pub const ARGUMENTS_WORK: usize = 1 << 30;

/// The product up to which a refusal names the mistakes: some hundred megabytes of mistakes at worst.
pub const MISTAKES_WORK: usize = 1 << 21;

/// Requests that one attempt may have under way; more wait.
pub const HTTP_AT_ONCE: usize = 8;

/// Requests that one attempt may send.
pub const HTTP_REQUESTS: usize = 1_000;

/// Requests of one plugin to one host that may be sent at once, before [`HTTP_PAUSE`] applies.
pub const HTTP_BURST: u32 = 20;

/// Between two requests of one plugin to one host in the long run: ten a second is what public services bear.
pub const HTTP_PAUSE: Duration = Duration::from_millis(100);

/// Pairs of plugin and host whose rate is remembered; beyond that, those that have rested are forgotten.
pub const HTTP_RATES: usize = 1_000;

/// The body of one request: what a task may give as an outcome it may also upload.
pub const HTTP_REQUEST_BYTES: usize = OUTPUT_BYTES;

/// Bytes that one attempt may add to the catalog: some 500,000 tracks, an eighth of the catalog's quota. The statement that
/// exceeds it is the last one.
pub const CATALOG_BYTES: u64 = 1 << 30;

/// The body of one response, an eighth of the memory that has to hold it.
pub const HTTP_RESPONSE_BYTES: usize = 32 << 20;

/// Bytes of all bodies of one attempt, which follows from the limits above.
pub const HTTP_BYTES: u64 = HTTP_REQUESTS as u64 * (HTTP_REQUEST_BYTES + HTTP_RESPONSE_BYTES) as u64;

/// The head of a response.
pub const HTTP_HEAD_BYTES: usize = 64 << 10;

/// Until there is a connection (name, TCP and TLS together). A plugin may ask for less.
pub const HTTP_CONNECT: Duration = Duration::from_secs(10);

/// Until the head of the response is there. A plugin may ask for less.
pub const HTTP_FIRST_BYTE: Duration = Duration::from_mins(1);

/// Between two pieces of a response. A plugin may ask for less.
pub const HTTP_BETWEEN_BYTES: Duration = Duration::from_secs(30);

/// The shortest secret: what is shorter turns up in harmless text, which would be scrubbed too.
pub const SECRET_LEAST_BYTES: usize = 8;

/// The longest secret: what a header can hold.
pub const SECRET_MOST_BYTES: usize = 8 << 10;

/// Locks that one attempt may hold.
pub const LOCKS: usize = 1_000;

/// Bytes of the name of a lock.
pub const LOCK_NAME_BYTES: usize = 200;

/// Files that one task may have fingerprinted: at a third of a second each, what its wall-clock time allows.
pub const SOUND_FILES: u64 = 1_000;

/// The time for one call of `fingerprint`: an hour of audio is decoded in a tenth of that.
pub const SOUND_TIME: Duration = Duration::from_mins(1);

/// Calls of `fingerprint` that work at the same time, of all attempts together: 16 MB each, and processors for others.
pub const SOUNDS_AT_ONCE: u32 = 2;

/// The longest path of a file that the host opens for a plugin.
pub const PATH_BYTES: usize = 4 << 10;

/// Fingerprints of one look-up.
pub const SOUNDS_ASKED: usize = 100;

/// Words of one fingerprint that is looked up: what the index looks at (67 minutes).
pub const SOUND_WORDS: usize = 32_768;

/// Matches of one fingerprint that a plugin gets.
pub const SOUND_MATCHES: usize = 50;

/// Files of a library whose duplicates a plugin may ask for: with 4 kB of words and 5 kB of index each, 450 MB.
pub const SOUND_ITEMS: u64 = 50_000;

/// Groups of duplicates of one call.
pub const SOUND_GROUPS: u32 = 1_000;

/// Bytes of one answer about duplicates: what a guest can take at once without trouble.
pub const SOUND_BYTES: usize = 4 << 20;
