//! The report's data, which is also the shape of its JSON.
//!
//! `schema` is increased by one when a field changes its meaning or is removed; new fields do not change it. Version 2: `status`
//! describes the whole audit, not only its plans; `findings` and `parts` are new. Version 3: `parts` have no `performance`, no
//! `alignment` and no gates.

use serde::Serialize;

use super::findings::Gap;
use super::parts::Parts;
use crate::discover::Details;
use crate::plan::Tasks;
use crate::reader::DocumentWords;
use crate::remark::Remark;
use crate::verify::{CommitLine, Counts, Status, Symbol, UnrequestedFiles};

/// The version of the JSON's shape.
pub const SCHEMA: u32 = 3;

/// The status of a report on plans of which nothing could be verified.
pub(super) const NOTHING_VERIFIED: &str = "AUDIT COMPLETE - NOTHING VERIFIED";

/// A time in the two forms that a report needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// `20260118_101500`, for names.
    pub compact: String,
    /// `2026-01-18 10:15:00 UTC`, for people.
    pub long: String,
}

impl Stamp {
    /// `2026-01-18T10:15:00Z`, for programs.
    #[must_use]
    pub fn rfc3339(&self) -> String {
        format!("{}Z", self.local())
    }

    /// `2026-01-18T10:15:00`, for programs that do not support time zones.
    #[must_use]
    pub fn local(&self) -> String {
        self.long.trim_end_matches(" UTC").replacen(' ', "T", 1)
    }
}

/// An audit.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `PLANS-AUDIT-20260118-101500`.
    pub report_id: String,
    /// When the audit ran: `2026-01-18 10:15:00 UTC`.
    pub executed_at: String,
    /// `audit` and the plugin's version.
    pub agent: String,
    /// `COMPLETE - SUCCESS` if everything that could be verified is done, `AUDIT COMPLETE - NOTHING VERIFIED` if there was a plan
    /// and nothing could be verified, else `AUDIT COMPLETE - PARTIAL`.
    pub status: &'static str,
    /// The names of the audited folders for readers.
    pub roots: Vec<String>,
    /// Number of files and folders in the audited folders.
    pub root_entries: usize,
    /// The plans folders.
    pub plans_folders: Vec<FolderLine>,
    /// All plans together.
    pub counts: Counts,
    /// The share of the expected deliverables that are done, in per cent, rounded half up; null if nothing could be
    /// verified.
    pub completion_percent: Option<usize>,
    /// The plans, sorted by name.
    pub plans: Vec<PlanReport>,
    /// The properties of the plans (owner, priority, …), the most important plans first.
    pub plan_files: Vec<Details>,
    /// Files that no plan names; not part of any completion.
    pub unrequested: UnrequestedFiles,
    /// Remarks of the audit about its own work.
    pub notes: Vec<Remark>,
    /// Number of rows that were left out because the report would be too large; the counts include them.
    pub rows_left_out: usize,
    /// Number of plans that were left out because even one line for each would be too much; the counts include them.
    pub plans_left_out: usize,
    /// The findings of the whole audit.
    pub findings: Vec<Gap>,
    /// The results of the other parts of the audit.
    pub parts: Parts,
}

impl Report {
    /// Number of audited plans.
    #[must_use]
    pub fn audited(&self) -> usize {
        self.plans.len() + self.plans_left_out
    }
}

/// A plans folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FolderLine {
    /// Its name for readers.
    pub folder: String,
    /// Number of its audited plans.
    pub plans: usize,
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// Its name for readers: `plans/a.md`.
    pub plan: String,
    /// Its first heading.
    pub title: Option<String>,
    /// Its size in bytes.
    pub bytes: u64,
    /// The bold lines below its title.
    pub header: Vec<FieldLine>,
    /// Its deliverables by status.
    pub counts: Counts,
    /// The share of the expected deliverables that are done, in per cent; null if nothing could be verified.
    pub completion_percent: Option<usize>,
    /// The deliverables of each component or section by status, in the order of the plan.
    pub components: Vec<Component>,
    /// Its check boxes: ticked, open and stale.
    pub tasks: Tasks,
    /// The files that it promises.
    pub deliverables: Vec<Row>,
    /// The files that it mentions without promising them.
    pub references: Vec<ReferenceRow>,
    /// Its check boxes and the words that look like paths, if nothing of it could be verified.
    pub unverified: Option<DocumentWords>,
}

/// A bold line below a plan's title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldLine {
    /// `Status`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A component or section of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Its name; `(no section)` where a plan has no headings.
    pub name: String,
    /// Its deliverables by status.
    pub counts: Counts,
}

/// A deliverable with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The path that the plan means, relative to the audited folder if it is inside that folder.
    pub path: String,
    /// Component or section.
    pub component: String,
    /// Its status.
    pub status: Status,
    /// Where it was found.
    pub found: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// Its number of lines, if they were counted.
    pub lines: Option<u64>,
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: Option<String>,
    /// The promised classes and functions, and the lines that define them.
    pub symbols: Vec<Symbol>,
    /// The commit that touched it last.
    pub commit: Option<CommitLine>,
    /// The size, definitions and state that the plan states for it.
    pub claimed: ExpectedSize,
    /// Where the plan names it.
    pub mentions: Vec<MentionLine>,
    /// Remarks for the reader.
    pub remarks: Vec<String>,
}

/// What a plan states about a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExpectedSize {
    /// A size: `413280`, `about 12288`.
    pub bytes: Option<String>,
    /// A number of lines: `473`, `at least 8500`.
    pub lines: Option<String>,
    /// Classes and functions.
    pub symbols: Vec<String>,
    /// A state, in the plan's words.
    pub status: Option<String>,
}

/// Where a plan names a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MentionLine {
    /// The line, from 1.
    pub line: usize,
    /// `tree`, `table`, `heading`, `bullet`, `step`, `link`, `field` or `prose`.
    pub form: &'static str,
    /// True if the line promises the file; false if it only mentions the file.
    pub promised: bool,
}

impl Row {
    /// The first mention that promises the file.
    #[must_use]
    pub fn promise(&self) -> Option<&MentionLine> {
        self.mentions.iter().find(|mention| mention.promised)
    }
}

/// A reference, and the result of the look-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceRow {
    /// The path that the plan means.
    pub path: String,
    /// The line that names it first.
    pub line: usize,
    /// Its status: present, moved, missing or unverifiable.
    pub status: Status,
    /// Where it was found.
    pub found: Option<String>,
}
