//! Finds the gaps of a session: contradictions between commits, handoffs and the tree.

use serde::Serialize;

use super::commits::CommitRow;
use super::handoffs::HandoffRow;
use crate::count::{count, is};
use crate::remark::NoteSeverity;
use crate::report::Gap;

/// A gap of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionGap {
    /// The end of the finding's id.
    #[serde(skip)]
    pub key: String,
    /// Its severity.
    pub weight: NoteSeverity,
    /// One line.
    pub title: String,
    /// The observed facts and their place.
    pub evidence: String,
    /// How to fix it.
    pub advice: String,
}

impl SessionGap {
    /// The finding for this gap.
    #[must_use]
    pub fn finding(&self) -> Gap {
        Gap::new(&format!("session:{}", self.key), self.weight, &self.title, &self.evidence)
    }
}

#[must_use]
pub(super) fn gaps(commits: &[CommitRow], handoffs: &[HandoffRow]) -> Vec<SessionGap> {
    let mut out: Vec<SessionGap> = handoffs.iter().flat_map(of_handoff).collect();
    out.extend(commits.iter().filter_map(of_commit));
    out.sort_by(|left, right| (right.weight, &left.key).cmp(&(left.weight, &right.key)));
    out
}

fn of_handoff(row: &HandoffRow) -> Vec<SessionGap> {
    let place = row.file.clone().unwrap_or_else(|| format!("task {}", row.task));
    let mut out = Vec::new();
    if row.is_bare() {
        out.push(SessionGap {
            key: format!("{}:no-evidence", row.task),
            weight: NoteSeverity::Medium,
            title: format!("a RETURN names no existing file and no commit: {}", row.title),
            evidence: place.clone(),
            advice: "ask the agent for the paths and commits that prove the work".into(),
        });
    }
    if row.is_return() && !row.not_there.is_empty() {
        out.push(SessionGap {
            key: format!("{}:not-there", row.task),
            weight: NoteSeverity::Medium,
            title: format!(
                "a RETURN names {} that {} not there: {}",
                count(row.not_there.len(), "file"),
                is(row.not_there.len()),
                row.title
            ),
            evidence: format!("{place}; {}", row.not_there.join(", ")),
            advice: "ask the agent where the files are, or request them".into(),
        });
    }
    if row.unanswered && !row.is_return() {
        out.push(SessionGap {
            key: format!("{}:unanswered", row.task),
            weight: NoteSeverity::Medium,
            title: format!("a request to {} has no RETURN: {}", row.agent, row.title),
            evidence: place,
            advice: "wait for the RETURN, ask again, or withdraw the request".into(),
        });
    }
    out
}

fn of_commit(row: &CommitRow) -> Option<SessionGap> {
    if row.not_there.is_empty() {
        return None;
    }
    Some(SessionGap {
        key: format!("{}:not-there", row.id),
        weight: NoteSeverity::Low,
        title: format!(
            "commit {} names {} that {} not there",
            row.id,
            count(row.not_there.len(), "file"),
            is(row.not_there.len())
        ),
        evidence: format!("{}: {}", row.title, row.not_there.join(", ")),
        advice: "check whether the commit forgot these files".into(),
    })
}
