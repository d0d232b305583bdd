//! The range of a session: from one revision or time to another.

use baton_plugin_kit::host::{Commit, CommitRange, Git};
use serde::Deserialize;

use crate::limits;
use crate::time;

/// Two ends, each a revision (`a7d8c35`, `HEAD~5`, `v1.2`) or a time (`2026-01-18`, RFC 3339); both may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Range {
    /// The start: the last commit before the session, or the time at which the session starts.
    pub from: Option<String>,
    /// The end: the last commit of the session, or the time just after the session; `HEAD` and now if absent.
    pub to: Option<String>,
}

/// The commits and the time of a range.
#[derive(Debug, Default)]
pub(super) struct ResolvedRange {
    pub(super) commits: Vec<Commit>,
    pub(super) more: bool,
    /// The reason why the repository did not answer, for a range without a revision. For a range with a revision, a missing
    /// answer is an error.
    pub(super) refused: Option<String>,
    /// The start, in milliseconds since 1970 UTC; absent if neither the range nor a commit gives it.
    pub(super) start: Option<i64>,
    /// The time just after the session, in milliseconds since 1970 UTC.
    pub(super) end: i64,
}

enum End {
    Moment(i64),
    Revision(Commit),
}

/// Finds the commits and the time of a range. `now` is in milliseconds since 1970 UTC.
pub(super) fn resolve(range: &Range, git: Option<&dyn Git>, now: i64) -> Result<ResolvedRange, String> {
    let end = |text: &Option<String>| text.as_deref().map(|text| end(text, git)).transpose();
    let (from, to) = (end(&range.from)?, end(&range.to)?);
    // `now` is a whole second; handoffs and commits of this second belong to the session.
    let mut out = ResolvedRange { end: now.saturating_add(1_000), ..ResolvedRange::default() };
    match &to {
        Some(End::Moment(moment)) => out.end = *moment,
        // Handoffs of the same second belong to the session.
        Some(End::Revision(commit)) => out.end = commit.committed_at.saturating_add(1).saturating_mul(1_000),
        None => {}
    }
    match &from {
        Some(End::Moment(moment)) => out.start = Some(*moment),
        Some(End::Revision(commit)) => out.start = Some(commit.committed_at.saturating_mul(1_000)),
        None => {}
    }
    let timed = !matches!((&from, &to), (Some(End::Revision(_)), _) | (_, Some(End::Revision(_))));
    if let Some(git) = git {
        match read(git, (&from, &to), &mut out) {
            Ok(()) => {}
            Err(refused) if timed => out.refused = Some(refused),
            Err(refused) => return Err(refused),
        }
    }
    out.start = out.start.or_else(|| out.commits.iter().map(|commit| commit.committed_at.saturating_mul(1_000)).min());
    Ok(out)
}

/// Reads the commits of a range from the repository.
fn read(git: &dyn Git, (from, to): (&Option<End>, &Option<End>), out: &mut ResolvedRange) -> Result<(), String> {
    let last = if let Some(End::Revision(commit)) = to { commit.id.as_str() } else { "HEAD" };
    let after = if let Some(End::Revision(commit)) = from { Some(commit.id.as_str()) } else { None };
    if git.commit(last).map_err(|refused| refused.text().to_owned())?.is_some() {
        let (to, after, most) = (last.to_owned(), after.map(str::to_owned), limits::SESSION_COMMITS);
        let range = CommitRange { to, after, path: None, most };
        out.commits = git.log(&range).map_err(|refused| refused.text().to_owned())?;
    }
    out.more = out.commits.len() >= usize::try_from(limits::SESSION_COMMITS).unwrap_or(usize::MAX);
    let (start, end, moments) =
        (out.start, out.end, (matches!(from, Some(End::Moment(_))), matches!(to, Some(End::Moment(_)))));
    out.commits.retain(|commit| {
        let at = commit.committed_at.saturating_mul(1_000);
        (!moments.0 || start.is_none_or(|start| at >= start)) && (!moments.1 || at < end)
    });
    Ok(())
}

fn end(text: &str, git: Option<&dyn Git>) -> Result<End, String> {
    // A number without dashes is the id of a commit, never a time.
    if let Some(moment) =
        time::read(text).filter(|_| text.contains('-') && text.starts_with(|sign: char| sign.is_ascii_digit()))
    {
        return Ok(End::Moment(moment));
    }
    if text.starts_with('-') {
        return Err(format!(
            "`{text}` is neither a time like 2026-01-18T10:00:00Z nor a revision, because a revision does not begin with a dash"
        ));
    }
    let Some(git) = git else {
        return Err(format!(
            "`{text}` is not a time, and no repository is granted; write a time like 2026-01-18T10:00:00Z, or grant the \
             repository"
        ));
    };
    match git.commit(text).map_err(|refused| refused.text().to_owned())? {
        Some(commit) => Ok(End::Revision(commit)),
        None => Err(format!("`{text}` is neither a time like 2026-01-18T10:00:00Z nor a revision of the repository")),
    }
}
