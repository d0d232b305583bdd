//! What does not fit together in a session.

use serde::Serialize;

use super::commits::CommitRow;
use super::handoffs::HandoffRow;
use crate::count::{count, is};
use crate::remark::NoteSeverity;
use crate::report::Gap;
use crate::trackers::{IssueState, TrackedIssue};

/// A gap of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionGap {
    /// The tail of the finding's id.
    #[serde(skip)]
    pub key: String,
    /// How much it matters.
    pub weight: NoteSeverity,
    /// One line.
    pub title: String,
    /// What was seen, and where.
    pub evidence: String,
    /// How to fix it.
    pub advice: String,
}

impl SessionGap {
    /// The finding for it.
    #[must_use]
    pub fn finding(&self) -> Gap {
        Gap::new(&format!("session:{}", self.key), self.weight, &self.title, &self.evidence)
    }
}

#[must_use]
pub(super) fn gaps(commits: &[CommitRow], handoffs: &[HandoffRow], issues: &[TrackedIssue]) -> Vec<SessionGap> {
    let mut out: Vec<SessionGap> = handoffs.iter().flat_map(of_handoff).collect();
    out.extend(issues.iter().filter_map(|issue| of_issue(issue, commits)));
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
            title: format!("a RETURN names no file that is there and no commit: {}", row.title),
            evidence: place.clone(),
            advice: "ask for the paths and commits that prove it".into(),
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
            advice: "ask where they are, or have them made".into(),
        });
    }
    if row.unanswered && !row.is_return() {
        out.push(SessionGap {
            key: format!("{}:unanswered", row.task),
            weight: NoteSeverity::Medium,
            title: format!("a request to {} has no RETURN: {}", row.agent, row.title),
            evidence: place,
            advice: "wait for it, ask again, or take it back".into(),
        });
    }
    out
}

/// An issue that a commit speaks of and the tracker still lists as open.
fn of_issue(issue: &TrackedIssue, commits: &[CommitRow]) -> Option<SessionGap> {
    if issue.state != IssueState::Open {
        return None;
    }
    let mentions =
        |row: &&CommitRow| row.issues.iter().any(|id| *id == issue.id || id.strip_prefix('#') == Some(&issue.id));
    let by: Vec<&CommitRow> = commits.iter().filter(mentions).collect();
    let first = by.first()?;
    let mended = by.iter().any(|row| row.mends);
    let (weight, said) = if mended { (NoteSeverity::Medium, "mended") } else { (NoteSeverity::Low, "worked on") };
    let ids: Vec<&str> = by.iter().map(|row| row.id.as_str()).collect();
    Some(SessionGap {
        key: format!("{}:{}:still-open", issue.tracker, issue.id),
        weight,
        title: format!("{} was {said} by {} and is listed as open", issue.id, first.id),
        evidence: format!("{}:{}; commits {}", issue.tracker, issue.line, ids.join(", ")),
        advice: format!("set its status in {}, or say what is left to do", issue.tracker),
    })
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
        advice: "look whether they were forgotten".into(),
    })
}
