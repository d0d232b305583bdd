//! All limits of the audit, with the reasons for their values.
//!
//! The operator cannot change these limits; the host's limits (memory, time, size of the outcome) apply too. Exceeding a limit of
//! this file is never an error; the report mentions it.

/// Maximum size of a plan. A plan is prose: the largest real one has 37 KiB, and 8 MiB is two hundred times that.
pub const PLAN_BYTES: u64 = 8 * 1024 * 1024;

/// Maximum number of plans in one run. Ten thousand plans of 40 KiB need 400 MiB of sequential reading.
pub const PLANS: usize = 10_000;

/// Maximum number of changed deliverables for an incremental run. With more (for example after a branch switch), all
/// plans are audited.
pub const CHANGED: usize = 500;

/// Maximum depth below a plans folder at which plans are searched.
pub const PLANS_DEPTH: usize = 32;

/// Maximum number of indexed entries. At 112 bytes per entry (80 for the path) the index needs 22 MiB.
pub const INDEX_ENTRIES: usize = 200_000;

/// Total bytes of the indexed paths: a quarter of the memory of a sandbox.
pub const INDEX_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// Maximum depth of the walk. Deeper paths are still looked up if a plan names them.
pub const INDEX_DEPTH: usize = 64;

/// Bytes of a deliverable that are read to count its lines and find symbols.
pub const CONTENT_BYTES: u64 = 8 * 1024 * 1024;

/// Largest deliverable, in bytes, that is hashed (SHA-256). Larger files are recordings and disk images.
pub const DIGEST_BYTES: u64 = 256 * 1024 * 1024;

/// Total bytes that one run hashes. At 200 MiB/s, which a sandbox reaches, this takes ten seconds.
pub const DIGESTED_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// When one plan needs a file read again, the audit also searches it for at most this number of definitions that other plans
/// searched before.
pub const DEFINITIONS_PER_FILE: usize = 256;

/// Maximum number of commits that one run looks up: each look-up starts a host process.
pub const COMMITS: usize = 200;

/// A file that was modified less than this time before it was read can change again without a new modification time. So its
/// facts are not cached.
pub const RACY_NS: u64 = 2_000_000_000;

/// Rows per page when reading the plugin database. At 10 KiB per row a page needs at most 4 MiB.
pub const MEMORY_PAGE: usize = 400;

/// Rows per write to the plugin database.
pub const MEMORY_BATCH: usize = 2_000;

/// Maximum size of the cached definitions of a file. The facts of 100 files (a quarter of [`MEMORY_PAGE`]) are read with one
/// query, and its answer may have 4 MiB.
pub const DEFINITION_CACHE_BYTES: usize = 8 * 1024;

/// Maximum number of files with cached facts, over all audited roots.
pub const FACTS: usize = 200_000;

/// Number of audits that are kept per scope.
pub const AUDITS_KEPT: usize = 1_000;

/// Past audits that a report shows.
pub const TREND: usize = 50;

/// Changes since the last audit that a report lists.
pub const CHANGES: usize = 2_000;

/// Maximum number of unrequested files in the list of one plan.
pub const UNREQUESTED_PER_PLAN: usize = 500;

/// Maximum number of unrequested files, over all plans.
pub const UNREQUESTED: usize = 5_000;

/// Maximum number of files not named by a plan that one run inspects for stubs (stat, then read).
pub const STUB_CANDIDATES: usize = 20_000;

/// Only files up to this size are checked for being stubs. A stub is a few lines; 4 KiB is about a hundred.
pub const STUB_BYTES: u64 = 4 * 1024;

/// Longest text that is treated as a path, in bytes (Linux `PATH_MAX`).
pub const PATH_BYTES: usize = 4096;

/// Maximum number of deliverables and references per plan.
pub const NAMES_PER_PLAN: usize = 50_000;

/// Maximum number of mentions per deliverable; the first ones are the evidence.
pub const MENTIONS: usize = 200;

/// Maximum number of files with the same name that are compared if the plan's path does not exist. Keeps the audit
/// linear.
pub const CANDIDATES: usize = 64;

/// Maximum number of findings in an outcome, including one finding with the number of omitted findings.
pub const FINDINGS: usize = 1_000;

