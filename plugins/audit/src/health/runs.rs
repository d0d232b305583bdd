//! Totals of runs by source and name: number, failures, durations and errors.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::count::count;
use crate::limits;
use crate::remark::NoteSeverity;
use crate::report::Gap;

/// Number of newest runs that decide whether there is a finding.
const RECENT: usize = 20;

/// Minimum number of recent runs for a finding.
const FEWEST: usize = 3;

/// Where runs are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunSource {
    /// Log files.
    Logs,
    /// Tasks of the ledger.
    Ledger,
}

impl RunSource {
    /// The name in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Ledger => "ledger",
        }
    }
}

/// All runs of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRow {
    /// Where they are recorded.
    pub source: RunSource,
    /// The name of a script or an agent.
    pub name: String,
    /// Number of ended runs.
    pub runs: usize,
    /// Number of failed runs.
    pub failed: usize,
    /// The median of the durations, in milliseconds.
    pub p50_ms: Option<u64>,
    /// The 95th percentile of the durations, in milliseconds.
    pub p95_ms: Option<u64>,
    /// The time of the last record, in milliseconds since 1970 UTC.
    pub last_run: Option<i64>,
    /// Runs among the last twenty.
    pub recent_runs: usize,
    /// Failed runs among the last twenty.
    pub recent_failed: usize,
    /// The errors, the most frequent first.
    pub errors: Vec<ErrorRow>,
}

/// Equal errors of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorRow {
    /// The message, without secrets.
    pub message: String,
    /// Number of occurrences.
    pub count: usize,
    /// The place of its last record: `logs/a.jsonl:12`.
    pub seen_at: String,
}

impl RunRow {
    /// A finding if at least a tenth of the recent runs failed.
    pub(super) fn finding(&self) -> Option<Gap> {
        let (kind, weight) = match self.recent_failed {
            failed if self.recent_runs < FEWEST || failed * 10 < self.recent_runs => return None,
            failed if failed * 2 < self.recent_runs => ("degraded", NoteSeverity::Low),
            _ => ("failing", NoteSeverity::Medium),
        };
        let (source, name) = (self.source.word(), &self.name);
        let runs = count(self.recent_runs, "run");
        let title = format!("{name} is {kind}: {} of its last {runs} failed", self.recent_failed);
        let error = self.errors.first().map(|error| format!("; {}", error.message)).unwrap_or_default();
        Some(Gap::new(&format!("{source}:{name}:{kind}"), weight, &title, &format!("{source}{error}")))
    }
}

/// One record of a log, or one task of the ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) at: Option<i64>,
    /// The result of the run; `None` if it continues.
    pub(super) succeeded: Option<bool>,
    pub(super) duration_ms: Option<u64>,
    pub(super) error: Option<String>,
    pub(super) seen_at: String,
}

/// Records by name, of one source.
#[derive(Debug, Default)]
pub(super) struct Runs {
    by_name: BTreeMap<String, RunTotals>,
    /// Number of records that were dropped because there are too many names.
    pub(super) left_out: usize,
}

#[derive(Debug, Default)]
struct RunTotals {
    ends: Vec<(Option<i64>, bool)>,
    last_run: Option<i64>,
    durations: Vec<u64>,
    errors: BTreeMap<String, (usize, String)>,
    other_errors: usize,
}

impl Runs {
    /// Adds a record.
    pub(super) fn add(&mut self, record: Record) {
        if !self.by_name.contains_key(&record.name) && self.by_name.len() >= limits::RUN_NAMES {
            self.left_out += 1;
            return;
        }
        let sum = self.by_name.entry(record.name).or_default();
        sum.ends.extend(record.succeeded.map(|succeeded| (record.at, succeeded)));
        sum.last_run = sum.last_run.max(record.at);
        sum.durations.extend(record.duration_ms);
        if let Some(message) = record.error {
            sum.error(message, record.seen_at);
        }
    }

    /// The totals, by name.
    pub(super) fn rows(self, source: RunSource) -> Vec<RunRow> {
        self.by_name.into_iter().map(|(name, sum)| sum.row(source, name)).collect()
    }
}

impl RunTotals {
    fn error(&mut self, message: String, seen_at: String) {
        if let Some((count, at)) = self.errors.get_mut(&message) {
            *count += 1;
            *at = seen_at;
        } else if self.errors.len() < limits::RUN_ERRORS {
            self.errors.insert(message, (1, seen_at));
        } else {
            self.other_errors += 1;
        }
    }

    fn row(mut self, source: RunSource, name: String) -> RunRow {
        // The sort is stable: records without a time come first, in the order of their file.
        self.ends.sort_by_key(|(at, _)| *at);
        self.durations.sort_unstable();
        let failed = |ends: &[(Option<i64>, bool)]| ends.iter().filter(|(_, succeeded)| !succeeded).count();
        let recent = self.ends.get(self.ends.len().saturating_sub(RECENT)..).unwrap_or_default();
        let mut errors: Vec<ErrorRow> =
            self.errors.into_iter().map(|(message, (count, seen_at))| ErrorRow { message, count, seen_at }).collect();
        errors.sort_by(|left, right| (right.count, &left.message).cmp(&(left.count, &right.message)));
        if self.other_errors > 0 {
            let message = "(other messages)".to_owned();
            errors.push(ErrorRow { message, count: self.other_errors, seen_at: String::new() });
        }
        RunRow {
            source,
            name,
            runs: self.ends.len(),
            failed: failed(&self.ends),
            p50_ms: percentile(&self.durations, 50),
            p95_ms: percentile(&self.durations, 95),
            last_run: self.last_run,
            recent_runs: recent.len(),
            recent_failed: failed(recent),
            errors,
        }
    }
}

/// The percentile of sorted values, by nearest rank.
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred: Vec<u64> = (1..=100).collect();
        let found = [percentile(&hundred, 50), percentile(&hundred, 95), percentile(&[7], 95), percentile(&[], 50)];
        assert_eq!(found, [Some(50), Some(95), Some(7), None]);
    }

    #[test]
    fn the_last_twenty_runs_by_time_decide() {
        let finding = |runs: i64, failed: i64| {
            let mut all = Runs::default();
            for at in (0..runs).rev() {
                let succeeded = Some(at < runs - failed);
                all.add(Record { name: "a".into(), at: Some(at), succeeded, ..Record::default() });
            }
            all.rows(RunSource::Logs).remove(0).finding().map(|gap| gap.id)
        };
        let (failing, degraded) = (Some("audit:logs:a:failing".to_owned()), Some("audit:logs:a:degraded".to_owned()));
        assert_eq!([finding(2, 2), finding(20, 1), finding(3, 0)], [None, None, None]);
        assert_eq!([finding(20, 2), finding(20, 9)], [degraded.clone(), degraded]);
        assert_eq!([finding(20, 10), finding(30, 10)], [failing.clone(), failing]);
    }

    #[test]
    fn errors_and_names_are_bounded() {
        let mut runs = Runs::default();
        for at in 0..50 {
            let error = Some(format!("error {}", at % 25));
            runs.add(Record { name: "a".into(), error, succeeded: Some(false), ..Record::default() });
        }
        for at in 0..limits::RUN_NAMES + 5 {
            runs.add(Record { name: format!("n{at}"), succeeded: Some(true), ..Record::default() });
        }
        assert_eq!(runs.left_out, 6);
        let row = runs.rows(RunSource::Logs).remove(0);
        assert_eq!((row.errors.len(), row.errors[10].count, row.errors[0].count), (11, 30, 2));
    }
}
