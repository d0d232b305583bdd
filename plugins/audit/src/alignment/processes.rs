//! Recurring processes, and the time of their last run.
//!
//! A process that the operator names is late after two of its intervals. A task that the ledger has three times or more at steady
//! intervals is a process too: it is late after three of its usual intervals. Tasks without a steady interval are not judged.

use std::collections::{BTreeMap, BTreeSet};

use baton_core::glob::Globs;
use baton_plugin_kit::host::Entry;
use serde::Serialize;

use crate::count::count;
use crate::index::Index;
use crate::limits;
use crate::options::{Interval, Options, Process};
use crate::performance::Logs;
use crate::remark::NoteSeverity;
use crate::report::Gap;
use crate::time;

/// Runs that make a process of an agent and an action.
const LEARNT_FROM: usize = 3;

/// The shortest interval that is taken for a schedule: what comes faster is a burst.
const SHORTEST_MS: i64 = 60_000;

/// How a process keeps its schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Punctuality {
    /// It ran when it should.
    OnTime,
    /// It should have run since.
    Late,
    /// It should run, and nothing shows that it ever did.
    Never,
    /// There is no expected interval.
    Unjudged,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessRow {
    /// What people call it.
    pub name: String,
    /// Whether the operator said that it should run.
    pub configured: bool,
    /// How often it should run, or usually does.
    pub every: String,
    /// Where its runs are seen.
    pub seen_in: String,
    /// When it ran last, in milliseconds since 1970 UTC.
    pub last_run: Option<i64>,
    /// How it keeps its schedule.
    pub punctuality: Punctuality,
}

/// Every process: the configured ones first, then those that the ledger shows. `now` is in milliseconds since 1970 UTC.
#[must_use]
pub(super) fn processes(index: &Index, logs: &Logs, tasks: &[Entry], options: &Options, now: i64) -> Vec<ProcessRow> {
    let mut rows: Vec<ProcessRow> = options
        .processes
        .iter()
        .take(limits::RUN_NAMES)
        .map(|process| configured(process, index, logs, tasks, now))
        .collect();
    let known: BTreeSet<(Option<&str>, Option<&str>)> =
        options.processes.iter().map(|process| (process.agent.as_deref(), process.action.as_deref())).collect();
    for ((agent, action), times) in by_pair(tasks) {
        let said = known.contains(&(Some(agent), action)) || known.contains(&(Some(agent), None));
        if !said && times.len() >= LEARNT_FROM {
            rows.push(learnt(agent, action, &times, now));
        }
    }
    rows
}

/// What is not as it should be.
#[must_use]
pub(super) fn findings(rows: &[ProcessRow]) -> Vec<Gap> {
    rows.iter().filter_map(finding).collect()
}

fn finding(row: &ProcessRow) -> Option<Gap> {
    let weight = if row.configured { NoteSeverity::Medium } else { NoteSeverity::Info };
    let (kind, title) = match row.punctuality {
        Punctuality::Late => ("late", format!("{} is late: it should run every {}", row.name, row.every)),
        Punctuality::Never => ("never", format!("{} should run every {} and never did", row.name, row.every)),
        _ => return None,
    };
    let last = row.last_run.map_or_else(|| "no run was seen".to_owned(), |at| format!("last run {}", time::shown(at)));
    Some(Gap::new(&format!("process:{}:{kind}", row.name), weight, &title, &format!("{}; {last}", row.seen_in)))
}

fn configured(process: &Process, index: &Index, logs: &Logs, tasks: &[Entry], now: i64) -> ProcessRow {
    let (seen_in, last_run) = last_seen(process, index, logs, tasks);
    let interval = match &process.every {
        Some(Interval::Seconds(seconds)) => i64::try_from(*seconds).ok().and_then(|seconds| seconds.checked_mul(1_000)),
        _ => None,
    };
    let punctuality = match (last_run, interval) {
        (None, _) => Punctuality::Never,
        (Some(_), None) => Punctuality::Unjudged,
        (Some(last), Some(interval)) if now.saturating_sub(last) > interval.saturating_mul(2) => Punctuality::Late,
        _ => Punctuality::OnTime,
    };
    let every = match &process.every {
        Some(Interval::Seconds(seconds)) => time::span(seconds.saturating_mul(1_000)),
        Some(Interval::Words(words)) => words.clone(),
        None => "so often".to_owned(),
    };
    ProcessRow { name: process.name.clone(), configured: true, every, seen_in, last_run, punctuality }
}

fn last_seen(process: &Process, index: &Index, logs: &Logs, tasks: &[Entry]) -> (String, Option<i64>) {
    if let Some(name) = &process.log {
        let run = logs.runs.iter().find(|run| run.name == *name);
        return (format!("logs: {name}"), run.and_then(|run| run.last_run));
    }
    if let Some(pattern) = &process.file {
        let globs = Globs::new(std::slice::from_ref(pattern)).unwrap_or_default();
        let (paths, _) = index.matching(&globs, limits::INDEX_ENTRIES);
        let newest = paths.iter().filter_map(|path| index.modified(&index.find(path)?)).max();
        return (format!("files: {pattern}"), newest);
    }
    let fits = |task: &&Entry| {
        process.agent.as_deref().is_none_or(|agent| task.agent == agent)
            && process.action.as_deref().is_none_or(|action| task.action.as_deref() == Some(action))
    };
    let newest = tasks.iter().filter(fits).filter_map(|task| time::read(&task.created_at)).max();
    let parts: Vec<&str> = [process.agent.as_deref(), process.action.as_deref()].into_iter().flatten().collect();
    (format!("ledger: {}", parts.join(" / ")), newest)
}

