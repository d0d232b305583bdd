//! Combines the parts and collects the findings.

use std::collections::BTreeSet;

use baton_plugin_kit::host::Ledger;
use serde::Serialize;

use super::config::{self, ConfigRow};
use super::documents::{self, Documents};
use super::ledger;
use super::logs::{self, LogFile};
use super::options::Options;
use super::processes::ProcessRow;
use super::runs::RunRow;
use crate::index::Index;
use crate::limits;
use crate::report::Gap;

/// The inputs of a check.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The audited tree.
    pub index: &'a Index,
    /// The ledger.
    pub ledger: Option<&'a dyn Ledger>,
    /// The id of the current task.
    pub task: &'a str,
    /// The plans, as reports show them.
    pub plans: &'a BTreeSet<String>,
    /// The time of the task, in milliseconds since 1970 UTC.
    pub now_ms: i64,
}

/// The result of a health check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The logs, the newest first.
    pub logs: Vec<LogFile>,
    /// Runs in logs and in the ledger.
    pub runs: Vec<RunRow>,
    /// The reason why the ledger was not read.
    pub ledger_refused: Option<String>,
    /// Configured processes.
    pub processes: Vec<ProcessRow>,
    /// Examples of configurations and the real files.
    pub configurations: Vec<ConfigRow>,
    /// The references of the documents.
    pub documents: Documents,
    /// The problems.
    #[serde(skip)]
    pub findings: Vec<Gap>,
}

/// Runs all checks; never fails.
#[must_use]
pub fn check(sources: Sources<'_>, options: &Options) -> Health {
    let index = sources.index;
    let logs = logs::logs(index, &options.logs);
    let mut out = Health { logs: logs.files, runs: logs.runs, ..Health::default() };
    match sources.ledger.map(|ledger| ledger::runs(ledger, sources.task)) {
        None => out.ledger_refused = Some("`baton plugin grant audit ledger` lets the audit read it".to_owned()),
        Some(Ok(runs)) => out.runs.extend(runs),
        Some(Err(refused)) => out.ledger_refused = Some(refused),
    }
    let configured = options.processes.iter().take(limits::RUN_NAMES);
    out.processes = configured.map(|one| ProcessRow::new(one, index, &out.runs, sources.now_ms)).collect();
    out.configurations = config::compare(index);
    let (documents, notes) = documents::documents(index, options, sources.plans);
    out.documents = documents;
    out.findings = logs.notes.iter().chain(&notes).map(Gap::of).collect();
    out.findings.extend(out.runs.iter().filter_map(RunRow::finding));
    out.findings.extend(out.processes.iter().filter_map(ProcessRow::finding));
    out.findings.extend(out.configurations.iter().flat_map(ConfigRow::findings));
    out.findings.extend(out.documents.findings());
    // A document may name a path in several lines: it gets one finding, with the first line.
    let mut seen = BTreeSet::new();
    out.findings.retain(|gap| seen.insert(gap.id.clone()));
    out
}
