//! Puts the parts of phase 4 together.

use baton_plugin_kit::host::Ledger;
use serde::Serialize;

use super::integrations::{self, IntegrationRow};
use super::processes::{self, ProcessRow};
use super::stale::{self, StaleRow};
use super::trackers::Trackers;
use crate::index::Index;
use crate::options::Options;
use crate::performance::{Agents, Logs};
use crate::report::Gap;

/// The input of phase 4.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The audited tree.
    pub index: &'a Index,
    /// What the logs say.
    pub logs: &'a Logs,
    /// What the ledger says.
    pub agents: &'a Agents,
    /// The ledger, for open requests.
    pub ledger: Option<&'a dyn Ledger>,
    /// The trackers.
    pub trackers: &'a Trackers,
    /// The task that audits.
    pub task: &'a str,
}

/// Phase 4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Alignment {
    /// What should run, and when it ran.
    pub processes: Vec<ProcessRow>,
    /// What runs, and how well.
    pub integrations: Vec<IntegrationRow>,
    /// Open requests, oldest first; absent without a ledger.
    pub requests: Option<Vec<StaleRow>>,
    /// Why the ledger could not be read.
    pub ledger_refused: Option<String>,
    /// Issue trackers.
    pub trackers: Trackers,
    /// What is not as it should be.
    #[serde(skip)]
    pub findings: Vec<Gap>,
}

/// Assesses; never fails. `now` is the task's time in milliseconds since 1970 UTC.
#[must_use]
pub fn assess(sources: Sources<'_>, options: &Options, now: i64) -> Alignment {
    let Sources { index, logs, agents, ledger, trackers, task } = sources;
    let own = agents.tasks.iter().find(|entry| entry.id == task).map(|entry| entry.agent.as_str());
    let processes = processes::processes(index, logs, &agents.tasks, options, now);
    let integrations = integrations::integrations(logs, &agents.rows, own);
    let (requests, ledger_refused) = match ledger.map(|ledger| stale::stale(ledger, now)) {
        None => (None, None),
        Some(Ok(rows)) => (Some(rows), None),
        Some(Err(refused)) => (None, Some(refused)),
    };
    let mut findings = processes::findings(&processes);
    findings.extend(integrations::findings(&integrations));
    findings.extend(stale::findings(requests.as_deref().unwrap_or_default()));
    findings.extend(trackers.findings());
    Alignment { processes, integrations, requests, ledger_refused, trackers: trackers.clone(), findings }
}
