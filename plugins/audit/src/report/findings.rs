//! Findings: one for each deliverable that is not simply present, with an id that is the same in every run.

use serde::Serialize;

use super::escape;
use crate::ids::bounded;
use crate::limits;
use crate::remark::{NoteSeverity, Remark, SourceLine};
use crate::verify::Status;

/// A finding, before it is converted to the type of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Its id, the same in every run; at most [`limits::FINDING_ID_BYTES`] long.
    pub id: String,
    /// Its severity.
    pub weight: NoteSeverity,
    /// One line.
    pub title: String,
    /// The place in the plan, and the observed facts.
    pub evidence: String,
    /// The line of the document that the finding is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SourceLine>,
}

impl Gap {
    /// Creates a finding with texts of limited length. The id is `audit:` and `key`; `key` must be the same in every run. Title
    /// and evidence are one line each.
    #[must_use]
    pub fn new(key: &str, weight: NoteSeverity, title: &str, evidence: &str) -> Self {
        let line = |text| escape::line(text, limits::EVIDENCE_BYTES);
        Self { id: bounded(&format!("audit:{key}")), weight, title: line(title), evidence: line(evidence), place: None }
    }

    /// The finding for a remark.
    pub(crate) fn of(remark: &Remark) -> Self {
        let Remark { key, weight, title, evidence, place } = remark;
        Self { place: place.clone(), ..Self::new(key, *weight, title, evidence) }
    }

    /// The same finding with a line of a document; without a place if `line` is 0.
    #[must_use]
    pub fn at(self, path: &str, line: usize) -> Self {
        let place = (line > 0 && !path.is_empty()).then(|| SourceLine { path: path.to_owned(), line });
        Self { place, ..self }
    }
}

/// The severity of a finding for this status; `None` for a status that needs no finding.
pub(super) fn weight(status: Status) -> Option<NoteSeverity> {
    match status {
        Status::Present | Status::Deleted => None,
        Status::Drifted => Some(NoteSeverity::Low),
        Status::Partial | Status::Empty | Status::Stub | Status::Moved | Status::Removed => Some(NoteSeverity::Medium),
        Status::Missing | Status::Phantom => Some(NoteSeverity::High),
        Status::Open | Status::Unverifiable => Some(NoteSeverity::Info),
    }
}

/// The id of a deliverable's finding.
pub(super) fn id(plan: &str, path: &str, status: Status) -> String {
    bounded(&format!("audit:{plan}:{path}:{}", status.word().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_are_shortened_and_stay_different() {
        let one = id("plans/a.md", &format!("{}é/x.py", "d/".repeat(120)), Status::Missing);
        let two = id("plans/a.md", &format!("{}é/y.py", "d/".repeat(120)), Status::Missing);
        assert!(one.len() <= 200 && one != two);
        assert_eq!(id("plans/a.md", "x.py", Status::Moved), "audit:plans/a.md:x.py:moved");
    }
}
