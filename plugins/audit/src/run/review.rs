//! The review of a session: a separate report about a range of commits and the handoffs of that time.

use baton_plugin_sdk::{Error, Outcome, OutcomeKind, Task};

use super::outcome::{outcome, unwritten};
use crate::index::Index;
use crate::report::{self, Artifact};
use crate::request::{Request, Stamped};
use crate::services::HostServices;
use crate::session::{self, Range, SessionReview, Sources};

/// Reviews a session.
///
/// # Errors
/// `permanent` for an invalid range; otherwise as [`super::run`].
pub(super) fn review(task: &Task, services: &HostServices<'_>) -> Result<Outcome, Error> {
    let args = task.args()?;
    if let Some(unknown) = args.keys().find(|name| !matches!(name.as_str(), "from" | "to")) {
        return Err(Error::Permanent(format!(
            "there is no argument `{unknown}`; a session review knows `from` and `to`"
        )));
    }
    let range: Range = serde_json::from_value(args.into())
        .map_err(|error| Error::Permanent(format!("`from`/`to` must be revisions or times: {error}")))?;
    let stamped = Stamped::of(task)?;
    let index = Index::build(Request::roots_of(task, &serde_json::Map::new())?);
    let sources = Sources { index: &index, git: services.git, ledger: services.ledger };
    let review = session::review(&range, sources, stamped.now_ms()).map_err(Error::Permanent)?;
    let artifacts = artifacts(&review, &range, &stamped)?;
    let done = outcome(summary(&review), artifacts, &review.findings);
    Ok(if review.is_empty() && review.gaps.is_empty() { nothing_reviewed(done, &review) } else { done })
}

/// The outcome if there was neither a commit nor a handoff to review.
fn nothing_reviewed(outcome: Outcome, review: &SessionReview) -> Outcome {
    let step = if review.commits.is_none() {
        "let the commits be read: baton plugin grant audit git=root, then review again"
    } else {
        "name a range that has commits or handoffs: --arg from=TIME --arg to=TIME"
    };
    Outcome { kind: OutcomeKind::Refused, ..outcome }.with_next_step(step)
}

fn summary(review: &SessionReview) -> String {
    format!("Reviewed: {}.", review.metrics.said(review.commits.is_some()))
}

fn artifacts(review: &SessionReview, range: &Range, stamped: &Stamped) -> Result<Vec<Artifact>, Error> {
    let status = match review.gaps.is_empty() {
        true if review.is_empty() => "\u{23f3} NOTHING REVIEWED",
        true => "\u{2705} COMPLETE",
        false => "\u{26a0}\u{fe0f} GAPS FOUND",
    };
    let name =
        format!("{} .. {}", range.from.as_deref().unwrap_or("the beginning"), range.to.as_deref().unwrap_or("now"));
    let document = report::session_document(&name, session::sections(review), status, &stamped.stamp);
    let name = format!("SESSION_REVIEW_{}", stamped.stamp.compact);
    report::separate(&name, document, review).map_err(unwritten)
}
