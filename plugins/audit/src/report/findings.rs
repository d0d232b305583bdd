//! Findings: one for each deliverable that is not simply present, with an id that stays the same over runs.

use serde::Serialize;

use super::escape;
use crate::ids::bounded;
use crate::limits;
use crate::remark::{NoteSeverity, Remark, SourceLine};
use crate::verify::Status;

/// A finding before it takes the contract's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Stable over runs and times, at most [`limits::FINDING_ID_BYTES`].
    pub id: String,
    /// How much it matters.
    pub weight: NoteSeverity,
    /// One line.
    pub title: String,
    /// Where the plan says it and what was seen.
    pub evidence: String,
    /// The line of the document that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SourceLine>,
}

impl Gap {
    /// A finding, bounded: the id is `audit:` and `key`, which stays the same over runs; title and evidence are one line each.
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

    /// The same at a line of a document; nowhere when there is no such line.
    #[must_use]
    pub fn at(self, path: &str, line: usize) -> Self {
        let place = (line > 0 && !path.is_empty()).then(|| SourceLine { path: path.to_owned(), line });
        Self { place, ..self }
    }
}

/// How much a status matters; `None` when it is as it should be.
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
