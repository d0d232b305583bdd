//! A session review as blocks of a page, in the established order of such reviews.

use super::commits::CommitRow;
use super::handoffs::HandoffRow;
use super::review::SessionReview;
use crate::count::{count as said_count, is};
use crate::csv_sheet::{count, heading, subheading, table, text, words};
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
    outstanding(review, &mut out);
    testing(review, &mut out);
    recommendations(review, &mut out);
    metrics(review, &mut out);
    conclusion(review, &mut out);
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
    heading(out, "1. Completed Work Verification");
    let Some(commits) = &review.commits else {
        let reason = review.git_refused.as_deref().unwrap_or(NO_REPOSITORY);
        return text(out, format!("Commits were not looked at: {reason}"));
    };
    if commits.is_empty() {
        return text(out, "No commit is in the range.");
    }
    let mut rows = Table::new(&["Commit", "Claims", "Kind", "When", "Issues", "Names", "Tested"]);
    for row in commits {
        rows.row([
            Cell::code(&row.id),
            Cell::text(&row.title),
            words(row.kind.as_deref()),
            Cell::text(time::shown(row.at)),
            words(Some(&row.issues.join(", "))),
            Cell::text(names(row)),
            words(Some(&row.tested.join(", "))),
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
    heading(out, "2. Agent Handoffs");
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
    heading(out, "3. Gap Analysis");
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

fn outstanding(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "4. Outstanding Issues from Issue Tracking");
    if review.open_issues.is_empty() {
        return text(out, "No tracker lists an open issue.");
    }
    let named = |id: &str| {
        let same = |other: &String| other == id || other.strip_prefix('#') == Some(id);
        review.commits.iter().flatten().any(|row| row.issues.iter().any(same))
    };
    let mut rows = Table::new(&["Issue", "Title", "Listed As", "In This Session", "Listed At"]);
    for issue in &review.open_issues {
        let addressed = if named(&issue.id) { "named by a commit" } else { "not addressed" };
        rows.row([
            Cell::code(&issue.id),
            Cell::text(&issue.title),
            words(Some(&issue.status)),
            Cell::text(addressed),
            Cell::code(format!("{}:{}", issue.tracker, issue.line)),
        ]);
    }
    table(out, rows);
}

fn testing(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "5. Testing & Validation");
    text(out, "What messages say of themselves; nothing was run.");
    let commits = review.commits.iter().flatten().filter(|row| row.mends || row.kind.as_deref() == Some("feat"));
    let items: Vec<(bool, String)> = commits
        .map(|row| (!row.tested.is_empty(), format!("{} {}: {}", row.id, row.title, said(&row.tested))))
        .collect();
    if items.is_empty() {
        text(out, "No commit says that it fixes or adds something.");
    } else {
        out.push(Block::Checklist(items));
    }
}

fn said(tested: &[&str]) -> String {
    if tested.is_empty() {
        "says nothing of tests".to_owned()
    } else {
        format!("says \u{201c}{}\u{201d}", tested.join(", "))
    }
}

fn recommendations(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "6. Recommendations");
    if review.gaps.is_empty() {
        return text(out, "None.");
    }
    let item = |gap: &super::SessionGap| (false, format!("{}: {}", gap.title, gap.advice));
    out.push(Block::Checklist(review.gaps.iter().take(DESCRIBED).map(item).collect()));
}

fn metrics(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "7. Session Metrics");
    let numbers = &review.metrics;
    let mut rows = Table::new(&["Metric", "Value"]);
    rows.row([Cell::text("Commits"), count(numbers.commits)]);
    for (kind, commits) in &numbers.by_kind {
        rows.row([Cell::text(format!("Commits of kind {kind}")), count(*commits)]);
    }
    rows.row([Cell::text("Commits that speak of tests"), count(numbers.commits_tested)]);
    rows.row([Cell::text("Requests"), count(numbers.requests)]);
    rows.row([Cell::text("Requests without a RETURN"), count(numbers.unanswered)]);
    rows.row([Cell::text("RETURNs"), count(numbers.returns)]);
    rows.row([Cell::text("RETURNs with evidence"), count(numbers.returns_with_evidence)]);
    rows.row([Cell::text("Issues named by commits"), count(numbers.issues_named)]);
    rows.row([Cell::text("Gaps"), count(numbers.gaps)]);
    table(out, rows);
}

fn conclusion(review: &SessionReview, out: &mut Vec<Block>) {
    heading(out, "8. Conclusion");
    let numbers = &review.metrics;
    out.push(Block::Checklist(vec![
        (numbers.unanswered == 0, "Every request has its RETURN".to_owned()),
        (
            numbers.returns == numbers.returns_with_evidence,
            "Every RETURN names a file or a commit as evidence".to_owned(),
        ),
        (!review.gaps.iter().any(|gap| gap.key.ends_with(":still-open")), "Trackers say what commits did".to_owned()),
        (
            !review.gaps.iter().any(|gap| gap.key.ends_with(":not-there")),
            "Every file that was named is there".to_owned(),
        ),
    ]));
    text(out, format!("Session status: {}.", verdict(review)));
}
