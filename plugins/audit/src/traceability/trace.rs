//! Puts the parts of the traceability together and gives a verdict.

use std::collections::BTreeSet;

use serde::Serialize;

use super::alignment_yml::{self, AlignmentRow};
use super::document_ids::DocumentIds;
use super::documents::{self, Documents};
use super::links::BrokenRow;
use super::matrix::MatrixRow;
use super::orphans::{self, Coverage, NamedFiles, Orphans};
use crate::index::Index;
use crate::limits;
use crate::options::Options;
use crate::remark::{NoteSeverity, Remark};
use crate::report::Gap;

/// The verdict for the whole tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// There is nothing to judge: no document.
    #[default]
    None,
    /// Everything is as it should be.
    Pass,
    /// Something is not, and no threshold is passed.
    Warn,
    /// Code that a document names is missing, or a threshold is exceeded.
    Fail,
}

impl Verdict {
    /// The word for reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "NOTHING TO JUDGE",
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }

    /// The code for programs: 0 pass, 1 warn, 2 fail.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::None | Self::Pass => 0,
            Self::Warn => 1,
            Self::Fail => 2,
        }
    }
}

/// The traceability of a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Traceability {
    /// How many documents were read.
    pub documents: usize,
    /// Rows of matrices.
    pub matrix: Vec<MatrixRow>,
    /// Entries of lists like `ALIGNMENT_MATRIX.yml`.
    pub alignment: Vec<AlignmentRow>,
    /// Ids of documents.
    pub ids: DocumentIds,
    /// References that lead nowhere.
    pub broken: Vec<BrokenRow>,
    /// References that lead out of the granted folder; they are not looked up.
    pub outside: usize,
    /// Documents without a link to them.
    pub orphans: Orphans,
    /// The share of orphans that is let pass, in per cent.
    pub orphans_allowed: u8,
    /// Source files that documents name; absent where no pattern says what a source file is.
    pub coverage: Option<Coverage>,
    /// The share of named source files that is asked for, in per cent.
    pub coverage_wanted: u8,
    /// Whether orphans are held against the threshold: only where ids, matrices or lists show that somebody keeps track,
    /// or where the options say so.
    pub kept: bool,
    /// The verdict for the whole tree.
    pub verdict: Verdict,
    /// What is not as it should be.
    #[serde(skip)]
    pub findings: Vec<Gap>,
}

/// Traces; never fails. `plans` are the audited plans, as people call them.
#[must_use]
pub fn trace(index: &Index, options: &Options, plans: &BTreeSet<String>) -> Traceability {
    let mut documents = documents::documents(index, options, plans);
    let (alignment, mut findings) = lists(index, options, &mut documents);
    documents.ids.finish();
    let pages = orphans::pages(index);
    let (orphans, coverage) = {
        let named = NamedFiles::of(index, &documents, &alignment, &pages);
        (orphans::orphans(&documents, &named), orphans::coverage(index, options, &named))
    };
    let Documents { read, ids, matrix, broken, outside, notes, .. } = documents;
    let kept = !matrix.is_empty() || !alignment.is_empty() || !ids.ids.is_empty() || options.orphans_percent.is_some();
    let mut out = Traceability {
        documents: read.len(),
        matrix,
        alignment,
        ids,
        broken,
        outside,
        orphans,
        orphans_allowed: options.orphans(),
        coverage,
        coverage_wanted: options.coverage(),
        kept,
        verdict: Verdict::None,
        findings: Vec::new(),
    };
    findings.extend(notes.iter().map(|note: &Remark| Gap::new(&note.key, note.weight, &note.title, &note.evidence)));
    out.findings = out.all_findings(findings);
    out.verdict = out.judge();
    out
}

impl Traceability {
    /// Whether fewer source files are named than is asked for.
    #[must_use]
    pub fn is_uncovered(&self) -> bool {
        let short = |coverage: &Coverage| coverage.named * 100 < coverage.files * usize::from(self.coverage_wanted);
        self.coverage.as_ref().is_some_and(short)
    }

    /// Whether more documents are orphans than is let pass.
    #[must_use]
    pub fn has_too_many_orphans(&self) -> bool {
        self.kept && self.orphans.count * 100 > self.orphans.documents * usize::from(self.orphans_allowed)
    }

    fn all_findings(&self, mut findings: Vec<Gap>) -> Vec<Gap> {
        findings.extend(self.matrix.iter().filter_map(MatrixRow::finding));
        findings.extend(self.ids.faults.iter().map(super::IdFault::finding));
        findings.extend(self.broken.iter().map(BrokenRow::finding));
        if let (true, Some(coverage)) = (self.is_uncovered(), &self.coverage) {
            let title = format!(
                "documents name {} of {} source files; {} % are asked for",
                coverage.named, coverage.files, self.coverage_wanted
            );
            findings.push(Gap::new(
                "documents:coverage:too-low",
                NoteSeverity::Medium,
                &title,
                &coverage.unnamed.join(", "),
            ));
        }
        if self.has_too_many_orphans() {
            let Orphans { count, documents, first } = &self.orphans;
            let title = format!(
                "{count} of {} named by no other; {} % are let pass",
                crate::count::count(*documents, "document"),
                self.orphans_allowed
            );
            findings.push(Gap::new("documents:orphans:too-many", NoteSeverity::Low, &title, &first.join(", ")));
        }
        // The same path may be named in several lines of a document: one finding, with the first line.
        let mut seen = BTreeSet::new();
        findings.retain(|gap| seen.insert(gap.id.clone()));
        findings
    }

    fn judge(&self) -> Verdict {
        if self.documents == 0 && self.alignment.is_empty() && self.coverage.is_none() {
            return Verdict::None;
        }
        let high = self.findings.iter().any(|gap| gap.weight == NoteSeverity::High);
        match (high || self.is_uncovered() || self.has_too_many_orphans(), self.findings.is_empty()) {
            (true, _) => Verdict::Fail,
            (false, false) => Verdict::Warn,
            (false, true) => Verdict::Pass,
        }
    }
}

/// Reads lists like `ALIGNMENT_MATRIX.yml`; a list has an id of its own.
fn lists(index: &Index, options: &Options, documents: &mut Documents) -> (Vec<AlignmentRow>, Vec<Gap>) {
    let (paths, _) = index.matching(&options.alignment_globs().unwrap_or_default(), limits::TRACKERS);
    let read = |path: &&str| {
        let found = index.find(path)?;
        Some(((*path).to_owned(), index.read_head(&found, yaml_bytes()).ok()?))
    };
    let texts: Vec<(String, crate::index::Content)> = paths.iter().filter_map(read).collect();
    for (path, content) in &texts {
        documents.ids.add(path, &content.text, false);
    }
    let (mut rows, mut findings) = (Vec::new(), Vec::new());
    for (path, content) in &texts {
        match alignment_yml::rows(index, &documents.ids, path, &content.text) {
            Ok(list) => {
                findings.extend(alignment_yml::findings(path, &list));
                rows.extend(list);
            }
            Err(error) => {
                let title = format!("the list {path} could not be read");
                findings.push(Gap::new(&format!("{path}:alignment:unreadable"), NoteSeverity::Medium, &title, &error));
            }
        }
    }
    (rows, findings)
}

/// One byte more than what is read as YAML, so that a longer list is refused and not cut.
fn yaml_bytes() -> u64 {
    crate::yaml::BYTES as u64 + 1
}
