//! Whether integrations work: the share of failures among the last twenty runs of each name.

use serde::Serialize;

use crate::count::count;
use crate::performance::{AgentRow, Logs};
use crate::remark::NoteSeverity;
use crate::report::Gap;

/// With fewer runs, nothing is reported.
const FEWEST: usize = 3;

/// How something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Fewer than one of ten runs failed.
    Healthy,
    /// Fewer than half of them.
    Degraded,
    /// At least half of them.
    Failing,
    /// Too few runs to say.
    Unknown,
}

/// Something that runs, by its name in the logs or the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IntegrationRow {
    /// Its name.
    pub name: String,
    /// `logs` or `ledger`.
    pub seen_in: &'static str,
    /// Runs among the last twenty.
    pub recent_runs: usize,
    /// Failed ones among them.
    pub recent_failed: usize,
    /// How it works.
    pub health: Health,
    /// The most frequent error.
    pub error: Option<String>,
}

/// Everything that ran, those in the logs first; without the audit itself, which is `own`: whether it works shows in its
/// report.
#[must_use]
pub(super) fn integrations(logs: &Logs, agents: &[AgentRow], own: Option<&str>) -> Vec<IntegrationRow> {
    let by_logs = logs.runs.iter().filter(|run| run.recent_runs > 0).map(|run| {
        let error = run.errors.first().map(|error| error.message.clone());
        row(&run.name, "logs", run.recent_runs, run.recent_failed, error)
    });
    let by_ledger = agents
        .iter()
        .filter(|agent| agent.recent_runs > 0 && Some(agent.agent.as_str()) != own)
        .map(|agent| row(&agent.agent, "ledger", agent.recent_runs, agent.recent_failed, None));
    by_logs.chain(by_ledger).collect()
}

fn row(
    name: &str,
    seen_in: &'static str,
    recent_runs: usize,
    recent_failed: usize,
    error: Option<String>,
) -> IntegrationRow {
    let health = match recent_failed {
        _ if recent_runs < FEWEST => Health::Unknown,
        failed if failed * 10 < recent_runs => Health::Healthy,
        failed if failed * 2 < recent_runs => Health::Degraded,
        _ => Health::Failing,
    };
    IntegrationRow { name: name.to_owned(), seen_in, recent_runs, recent_failed, health, error }
}

/// What is not as it should be.
#[must_use]
pub(super) fn findings(rows: &[IntegrationRow]) -> Vec<Gap> {
    rows.iter().filter_map(finding).collect()
}

fn finding(row: &IntegrationRow) -> Option<Gap> {
    let (kind, weight) = match row.health {
        Health::Failing => ("failing", NoteSeverity::Medium),
        Health::Degraded => ("degraded", NoteSeverity::Low),
        _ => return None,
    };
    let title =
        format!("{} is {kind}: {} of its last {} failed", row.name, row.recent_failed, count(row.recent_runs, "run"));
    let evidence =
        row.error.as_ref().map_or_else(|| row.seen_in.to_owned(), |error| format!("{}; {error}", row.seen_in));
    Some(Gap::new(&format!("{}:{}:{kind}", row.seen_in, row.name), weight, &title, &evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_failures_decides() {
        let health = |runs, failed| row("a", "logs", runs, failed, None).health;
        assert_eq!(
            [health(2, 2), health(20, 1), health(20, 2), health(20, 9), health(20, 10), health(3, 0)],
            [Health::Unknown, Health::Healthy, Health::Degraded, Health::Degraded, Health::Failing, Health::Healthy]
        );
        assert!(findings(&[row("a", "logs", 20, 1, None), row("b", "logs", 2, 2, None)]).is_empty());
        assert_eq!(findings(&[row("a", "ledger", 4, 4, None)])[0].id, "audit:ledger:a:failing");
    }
}
