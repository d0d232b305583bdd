//! A session review as sections of a page.

use super::commits::CommitRow;
use super::gaps::SessionGap;
use super::handoffs::HandoffRow;
use super::review::SessionReview;
use crate::count::count;
use crate::page::{Block, Cell, table, text, words};
use crate::remark::NoteSeverity;
use crate::report::Section;
use crate::time;

/// The reason why commits were not checked.
const NO_REPOSITORY: &str = "no repository was granted; `baton plugin grant audit git=root` lets the audit read it.";

/// The reason why handoffs were not checked.
const NO_LEDGER: &str = "it is not granted; `baton plugin grant audit ledger` lets the audit read it.";

/// The sections of a session review.
#[must_use]
pub fn sections(review: &SessionReview) -> Vec<Section> {
    vec![
        Section::new("Executive Summary", summary(review)),
        Section::new("Commits", commits(review)),
        Section::new("Handoffs", handoffs(review)),
        Section::new("Gaps", gaps(review)),
    ]
}

/// One sentence about the whole session.
fn verdict(review: &SessionReview) -> &'static str {
    match review.gaps.first().map(|gap| gap.weight) {
        None if review.is_empty() => "\u{23f3} NOTHING REVIEWED - the range has no commit and no handoff",
        None => "\u{2705} COMPLETE - every claim that could be checked is true",
        Some(NoteSeverity::Medium | NoteSeverity::High) => {
            "\u{26a0}\u{fe0f} GAPS - something that was claimed or requested is missing"
        }
        Some(_) => "\u{2705} COMPLETE - with remarks",
    }
}

fn summary(review: &SessionReview) -> Vec<Block> {
    let start = review.start.map_or_else(|| "the beginning".to_owned(), time::shown);
    let numbers = review.metrics.said(review.commits.is_some());
    vec![
        text(format!("From {start} to {}: {numbers}.", time::shown(review.end))),
        text(format!("Overall status: {}.", verdict(review))),
    ]
}

fn commits(review: &SessionReview) -> Vec<Block> {
    let Some(commits) = &review.commits else {
        let reason = review.git_refused.as_deref().unwrap_or(NO_REPOSITORY);
        return vec![text(format!("Commits were not checked: {reason}"))];
    };
    let row = |row: &CommitRow| {
        let (id, title, kind) = (Cell::code(&row.id), Cell::text(&row.title), words(row.kind.as_deref()));
        vec![id, title, kind, Cell::text(time::shown(row.at)), Cell::text(names(row))]
    };
    let rows = table(&["Commit", "Title", "Kind", "When", "Names"], commits.iter().map(row).collect());
    let more = "The range has more commits than the review read; choose a narrower range.";
    let rows = rows.unwrap_or_else(|| text("No commit is in the range."));
    std::iter::once(rows).chain(review.more_commits.then(|| text(more))).collect()
}

/// The named paths in words: `2 files, all there`.
fn names(row: &CommitRow) -> String {
    match (row.there.len(), row.not_there.as_slice()) {
        (0, []) => "no file".to_owned(),
        (there, []) => format!("\u{2705} {}, all there", count(there, "file")),
        (there, missing) => {
            format!("\u{26a0}\u{fe0f} {}, not there: {}", count(there + missing.len(), "file"), missing.join(", "))
        }
    }
}

fn handoffs(review: &SessionReview) -> Vec<Block> {
    let Some(handoffs) = &review.handoffs else {
        let reason = review.ledger_refused.as_deref().unwrap_or(NO_LEDGER);
        return vec![text(format!("The ledger was not read: {reason}"))];
    };
    let row = |row: &HandoffRow| {
        vec![
            Cell::text(&row.kind),
            Cell::text(&row.title),
            words(row.from.as_deref()),
            Cell::text(&row.agent),
            Cell::text(&row.state),
            Cell::text(evidence(row)),
            row.file.as_ref().map_or_else(|| Cell::code(&row.task), Cell::code),
        ]
    };
    let head = ["Kind", "Title", "From", "For", "State", "Evidence", "File"];
    let rows = table(&head, handoffs.iter().map(row).collect());
    vec![rows.unwrap_or_else(|| text("The ledger has no handoff of that time."))]
}

fn evidence(row: &HandoffRow) -> String {
    if !row.is_return() {
        return if row.unanswered { "\u{23f3} no RETURN yet" } else { "\u{2013}" }.to_owned();
    }
    if !row.read {
        return "its file could not be read".to_owned();
    }
    let mut parts = Vec::new();
    parts.extend((!row.there.is_empty()).then(|| format!("\u{2705} files: {}", row.there.join(", "))));
    parts.extend((!row.commits.is_empty()).then(|| format!("\u{2705} commits: {}", row.commits.join(", "))));
    parts.extend((!row.not_there.is_empty()).then(|| format!("\u{274c} not there: {}", row.not_there.join(", "))));
    if parts.is_empty() { "\u{274c} none".to_owned() } else { parts.join("; ") }
}

fn gaps(review: &SessionReview) -> Vec<Block> {
    let row = |gap: &SessionGap| {
        let (title, weight) = (Cell::text(&gap.title), Cell::text(gap.weight.word()));
        vec![title, weight, Cell::text(&gap.evidence), Cell::text(&gap.advice)]
    };
    let rows = table(&["Gap", "Weight", "Evidence", "What to Do"], review.gaps.iter().map(row).collect());
    vec![rows.unwrap_or_else(|| text("None."))]
}