/// Times of each agent and action, oldest first.
fn by_pair(tasks: &[Entry]) -> BTreeMap<(&str, Option<&str>), Vec<i64>> {
    let mut pairs: BTreeMap<(&str, Option<&str>), Vec<i64>> = BTreeMap::new();
    for task in tasks.iter().filter(|task| task.state != "duplicate") {
        let key = (task.agent.as_str(), task.action.as_deref());
        if let Some(at) = time::read(&task.created_at)
            && (pairs.contains_key(&key) || pairs.len() < limits::RUN_NAMES)
        {
            pairs.entry(key).or_default().push(at);
        }
    }
    for times in pairs.values_mut() {
        times.sort_unstable();
    }
    pairs
}

fn learnt(agent: &str, action: Option<&str>, times: &[i64], now: i64) -> ProcessRow {
    let usual = usual(times);
    let last_run = times.last().copied();
    let punctuality = match (usual, last_run) {
        (Some(usual), Some(last)) if now.saturating_sub(last) > usual.saturating_mul(3) => Punctuality::Late,
        (Some(_), _) => Punctuality::OnTime,
        (None, _) => Punctuality::Unjudged,
    };
    let every =
        usual.and_then(|usual| u64::try_from(usual).ok()).map_or_else(|| "no steady interval".to_owned(), time::span);
    let name = action.map_or_else(|| agent.to_owned(), |action| format!("{agent} / {action}"));
    let seen_in = format!("ledger: {name}, {}", count(times.len(), "run"));
    ProcessRow { name, configured: false, every, seen_in, last_run, punctuality }
}

/// The median interval, if nine of ten intervals are at most twice as long and it is not a burst.
fn usual(times: &[i64]) -> Option<i64> {
    let mut gaps: Vec<i64> = times.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).collect();
    gaps.sort_unstable();
    let median = *gaps.get(gaps.len() / 2)?;
    let long = *gaps.get((gaps.len() * 9).div_ceil(10).checked_sub(1)?)?;
    (median >= SHORTEST_MS && long <= median.saturating_mul(2)).then_some(median)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(agent: &str, hours: &[u32]) -> Vec<Entry> {
        let at = |hour: &u32| Entry {
            agent: agent.into(),
            action: Some("run".into()),
            created_at: format!("2026-01-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24),
            ..Entry::default()
        };
        hours.iter().map(at).collect()
    }

    fn judged(tasks: &[Entry], options: &str, now: &str) -> Vec<(String, Punctuality)> {
        let options = Options::of(&serde_json::from_str(options).unwrap()).unwrap();
        let now = time::read(now).unwrap();
        let rows = processes(&Index::default(), &Logs::default(), tasks, &options, now);
        rows.into_iter().map(|row| (row.name, row.punctuality)).collect()
    }

    #[test]
    fn steady_runs_make_a_schedule_and_bursts_do_not() {
        let steady = tasks("sync", &[0, 6, 12, 18, 24]);
        assert_eq!(judged(&steady, "{}", "2026-01-02T17:00:00Z"), [("sync / run".into(), Punctuality::OnTime)]);
        assert_eq!(judged(&steady, "{}", "2026-01-02T18:00:01Z"), [("sync / run".into(), Punctuality::Late)]);
        let irregular = tasks("plans", &[0, 1, 2, 60, 61]);
        assert_eq!(judged(&irregular, "{}", "2026-02-01T00:00:00Z"), [("plans / run".into(), Punctuality::Unjudged)]);
        let burst = tasks("burst", &[5, 5, 5, 5]);
        assert_eq!(judged(&burst, "{}", "2026-02-01T00:00:00Z"), [("burst / run".into(), Punctuality::Unjudged)]);
        assert!(judged(&tasks("rare", &[0, 24]), "{}", "2026-02-01T00:00:00Z").is_empty());
    }

    #[test]
    fn configured_processes_are_held_to_what_was_said() {
        let runs = tasks("sync", &[0, 6, 12]);
        let options = r#"{"processes": [
            {"name": "Sync", "every": 21600, "agent": "sync"},
            {"name": "Nightly", "every": "0 3 * * *", "agent": "sync", "action": "run"},
            {"name": "Backup", "every": 60, "log": "backup"}]}"#;
        let late = judged(&runs, options, "2026-01-02T00:00:01Z");
        let wanted = [("Sync", Punctuality::Late), ("Nightly", Punctuality::Unjudged), ("Backup", Punctuality::Never)];
        assert_eq!(late, wanted.map(|(name, state)| (name.to_owned(), state)));
        assert_eq!(judged(&runs, options, "2026-01-02T00:00:00Z")[0].1, Punctuality::OnTime);
    }
}
