//! Combines the parts of a session review.

use baton_plugin_kit::host::{Git, Ledger};
use jiff::Timestamp;
use serde::Serialize;

use super::commits::{self, CommitRow};
use super::gaps::{self, SessionGap};
use super::handoffs::{self, HandoffRow};
use super::range::{self, Range};
use crate::count::count;
use crate::index::Index;
use crate::report::Gap;

/// The input of a review.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The audited tree.
    pub index: &'a Index,
    /// Its repository.
    pub git: Option<&'a dyn Git>,
    /// The ledger of the workspace.
    pub ledger: Option<&'a dyn Ledger>,
}

/// A session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SessionReview {
    /// The start of the session, in milliseconds since 1970 UTC.
    pub start: Option<i64>,
    /// The time just after the session, in milliseconds since 1970 UTC.
    pub end: i64,
    /// The commits, newest first; absent if the repository is not granted or did not answer.
    pub commits: Option<Vec<CommitRow>>,
    /// True if there may be more commits than were read.
    pub more_commits: bool,
    /// The reason why the repository did not answer.
    pub git_refused: Option<String>,
    /// The handoffs, oldest first; absent without a ledger.
    pub handoffs: Option<Vec<HandoffRow>>,
    /// The reason why the ledger could not be read.
    pub ledger_refused: Option<String>,
    /// The gaps, the most severe ones first.
    pub gaps: Vec<SessionGap>,
    /// The session in numbers.
    pub metrics: Metrics,
    /// The findings for the gaps.
    #[serde(skip)]
    pub findings: Vec<Gap>,
}

impl SessionReview {
    /// True if there was neither a commit nor a handoff to review.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commits.as_ref().is_none_or(Vec::is_empty) && self.handoffs.as_ref().is_none_or(Vec::is_empty)
    }
}

/// A session in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Metrics {
    /// Commits.
    pub commits: usize,
    /// Requests.
    pub requests: usize,
    /// Requests without an answer.
    pub unanswered: usize,
    /// RETURNs.
    pub returns: usize,
    /// RETURNs with a file or a commit as evidence.
    pub returns_with_evidence: usize,
    /// Gaps.
    pub gaps: usize,
}

impl Metrics {
    /// The numbers in one line. The number of commits is left out if commits could not be checked.
    #[must_use]
    pub fn said(&self, commits_known: bool) -> String {
        let commits = if commits_known { count(self.commits, "commit") } else { "commits not checked".to_owned() };
        let (requests, returns) = (count(self.requests, "request"), count(self.returns, "RETURN"));
        let with = self.returns_with_evidence;
        format!("{commits}, {requests} and {returns} ({with} with evidence); {}", count(self.gaps, "gap"))
    }
}

/// Reviews a session. `now` is the task's time in milliseconds since 1970 UTC.
///
/// # Errors
/// If the range is invalid, or if the range has a revision and the repository does not answer.
pub fn review(range: &Range, sources: Sources<'_>, now: i64) -> Result<SessionReview, String> {
    let resolved = range::resolve(range, sources.git, now)?;
    // A repository that does not answer is not used.
    let git = sources.git.filter(|_| resolved.refused.is_none());
    let commits = git.map(|git| commits::rows(&resolved.commits, sources.index, Some(git)));
    let since = resolved.start.map(stamp);
    let until = stamp(resolved.end);
    let read = sources.ledger.map(|ledger| handoffs::rows(ledger, git, sources.index, (since.as_deref(), &until)));
    let (handoffs, ledger_refused) = match read {
        None => (None, None),
        Some(Ok(rows)) => (Some(rows), None),
        Some(Err(refused)) => (None, Some(refused)),
    };
    let gaps = gaps::gaps(commits.as_deref().unwrap_or_default(), handoffs.as_deref().unwrap_or_default());
    let mut out = SessionReview {
        start: resolved.start,
        end: resolved.end,
        more_commits: resolved.more,
        git_refused: resolved.refused,
        findings: gaps.iter().map(SessionGap::finding).collect(),
        commits,
        handoffs,
        ledger_refused,
        gaps,
        metrics: Metrics::default(),
    };
    out.metrics = metrics(&out);
    Ok(out)
}

/// A time in RFC 3339, the format of the ledger.
fn stamp(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

fn metrics(review: &SessionReview) -> Metrics {
    let (returns, requests): (Vec<&HandoffRow>, Vec<&HandoffRow>) =
        review.handoffs.iter().flatten().partition(|row| row.is_return());
    Metrics {
        commits: review.commits.as_ref().map_or(0, Vec::len),
        unanswered: requests.iter().filter(|row| row.unanswered).count(),
        requests: requests.len(),
        returns_with_evidence: returns.iter().filter(|row| !row.there.is_empty() || !row.commits.is_empty()).count(),
        returns: returns.len(),
        gaps: review.gaps.len(),
    }
}
