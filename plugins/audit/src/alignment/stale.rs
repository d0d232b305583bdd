//! Open requests: their age, and whether they are overdue.

use baton_plugin_kit::host::{Entry, Ledger};
use serde::Serialize;

use crate::count::count;
use crate::limits;
use crate::remark::NoteSeverity;
use crate::report::Gap;
use crate::time::{self, DAY_MS};

/// From which age, in days, an open request matters how much.
const AGES: [(i64, NoteSeverity); 3] = [(7, NoteSeverity::High), (3, NoteSeverity::Medium), (1, NoteSeverity::Low)];

/// An open request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleRow {
    /// The task.
    pub task: String,
    /// One line.
    pub title: String,
    /// Who has to answer.
    pub agent: String,
    /// Who asked.
    pub from: Option<String>,
    /// Whole days since it was asked; absent where the ledger does not say.
    pub age_days: Option<i64>,
    /// When it had to be done, as the ledger has it.
    pub deadline: Option<String>,
    /// Whether that is over.
    pub overdue: bool,
    /// How much that matters; absent while it is fresh.
    pub weight: Option<NoteSeverity>,
    /// Its file, relative to the workspace.
    pub file: Option<String>,
}

/// Every open request, oldest first, or why the ledger could not be read. `now` is in milliseconds since 1970 UTC.
pub(super) fn stale(ledger: &dyn Ledger, now: i64) -> Result<Vec<StaleRow>, String> {
    let open = ledger.open_requests(limits::LEDGER_TASKS).map_err(|refused| refused.text().to_owned())?;
    Ok(open.into_iter().map(|entry| row(entry, now)).collect())
}

fn row(entry: Entry, now: i64) -> StaleRow {
    let age_days = time::read(&entry.created_at).map(|at| now.saturating_sub(at).max(0) / DAY_MS);
    let overdue = entry.deadline.as_deref().and_then(time::read).is_some_and(|deadline| deadline < now);
    let by_age = age_days.and_then(|days| AGES.iter().find(|(from, _)| days >= *from)).map(|(_, weight)| *weight);
    StaleRow {
        task: entry.id,
        title: entry.title,
        agent: entry.agent,
        from: entry.from,
        age_days,
        deadline: entry.deadline,
        overdue,
        weight: if overdue { Some(NoteSeverity::High) } else { by_age },
        file: entry.file,
    }
}

/// What is not as it should be.
#[must_use]
pub(super) fn findings(rows: &[StaleRow]) -> Vec<Gap> {
    rows.iter().filter_map(finding).collect()
}

fn finding(row: &StaleRow) -> Option<Gap> {
    let weight = row.weight?;
    let days = row.age_days.unwrap_or_default();
    let title = if row.overdue {
        format!("{} has not answered in time: {}", row.agent, row.title)
    } else {
        format!("{} has not answered for {}: {}", row.agent, count(days, "day"), row.title)
    };
    let mut evidence = vec![format!("task {}", row.task)];
    evidence.extend(row.file.clone());
    evidence.extend(row.deadline.as_ref().map(|deadline| format!("due {deadline}")));
    Some(Gap::new(&format!("ledger:{}:unanswered", row.task), weight, &title, &evidence.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_and_deadline_weigh() {
        let now = time::read("2026-01-18T00:00:00Z").unwrap();
        let weigh = |created: &str, deadline: Option<&str>| {
            let entry = Entry { created_at: created.into(), deadline: deadline.map(str::to_owned), ..Entry::default() };
            row(entry, now).weight
        };
        assert_eq!(weigh("2026-01-17T00:00:01Z", None), None);
        assert_eq!(weigh("2026-01-17T00:00:00Z", None), Some(NoteSeverity::Low));
        assert_eq!(weigh("2026-01-15T00:00:00Z", None), Some(NoteSeverity::Medium));
        assert_eq!(weigh("2026-01-11T00:00:00Z", None), Some(NoteSeverity::High));
        assert_eq!(weigh("2026-01-17T23:00:00Z", Some("2026-01-17T23:30:00Z")), Some(NoteSeverity::High));
        assert_eq!(weigh("2026-01-17T23:00:00Z", Some("2026-01-19T00:00:00Z")), None);
        assert_eq!(weigh("unknown", None), None);
    }
}
