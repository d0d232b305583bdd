//! Every bound of the audit in one place, with the reason for its value.
//!
//! Nothing here is an operator's setting: the host's limits (memory, time, size of the outcome) apply too. Passing
//! one of these bounds is never an error; the report mentions it.

/// Bytes of one plan that are read. A plan is prose: the largest real one seen is 37 KiB, so 8 MiB is two hundred of them.
pub const PLAN_BYTES: u64 = 8 * 1024 * 1024;

/// Plans of one run. Ten thousand plans of 40 KiB are 400 MiB of reading, one after the other.
pub const PLANS: usize = 10_000;

/// Changed deliverables of one run up to which only the plans that name them are audited. Beyond it is a change of the whole
/// tree (another branch), and all plans are read.
pub const CHANGED: usize = 500;

/// How deep plans are looked for below a plans folder.
pub const PLANS_DEPTH: usize = 32;

/// Entries of the audited tree that are indexed. At a path of 80 bytes and 16 bytes beside it this is 20 MiB.
pub const INDEX_ENTRIES: usize = 200_000;

/// Bytes of all indexed paths together: a quarter of the memory that a sandbox has.
pub const INDEX_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// How deep the audited tree is walked. Deeper paths are still looked up when a plan names them.
pub const INDEX_DEPTH: usize = 64;

/// Bytes of a deliverable that are read to count its lines and look for symbols.
pub const CONTENT_BYTES: u64 = 8 * 1024 * 1024;

/// Bytes of a deliverable up to which its SHA-256 is taken. Above it stand recordings and images of disks.
pub const DIGEST_BYTES: u64 = 256 * 1024 * 1024;

/// Bytes of one run that go into digests. At 200 MiB a second, which a sandbox reaches, this is ten seconds.
pub const DIGESTED_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Definitions whose place in one file is kept for other plans.
pub const LOOKED_PER_FILE: usize = 256;

/// Commits that one run asks for: each costs a process of the host.
pub const COMMITS: usize = 200;

/// A file that was changed so shortly before it was read may change again without another time: its facts are not kept.
pub const RACY_NS: u64 = 2_000_000_000;

/// Rows of the memory that one question gives: of 10 KiB each at most, so that 4 MiB hold them.
pub const MEMORY_PAGE: usize = 400;

/// Rows that are written to the memory at once.
pub const MEMORY_BATCH: usize = 2_000;

/// Bytes of the definitions that are remembered of one file: a quarter of a page of them fits into one answer.
pub const LOOKED_BYTES: usize = 8 * 1024;

/// Files whose facts are remembered, when other roots than the audited one have some too.
pub const FACTS: usize = 200_000;

/// Audits that are remembered of one scope.
pub const AUDITS_KEPT: usize = 1_000;

/// Past audits that a report shows.
pub const TREND: usize = 50;

/// Changes since the last audit that a report lists.
pub const CHANGES: usize = 2_000;

/// The maximum number of unrequested files in the list of one plan.
pub const UNREQUESTED_PER_PLAN: usize = 500;

/// The same of all plans together.
pub const UNREQUESTED: usize = 5_000;

/// Files that no plan names of which one run asks the size, and of these, files that it reads.
pub const JUNK_LOOKED: usize = 20_000;

/// Files up to this size are examined for being a stub. A stub is a handful of lines; 4 KiB is about a hundred.
pub const STUB_BYTES: u64 = 4 * 1024;

/// The longest path that is taken for a path, in bytes: what Linux allows.
pub const PATH_BYTES: usize = 4096;

/// Deliverables and references kept of one plan.
pub const NAMES_PER_PLAN: usize = 50_000;

/// Mentions kept of one deliverable; the first ones are the evidence.
pub const MENTIONS: usize = 200;

/// Files of the same name that are weighed when a path is not where the plan says. Keeps the whole audit linear.
pub const CANDIDATES: usize = 64;

/// Findings of an outcome, the last of which may say how many more there are.
pub const FINDINGS: usize = 1_000;

/// Bytes of a finding's id; the contract's bound.
pub const FINDING_ID_BYTES: usize = 200;

/// What all forms of a report may weigh together. An outcome may have 16 MiB; 13 leave room for a thousand findings of at
/// most about 1.5 KiB each and for the reports that stand beside it.
pub const REPORT_BYTES: usize = 13 * 1024 * 1024;

/// Rows that one table or list has in the forms for people; the JSON form has all. Longer tables are not useful.
pub const LISTED: usize = 200;

/// Plans that the forms for people describe one by one, those that are not done first.
pub const LISTED_PLANS: usize = 100;

/// Follow-ups that their report describes one by one; the table of all of them and the outbox go up to [`FINDINGS`].
pub const FOLLOW_UPS: usize = 200;

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

/// Different names in logs, in the ledger and among processes.
pub const RUN_NAMES: usize = 500;

/// Different error messages kept of one name.
pub const RUN_ERRORS: usize = 10;

/// The maximum number of tasks that are read from the ledger.
pub const LEDGER_TASKS: u32 = 10_000;

/// The maximum number of refuted RETURNs that one run checks again.
pub const DISPUTED: u32 = 100;

/// The maximum number of reasons for a judgement about a RETURN.
pub const JUDGEMENT_REASONS: usize = 20;

/// Examples of configurations that are compared with the real ones.
pub const CONFIGURATIONS: usize = 100;

/// Variables of one configuration.
pub const VARIABLES: usize = 1_000;

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

/// Rows of one table of a health report and of a session review; the JSON form has all.
pub const ROWS: usize = 500;

/// Commits of one session.
pub const SESSION_COMMITS: u32 = 1_000;

/// Bytes of one line, cell or paragraph in which claims are looked for. A claim is a sentence; a paragraph has some.
pub const CLAIM_TEXT_BYTES: usize = 4 * 1024;

/// Claims of all documents together. At about 200 bytes a claim this is 40 MiB.
pub const CLAIMS: usize = 200_000;

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

/// Bytes of code that are searched for the names that plans call done.
pub const SYMBOL_BYTES: u64 = 8 * 1024 * 1024;
