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

/// Bytes of one line, cell or paragraph in which claims are looked for. A claim is a sentence; a paragraph has some.
pub const CLAIM_TEXT_BYTES: usize = 4 * 1024;

/// Lines of one document that are compared with all of the others, such as gaps with gates. Keeps the reading linear.
pub const CLAIM_PAIRS: usize = 256;

/// Claims kept of one document. The longest real report makes about eighty.
pub const CLAIMS_PER_DOCUMENT: usize = 20_000;

/// Rows of all documents' claims that a report shows; they are counted all the same.
pub const CLAIM_ROWS: usize = 5_000;

/// Fields of a RETURN that are read, and how deep.
pub const RETURN_FIELDS: usize = 10_000;

/// Bytes of files that are read to check claims about lines, all documents together. What is beyond is unverifiable.
pub const CLAIM_READ_BYTES: u64 = 256 * 1024 * 1024;

/// Commits that the repository is asked for.
pub const CLAIM_COMMITS: usize = 2_000;
