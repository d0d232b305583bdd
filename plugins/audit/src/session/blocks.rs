//! A session review as blocks of a page.

use super::commits::CommitRow;
use super::handoffs::HandoffRow;
use super::review::SessionReview;
use crate::count::{count as said_count, is};
use crate::csv_sheet::{heading, subheading, table, text, words};
use crate::page::{Block, Cell, Table};
use crate::remark::NoteSeverity;
use crate::time;

/// Gaps that are described one by one; the table of findings has them all.
const DESCRIBED: usize = 100;

/// Why nothing is known of commits.
const NO_REPOSITORY: &str = "no repository was granted; `baton plugin grant audit git=root` lets the audit read it.";

/// What a session review shows.
#[must_use]
pub fn blocks(review: &SessionReview) -> Vec<Block> {
    let mut out = Vec::new();
    summary(review, &mut out);
    work(review, &mut out);
    handoffs(review, &mut out);
    gaps(review, &mut out);
    out
}

/// One sentence for the whole.
fn verdict(review: &SessionReview) -> &'static str {
    match review.gaps.first().map(|gap| gap.weight) {
        None if review.is_empty() => "\u{23f3} NOTHING REVIEWED - there is neither a commit nor a handoff in the range",
        None => "\u{2705} COMPLETE - nothing that was claimed was found wanting",
        Some(NoteSeverity::Medium | NoteSeverity::High) => {
            "\u{26a0}\u{fe0f} GAPS - something that was claimed or asked for is not there"
        }
        Some(_) => "\u{2705} COMPLETE - with remarks",
    }
}

fn summary(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "Executive Summary");
    let start = review.start.map_or_else(|| "the beginning".to_owned(), time::shown);
    let numbers = &review.metrics;
    text(out, format!("From {start} to {}: {}.", time::shown(review.end), numbers.said(review.commits.is_some())));
    text(out, format!("Overall status: {}.", verdict(review)));
}

fn work(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "Commits");
    let Some(commits) = &review.commits else {
        let reason = review.git_refused.as_deref().unwrap_or(NO_REPOSITORY);
        return text(out, format!("Commits were not checked: {reason}"));
    };
    if commits.is_empty() {
        return text(out, "No commit is in the range.");
    }
    let mut rows = Table::new(&["Commit", "Title", "Kind", "When", "Names"]);
    for row in commits {
        rows.row([
            Cell::code(&row.id),
            Cell::text(&row.title),
            words(row.kind.as_deref()),
            Cell::text(time::shown(row.at)),
            Cell::text(names(row)),
        ]);
    }
    table(out, rows);
    if review.more_commits {
        text(out, "There are more commits than were read; a narrower range shows them.");
    }
}

/// `2 files, all there`.
fn names(row: &CommitRow) -> String {
    match (row.there.len(), row.not_there.as_slice()) {
        (0, []) => "no file".to_owned(),
        (there, []) => format!("\u{2705} {}, all there", said_count(there, "file")),
        (there, missing) => {
            format!("\u{26a0}\u{fe0f} {}, not there: {}", said_count(there + missing.len(), "file"), missing.join(", "))
        }
    }
}

fn handoffs(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "Handoffs");
    match (&review.handoffs, &review.ledger_refused) {
        (None, Some(refused)) => text(out, format!("The ledger was not read: {refused}")),
        (None, None) => text(
            out,
            "The ledger is not granted: nothing is known of handoffs; `baton plugin grant audit ledger` lets the audit read it.",
        ),
        (Some(rows), _) if rows.is_empty() => text(out, "No handoff was written down in that time."),
        (Some(handoffs), _) => {
            let mut rows = Table::new(&["Kind", "Title", "From", "For", "State", "Evidence", "File"]);
            for row in handoffs {
                rows.row([
                    Cell::text(&row.kind),
                    Cell::text(&row.title),
                    words(row.from.as_deref()),
                    Cell::text(&row.agent),
                    Cell::text(&row.state),
                    Cell::text(evidence(row)),
                    row.file.as_ref().map_or_else(|| Cell::code(&row.task), Cell::code),
                ]);
            }
            table(out, rows);
        }
    }
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

fn gaps(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "Gaps");
    if review.gaps.is_empty() {
        return text(out, "None.");
    }
    for (at, gap) in review.gaps.iter().take(DESCRIBED).enumerate() {
        subheading(out, format!("Gap {}: {}", at + 1, gap.title));
        let line = |name: &str, words: &str| vec![Cell::Strong(format!("{name}:")), Cell::text(words)];
        out.push(Block::List(vec![
            line("Weight", gap.weight.word()),
            line("Evidence", &gap.evidence),
            line("Recommendation", &gap.advice),
        ]));
    }
    let more = review.gaps.len().saturating_sub(DESCRIBED);
    if more > 0 {
        text(out, format!("{} {} not described.", said_count(more, "more gap"), is(more)));
    }
}
