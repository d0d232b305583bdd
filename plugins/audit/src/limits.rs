//! Every bound of the audit in one place, with the reason for its value.
//!
//! Nothing here is an operator's setting: the host's own bounds (memory, time, outcome size) stand above these. Passing
//! one of these bounds is never an error; it is said in the report.

/// Bytes of one plan that are read. A plan is prose: the largest real one seen is 37 KiB, so 8 MiB is two hundred of them.
pub const PLAN_BYTES: u64 = 8 * 1024 * 1024;

/// Plans of one run. Ten thousand plans of 40 KiB are 400 MiB of reading, one after the other.
pub const PLANS: usize = 10_000;

/// How deep plans are looked for below a plans folder.
pub const PLANS_DEPTH: usize = 32;

/// Entries of the audited tree that are indexed. At about 150 bytes an entry this is 30 MiB.
pub const INDEX_ENTRIES: usize = 200_000;

/// How deep the audited tree is walked. Deeper paths are still looked up when a plan names them.
pub const INDEX_DEPTH: usize = 64;

/// Bytes of a deliverable that are read to count its lines and look for symbols.
pub const CONTENT_BYTES: u64 = 8 * 1024 * 1024;

/// Files up to this size are examined for being a stub. A stub is a handful of lines; 4 KiB is about a hundred.
pub const STUB_BYTES: u64 = 4 * 1024;

/// The longest path that is taken for a path, in bytes: what Linux allows.
pub const PATH_BYTES: usize = 4096;

/// Deliverables and references kept of one plan.
pub const NAMES_PER_PLAN: usize = 50_000;

/// Mentions kept of one deliverable; the first ones are the evidence.
pub const MENTIONS: usize = 8;

/// Files of the same name that are weighed when a path is not where the plan says. Keeps the whole audit linear.
pub const CANDIDATES: usize = 64;

/// Findings of an outcome, the last of which may say how many more there are.
pub const FINDINGS: usize = 1_000;

/// Bytes of a finding's id; the contract's bound.
pub const FINDING_ID_BYTES: usize = 200;

/// What the Markdown and the JSON of a report may weigh together, by estimate. An outcome may have 16 MiB; 13 leave room
/// for a thousand findings of at most about 1.5 KiB each.
pub const REPORT_BYTES: usize = 13 * 1024 * 1024;

/// Bytes of a title, a heading or a state that a report repeats.
pub const WORDS_BYTES: usize = 200;

/// Bytes of a finding's title and of its evidence.
pub const EVIDENCE_BYTES: usize = 600;

/// Execution logs that are read, the newest ones first.
pub const LOG_FILES: usize = 200;

/// Bytes of one log, from its end: about 30,000 lines.
pub const LOG_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// Bytes of all logs together.
pub const LOG_BYTES: u64 = 32 * 1024 * 1024;

/// Bytes of one line of a log; a longer one holds a payload and not a record.
pub const LOG_LINE_BYTES: usize = 64 * 1024;

/// Names that are told apart in logs, in the ledger and among processes.
pub const RUN_NAMES: usize = 500;

/// Different error messages kept of one name.
pub const RUN_ERRORS: usize = 10;

/// Tasks of the ledger that are looked at.
pub const LEDGER_TASKS: u32 = 10_000;

/// Examples of configurations that are compared with the real ones.
pub const CONFIGURATIONS: usize = 100;

/// Variables of one configuration.
pub const VARIABLES: usize = 1_000;

/// Issue trackers that are read, and entries of each.
pub const TRACKERS: usize = 50;

/// Entries of one tracker.
pub const TRACKER_ENTRIES: usize = 5_000;

/// Files in which the evidence of one issue is looked for.
pub const EVIDENCE_FILES: usize = 50;

/// Different patterns of files in which evidence is looked for; each is held against the whole tree once.
pub const EVIDENCE_PATTERNS: usize = 200;

/// Bytes of all files that are read for evidence of issues, and as many again for symbols of matrices.
pub const EVIDENCE_BYTES_READ: u64 = 64 * 1024 * 1024;

/// Documents whose links are followed.
pub const DOCUMENTS: usize = 20_000;

/// Bytes of one document.
pub const DOCUMENT_BYTES: u64 = 1024 * 1024;

/// Bytes of all documents together.
pub const DOCUMENTS_BYTES: u64 = 256 * 1024 * 1024;

/// References of all documents together.
pub const LINKS: usize = 200_000;

/// Rows of matrices.
pub const MATRIX_ROWS: usize = 20_000;

/// Rows of one table of phases 3 and 4 and of a session review; what is left out is counted.
pub const ROWS: usize = 500;

/// Commits of one session.
pub const COMMITS: u32 = 1_000;