/// Maximum size of a finding's id, as defined by the contract.
pub const FINDING_ID_BYTES: usize = 200;

/// Total size of all formats of a report. An outcome may have 16 MiB. The other 3 MiB are for a thousand findings of at most
/// 1.5 KiB each and for additional reports.
pub const REPORT_BYTES: usize = 13 * 1024 * 1024;

/// Maximum number of rows of one table or list in the Markdown and HTML reports; the JSON report has all rows.
pub const LISTED: usize = 200;

/// Maximum number of plans that the Markdown and HTML reports describe one by one; unfinished plans come first.
pub const LISTED_PLANS: usize = 100;

/// Follow-ups that are described one by one; the summary table and the outbox have up to [`FINDINGS`].
pub const FOLLOW_UPS: usize = 200;

/// Maximum size of a title, a heading or a state that a report quotes.
pub const WORDS_BYTES: usize = 200;

/// Maximum size of a finding's title and of its evidence.
pub const EVIDENCE_BYTES: usize = 600;

/// Maximum number of execution logs that are read, newest first.
pub const LOG_FILES: usize = 200;

/// Bytes that are read from the end of one log: about 30,000 lines.
pub const LOG_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// Total bytes of all logs.
pub const LOG_BYTES: u64 = 32 * 1024 * 1024;

/// Maximum length of a log line; longer lines contain data, not log records, and are skipped.
pub const LOG_LINE_BYTES: usize = 64 * 1024;

/// Maximum number of different names in logs, in the ledger and among processes.
pub const RUN_NAMES: usize = 500;

/// Maximum number of different error messages kept per name.
pub const RUN_ERRORS: usize = 10;

/// Maximum number of tasks that are read from the ledger.
pub const LEDGER_TASKS: u32 = 10_000;

/// Maximum number of refuted RETURNs that one run checks again.
pub const DISPUTED: u32 = 100;

/// Maximum number of reasons for a judgement about a RETURN.
pub const JUDGEMENT_REASONS: usize = 20;

/// Maximum number of example configurations that are compared with the real ones.
pub const CONFIGURATIONS: usize = 100;

/// Maximum number of variables of one configuration.
pub const VARIABLES: usize = 1_000;

/// Maximum number of documents whose links are followed.
pub const DOCUMENTS: usize = 20_000;

/// Maximum size of a document.
pub const DOCUMENT_BYTES: u64 = 1024 * 1024;

/// Total bytes of all documents.
pub const DOCUMENTS_BYTES: u64 = 256 * 1024 * 1024;

/// Maximum number of references in all documents.
pub const LINKS: usize = 200_000;

/// Maximum number of rows of traceability matrices.
pub const MATRIX_ROWS: usize = 20_000;

/// Maximum number of rows of one table of a health report or a session review; the JSON report has all rows.
pub const ROWS: usize = 500;

/// Maximum number of commits of one session.
pub const SESSION_COMMITS: u32 = 1_000;

/// Longest line, cell or paragraph that is searched for assertions.
pub const ASSERTION_TEXT_BYTES: usize = 4 * 1024;

/// Maximum number of assertions in all documents. At about 200 bytes each they need 40 MiB.
pub const ASSERTIONS: usize = 200_000;

/// Maximum number of assertions per document. The longest real report has about eighty.
pub const ASSERTIONS_PER_DOCUMENT: usize = 20_000;

/// Assertions shown in a report; all of them are counted.
pub const ASSERTION_ROWS: usize = 5_000;

/// Maximum number of fields of a RETURN that are read, and maximum depth.
pub const RETURN_FIELDS: usize = 10_000;

/// Total bytes read to check assertions about lines. Assertions beyond this limit are UNVERIFIABLE.
pub const ASSERTION_READ_BYTES: u64 = 256 * 1024 * 1024;

/// Maximum number of commits that are read from the repository.
pub const ASSERTION_COMMITS: usize = 2_000;

/// Total bytes of code that are searched for the symbols that plans report as implemented.
pub const SYMBOL_BYTES: u64 = 8 * 1024 * 1024;

/// Size of a file of settings, or a script without an extension, that is searched for symbols.
pub const SETTINGS_BYTES: u64 = 256 * 1024;

/// Number of manifests that are searched for the packages that plans report as added.
pub const MANIFESTS: usize = 200;
