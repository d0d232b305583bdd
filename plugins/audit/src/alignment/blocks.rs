//! Phase 4 as blocks of a page.

use super::assess::Alignment;
use super::integrations::Health;
use super::processes::Punctuality;
use super::trackers::{FileEvidence, IssueState};
use crate::count::count as said;
use crate::csv_sheet::{heading, table, text};
use crate::page::{Block, Cell, Table};
use crate::remark::NoteSeverity;
use crate::time;

/// What phase 4 shows.
#[must_use]
pub fn blocks(alignment: &Alignment) -> Vec<Block> {
    let mut out = Vec::new();
    processes(alignment, &mut out);
    integrations(alignment, &mut out);
    synchronicity(alignment, &mut out);
    requests(alignment, &mut out);
    trackers(alignment, &mut out);
    out
}

fn processes(alignment: &Alignment, out: &mut Vec<Block>) {
    heading(out, "Process Alignment");
    if alignment.processes.is_empty() {
        return text(out, "No process is known: none is configured, and the ledger saw none three times.");
    }
    let mut rows = Table::new(&["Process", "Status", "Every", "Last Run", "Seen In"]);
    for row in &alignment.processes {
        let status = match row.punctuality {
            Punctuality::OnTime => "\u{2705} on time",
            Punctuality::Late => "\u{26a0}\u{fe0f} late",
            Punctuality::Never => "\u{274c} never seen",
            Punctuality::Unjudged => "\u{23f3} not judged",
        };
        rows.row([
            Cell::text(&row.name),
            Cell::text(status),
            Cell::text(&row.every),
            row.last_run.map_or(Cell::None, |at| Cell::text(time::shown(at))),
            Cell::code(&row.seen_in),
        ]);
    }
    table(out, rows);
}

fn integrations(alignment: &Alignment, out: &mut Vec<Block>) {
    heading(out, "Integration Health");
    if alignment.integrations.is_empty() {
        return text(out, "No run is known from logs or from the ledger.");
    }
    let mut rows = Table::new(&["System", "Health", "Failed of Last Runs", "Seen In", "Most Frequent Error"]);
    for row in &alignment.integrations {
        let health = match row.health {
            Health::Healthy => "\u{2705} healthy",
            Health::Degraded => "\u{26a0}\u{fe0f} degraded",
            Health::Failing => "\u{274c} failing",
            Health::Unknown => "\u{23f3} too few runs",
        };
        rows.row([
            Cell::text(&row.name),
            Cell::text(health),
            Cell::text(format!("{} of {}", row.recent_failed, row.recent_runs)),
            Cell::text(row.seen_in),
            row.error.as_ref().map_or(Cell::None, Cell::text),
        ]);
    }
    table(out, rows);
}

/// The three dimensions in which such reports sum phase 4 up.
fn synchronicity(alignment: &Alignment, out: &mut Vec<Block>) {
    heading(out, "Synchronicity Assessment");
    let off = |row: &&super::ProcessRow| matches!(row.punctuality, Punctuality::Late | Punctuality::Never);
    let late = alignment.processes.iter().filter(off).count();
    let ill =
        alignment.integrations.iter().filter(|row| matches!(row.health, Health::Degraded | Health::Failing)).count();
    let wrong = alignment.findings.iter().filter(|gap| gap.id.contains(":listed-")).count();
    let waiting = alignment.requests.iter().flatten().filter(|row| row.weight.is_some()).count();
    let mut rows = Table::new(&["Dimension", "Status", "Notes"]);
    let mut row = |name: &str, known: bool, bad: usize, notes: String| {
        let status = match (known, bad) {
            (false, _) => "\u{23f3} Nothing known",
            (true, 0) => "\u{2705} Good",
            (true, _) => "\u{26a0}\u{fe0f} Partial",
        };
        rows.row([Cell::Strong(name.to_owned()), Cell::text(status), Cell::text(notes)]);
    };
    row(
        "Temporal",
        !alignment.processes.is_empty(),
        late,
        format!("{late} of {} late or never seen", said(alignment.processes.len(), "process")),
    );
    let (issues, systems) = (alignment.trackers.issues.len(), alignment.integrations.len());
    row(
        "Data",
        issues > 0 || systems > 0,
        wrong + ill,
        format!(
            "{wrong} of {} listed wrongly; {ill} of {} not healthy",
            said(issues, "tracked issue"),
            said(systems, "system")
        ),
    );
    row(
        "Process",
        alignment.requests.is_some(),
        waiting,
        format!("{} unanswered for a day or past the time", said(waiting, "request")),
    );
    out.push(Block::Table(rows));
}

fn requests(alignment: &Alignment, out: &mut Vec<Block>) {
    heading(out, "Open Requests");
    match (&alignment.requests, &alignment.ledger_refused) {
        (None, Some(refused)) => text(out, format!("The ledger was not read: {refused}")),
        (None, None) => text(out, "Not looked at: `baton plugin grant audit ledger` lets the audit read the ledger."),
        (Some(rows), _) if rows.is_empty() => text(out, "Nobody is waited for."),
        (Some(requests), _) => {
            let mut rows = Table::new(&["Request", "Agent", "From", "Days", "Due", "Weight", "Task"]);
            for row in requests {
                let due = row.deadline.as_ref().map_or(Cell::None, |deadline| {
                    Cell::text(if row.overdue { format!("{deadline} (over)") } else { deadline.clone() })
                });
                rows.row([
                    Cell::text(&row.title),
                    Cell::text(&row.agent),
                    row.from.as_ref().map_or(Cell::None, Cell::text),
                    row.age_days.and_then(|days| u64::try_from(days).ok()).map_or(Cell::None, Cell::Number),
                    due,
                    Cell::text(row.weight.map_or("fresh", NoteSeverity::word)),
                    Cell::code(&row.task),
                ]);
            }
            table(out, rows);
        }
    }
}

fn trackers(alignment: &Alignment, out: &mut Vec<Block>) {
    heading(out, "Issue Trackers");
    let trackers = &alignment.trackers;
    if trackers.issues.is_empty() {
        return text(out, "No issue tracker was found; the argument `trackers` says where they are.");
    }
    let mut rows = Table::new(&["Issue", "Title", "Listed As", "The Files Show", "Listed At"]);
    for issue in &trackers.issues {
        let listed = match issue.state {
            _ if !issue.status.is_empty() => issue.status.clone(),
            IssueState::Open => "(no status: open)".to_owned(),
            IssueState::Settled | IssueState::Dropped => "closed".to_owned(),
        };
        let shown = match &issue.evidence {
            FileEvidence::Unasked => Cell::None,
            FileEvidence::Settled(places) => Cell::text(format!("settled: {}", places.join(", "))),
            FileEvidence::Missing(texts) => Cell::text(format!("not settled: no {}", texts.join(", "))),
            FileEvidence::Unusable(reason) => Cell::text(reason),
        };
        let place = format!("{}:{}", issue.tracker, issue.line);
        rows.row([Cell::code(&issue.id), Cell::text(&issue.title), Cell::text(listed), shown, Cell::code(place)]);
    }
    table(out, rows);
    if trackers.left_out > 0 {
        text(out, format!("{} more issues were not read.", trackers.left_out));
    }
}
