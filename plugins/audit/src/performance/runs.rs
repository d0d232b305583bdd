//! Totals of runs by name: number, successes, durations and errors.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::limits;

/// The number of newest runs that decide the current status.
const RECENT: usize = 20;

/// All runs of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRow {
    /// The name: a script, a workflow.
    pub name: String,
    /// How many runs ended.
    pub runs: usize,
    /// How many of them well.
    pub succeeded: usize,
    /// How many of them badly.
    pub failed: usize,
    /// Succeeded of runs in whole per cent, halves up.
    pub success_percent: Option<usize>,
    /// The median of the durations, in milliseconds.
    pub p50_ms: Option<u64>,
    /// The duration that 95 of 100 runs stay below or reach, in milliseconds.
    pub p95_ms: Option<u64>,
    /// When the last run ended, in milliseconds since 1970 UTC.
    pub last_run: Option<i64>,
    /// Runs among the last twenty.
    pub recent_runs: usize,
    /// Failed ones among the last twenty.
    pub recent_failed: usize,
    /// The errors, the most frequent first.
    pub errors: Vec<ErrorRow>,
    /// The place of the last record: `logs/a.jsonl:12`.
    pub seen_at: String,
}

/// Equal errors of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorRow {
    /// The message, without secrets.
    pub message: String,
    /// How often.
    pub count: usize,
    /// The place of its last record.
    pub seen_at: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) at: Option<i64>,
    /// How the run ended, when the record is the end of one.
    pub(super) ended_well: Option<bool>,
    pub(super) duration_ms: Option<u64>,
    pub(super) error: Option<String>,
    pub(super) seen_at: String,
}

/// Records by name.
#[derive(Debug, Default)]
pub(super) struct Runs {
    by_name: BTreeMap<String, Sum>,
    /// Names for which there was no room.
    pub(super) left_out: usize,
}

#[derive(Debug, Default)]
struct Sum {
    ends: Vec<(Option<i64>, bool)>,
    durations: Vec<u64>,
    errors: BTreeMap<String, (usize, String)>,
    other_errors: usize,
    seen_at: String,
}

impl Runs {
    /// Adds a record.
    pub(super) fn add(&mut self, record: Record) {
        if !self.by_name.contains_key(&record.name) && self.by_name.len() >= limits::RUN_NAMES {
            self.left_out += 1;
            return;
        }
        let sum = self.by_name.entry(record.name).or_default();
        sum.ends.extend(record.ended_well.map(|well| (record.at, well)));
        sum.durations.extend(record.duration_ms);
        if let Some(message) = record.error {
            sum.error(message, &record.seen_at);
        }
        sum.seen_at = record.seen_at;
    }

    /// The sums, by name; names without a run and without an error have nothing to tell.
    pub(super) fn rows(self) -> Vec<RunRow> {
        let told = self.by_name.into_iter().filter(|(_, sum)| !sum.ends.is_empty() || !sum.errors.is_empty());
        told.map(|(name, sum)| sum.row(name)).collect()
    }
}

impl Sum {
    fn error(&mut self, message: String, seen_at: &str) {
        if let Some((count, at)) = self.errors.get_mut(&message) {
            *count += 1;
            seen_at.clone_into(at);
        } else if self.errors.len() < limits::RUN_ERRORS {
            self.errors.insert(message, (1, seen_at.to_owned()));
        } else {
            self.other_errors += 1;
        }
    }

    fn row(mut self, name: String) -> RunRow {
        // Records without a time stay where they stand in their file; a stable sort puts them first.
        self.ends.sort_by_key(|(at, _)| *at);
        self.durations.sort_unstable();
        let succeeded = self.ends.iter().filter(|(_, well)| *well).count();
        let recent = self.ends.get(self.ends.len().saturating_sub(RECENT)..).unwrap_or_default();
        let mut errors: Vec<ErrorRow> =
            self.errors.into_iter().map(|(message, (count, seen_at))| ErrorRow { message, count, seen_at }).collect();
        errors.sort_by(|left, right| (right.count, &left.message).cmp(&(left.count, &right.message)));
        if self.other_errors > 0 {
            let message = "(other messages)".to_owned();
            errors.push(ErrorRow { message, count: self.other_errors, seen_at: String::new() });
        }
        RunRow {
            runs: self.ends.len(),
            succeeded,
            failed: self.ends.len() - succeeded,
            success_percent: percent(succeeded, self.ends.len()),
            p50_ms: rank(&self.durations, 50),
            p95_ms: rank(&self.durations, 95),
            last_run: self.ends.iter().filter_map(|(at, _)| *at).max(),
            recent_runs: recent.len(),
            recent_failed: recent.iter().filter(|(_, well)| !well).count(),
            errors,
            seen_at: self.seen_at,
            name,
        }
    }
}

/// `part` of `whole` in whole per cent, halves up.
pub(super) fn percent(part: usize, whole: usize) -> Option<usize> {
    (part * 200 + whole).checked_div(whole * 2)
}

/// The value of this per-cent rank (nearest rank) of sorted values.
pub(super) fn rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_nearest_ranks() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(
            (rank(&hundred, 50), rank(&hundred, 95), rank(&[7], 95), rank(&[], 50)),
            (Some(50), Some(95), Some(7), None)
        );
        assert_eq!((percent(1, 3), percent(2, 3), percent(0, 0)), (Some(33), Some(67), None));
    }

    #[test]
    fn the_last_twenty_runs_count_by_time() {
        let mut runs = Runs::default();
        for at in (0..30).rev() {
            let record = Record { name: "a".into(), at: Some(at), ended_well: Some(at < 20), ..Record::default() };
            runs.add(record);
        }
        let row = runs.rows().remove(0);
        assert_eq!(
            (row.runs, row.failed, row.recent_runs, row.recent_failed, row.last_run),
            (30, 10, 20, 10, Some(29))
        );
    }

    #[test]
    fn errors_and_names_are_bounded() {
        let mut runs = Runs::default();
        for at in 0..50 {
            let error = Some(format!("error {}", at % 25));
            runs.add(Record { name: "a".into(), error, ended_well: Some(false), ..Record::default() });
        }
        for at in 0..limits::RUN_NAMES + 5 {
            runs.add(Record { name: format!("n{at}"), ended_well: Some(true), ..Record::default() });
        }
        assert_eq!(runs.left_out, 6);
        let row = runs.rows().remove(0);
        assert_eq!((row.errors.len(), row.errors[10].count, row.errors[0].count), (11, 30, 2));
    }
}
