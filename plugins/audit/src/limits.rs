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

/// What all forms of a report may weigh together. An outcome may have 16 MiB; 13 leave room for a thousand findings of at
/// most about 1.5 KiB each and for the reports that stand beside it.
pub const REPORT_BYTES: usize = 13 * 1024 * 1024;

/// Follow-ups that their report describes one by one; the table of all of them and the outbox go up to [`FINDINGS`].
pub const FOLLOW_UPS: usize = 200;

/// Bytes of a title, a heading or a state that a report repeats.
pub const WORDS_BYTES: usize = 200;

/// Bytes of a finding's title and of its evidence.
pub const EVIDENCE_BYTES: usize = 600;
