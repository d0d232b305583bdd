//! Configured processes, and the time of their last run.

use baton_core::glob::Globs;
use serde::Serialize;

use super::options::Process;
use super::runs::{RunRow, RunSource};
use crate::index::Index;
use crate::limits;
use crate::remark::NoteSeverity;
use crate::report::Gap;
use crate::time;

/// Whether a process runs at its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Punctuality {
    /// It ran within two intervals.
    OnTime,
    /// Its last run is older.
    Late,
    /// No run is recorded.
    Never,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessRow {
    /// Its name.
    pub name: String,
    /// Its expected interval.
    pub every: String,
    /// Where its runs are recorded.
    pub seen_in: String,
    /// Time of its last run, in milliseconds since 1970 UTC.
    pub last_run: Option<i64>,
    /// Whether it runs at its interval.
    pub punctuality: Punctuality,
}

impl ProcessRow {
    /// Compares a process with the recorded runs. `now` is in milliseconds since 1970 UTC.
    pub(super) fn new(process: &Process, index: &Index, runs: &[RunRow], now: i64) -> Self {
        let (seen_in, last_run) = last_seen(process, index, runs);
        let interval = i64::try_from(process.every).unwrap_or(i64::MAX).saturating_mul(1_000);
        let punctuality = match last_run {
            None => Punctuality::Never,
            Some(last) if now.saturating_sub(last) > interval.saturating_mul(2) => Punctuality::Late,
            Some(_) => Punctuality::OnTime,
        };
        let every = time::span(process.every.saturating_mul(1_000));
        Self { name: process.name.clone(), every, seen_in, last_run, punctuality }
    }

    pub(super) fn finding(&self) -> Option<Gap> {
        let Self { name, every, seen_in, .. } = self;
        let (kind, title) = match self.punctuality {
            Punctuality::Late => ("late", format!("{name} is late: it should run every {every}")),
            Punctuality::Never => ("never", format!("{name} should run every {every}, and no run was seen")),
            Punctuality::OnTime => return None,
        };
        let last = self.last_run.map(|at| format!("; last run {}", time::shown(at))).unwrap_or_default();
        Some(Gap::new(&format!("process:{name}:{kind}"), NoteSeverity::Medium, &title, &format!("{seen_in}{last}")))
    }
}

fn last_seen(process: &Process, index: &Index, runs: &[RunRow]) -> (String, Option<i64>) {
    if let Some(pattern) = &process.file {
        let globs = Globs::new(std::slice::from_ref(pattern)).unwrap_or_default();
        let (paths, _) = index.matching(&globs, limits::INDEX_ENTRIES);
        let newest = paths.iter().filter_map(|path| index.modified(&index.find(path)?)).max();
        return (format!("files: {pattern}"), newest);
    }
    let (source, name) = match (&process.log, &process.agent) {
        (Some(name), _) => (RunSource::Logs, name.as_str()),
        (None, agent) => (RunSource::Ledger, agent.as_deref().unwrap_or_default()),
    };
    let run = runs.iter().find(|run| run.source == source && run.name == name);
    (format!("{}: {name}", source.word()), run.and_then(|run| run.last_run))
}
