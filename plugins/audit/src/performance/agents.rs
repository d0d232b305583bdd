//! Runs from the ledger: the results of the tasks of each agent.

use std::collections::BTreeMap;

use baton_plugin_kit::host::{Entry, Ledger};
use baton_plugin_sdk::ledger::newest;
use serde::Serialize;

use super::runs::{percent, rank};
use crate::limits;
use crate::time;

/// The tasks of one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AgentRow {
    /// Its name.
    pub agent: String,
    /// How many tasks there are.
    pub tasks: usize,
    /// How many ended well.
    pub succeeded: usize,
    /// How many failed, died or could not be read.
    pub failed: usize,
    /// How many have not ended.
    pub open: usize,
    /// Attempts beyond the first.
    pub retries: u64,
    /// Succeeded of succeeded and failed, in whole per cent.
    pub success_percent: Option<usize>,
    /// The median time from being written down to the end, in milliseconds.
    pub median_ms: Option<u64>,
    /// Ended tasks among the last twenty.
    pub recent_runs: usize,
    /// Failed ones among them.
    pub recent_failed: usize,
}

/// What the ledger says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agents {
    /// The agents, by name.
    pub rows: Vec<AgentRow>,
    /// The tasks, newest first, for who else wants them.
    pub tasks: Vec<Entry>,
    /// Why the ledger could not be read.
    pub refused: Option<String>,
}

/// Reads the ledger.
#[must_use]
pub fn agents(ledger: Option<&dyn Ledger>) -> Agents {
    match ledger.map(|ledger| ledger.tasks(&newest(limits::LEDGER_TASKS))) {
        None => Agents::default(),
        Some(Err(refused)) => Agents { refused: Some(refused.text().to_owned()), ..Agents::default() },
        Some(Ok(tasks)) => Agents { rows: rows(&tasks), tasks, refused: None },
    }
}

/// How a task in this state ended: well, badly, or not (yet).
pub(crate) fn ended_well(state: &str) -> Option<bool> {
    match state {
        "succeeded" => Some(true),
        "failed" | "dead" | "rejected" => Some(false),
        _ => None,
    }
}

fn rows(tasks: &[Entry]) -> Vec<AgentRow> {
    let mut by_agent: BTreeMap<&str, (AgentRow, Vec<u64>)> = BTreeMap::new();
    for task in tasks {
        if !by_agent.contains_key(task.agent.as_str()) && by_agent.len() >= limits::RUN_NAMES {
            continue;
        }
        let (row, times) = by_agent.entry(&task.agent).or_default();
        let ended = ended_well(&task.state);
        row.tasks += 1;
        row.succeeded += usize::from(ended == Some(true));
        row.failed += usize::from(ended == Some(false));
        row.open += usize::from(ended.is_none() && !matches!(task.state.as_str(), "cancelled" | "duplicate"));
        row.retries += u64::from(task.attempts.saturating_sub(1));
        // Newest first: the first twenty that ended are the last twenty.
        if let Some(well) = ended.filter(|_| row.recent_runs < 20) {
            row.recent_runs += 1;
            row.recent_failed += usize::from(!well);
        }
        times.extend(took(task));
    }
    let finish = |(agent, (row, mut times)): (&str, (AgentRow, Vec<u64>))| {
        times.sort_unstable();
        let success_percent = percent(row.succeeded, row.succeeded + row.failed);
        AgentRow { agent: agent.to_owned(), median_ms: rank(&times, 50), success_percent, ..row }
    };
    by_agent.into_iter().map(finish).collect()
}

fn took(task: &Entry) -> Option<u64> {
    let ended = time::read(task.ended_at.as_deref()?)?;
    u64::try_from(ended - time::read(&task.created_at)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_added_up_by_agent() {
        let task = |agent: &str, state: &str, attempts, minutes: u32| Entry {
            agent: agent.into(),
            state: state.into(),
            attempts,
            created_at: "2026-01-18T10:00:00Z".into(),
            ended_at: (minutes > 0).then(|| format!("2026-01-18T10:{minutes:02}:00Z")),
            ..Entry::default()
        };
        let tasks = [
            task("b", "succeeded", 3, 5),
            task("a", "delivered", 0, 0),
            task("b", "dead", 5, 9),
            task("b", "succeeded", 1, 2),
            task("b", "duplicate", 0, 1),
        ];
        let rows = rows(&tasks);
        assert_eq!((rows[0].agent.as_str(), rows[0].open, rows[0].success_percent), ("a", 1, None));
        let b = &rows[1];
        assert_eq!((b.tasks, b.succeeded, b.failed, b.open, b.retries), (4, 2, 1, 0, 6));
        assert_eq!((b.success_percent, b.median_ms, b.recent_runs, b.recent_failed), (Some(67), Some(120_000), 3, 1));
    }
}
