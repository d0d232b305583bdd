//! Combines the parts of phase 3 and reports problems.

use baton_plugin_kit::host::Tables;
use serde::Serialize;

use super::agents::{AgentRow, Agents};
use super::config::{self, ConfigRow, VariableState};
use super::gate::{self, GateRow};
use super::issues::{KnownIssue, known_issues};
use super::logs::Logs;
use crate::count::{count, is};
use crate::index::Index;
use crate::limits;
use crate::options::Options;
use crate::remark::{NoteSeverity, Remark};
use crate::report::Gap;

/// The known issues of all plans.
#[derive(Debug, Default)]
pub struct KnownIssues {
    issues: Vec<KnownIssue>,
    left_out: usize,
}

impl KnownIssues {
    /// Adds those of a plan.
    pub fn add(&mut self, shown: &str, text: &str) {
        let mut found = known_issues(shown, text);
        let room = (limits::ROWS * 4).saturating_sub(self.issues.len());
        self.left_out += found.len().saturating_sub(room);
        found.truncate(room);
        self.issues.extend(found);
    }
}

/// The input of phase 3.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The audited tree.
    pub index: &'a Index,
    /// What the logs say.
    pub logs: &'a Logs,
    /// What the ledger says.
    pub agents: &'a Agents,
    /// The music catalog.
    pub catalog: Option<&'a dyn Tables>,
    /// Known issues of plans.
    pub issues: &'a KnownIssues,
}

/// Phase 3.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Performance {
    /// Execution logs.
    pub logs: Logs,
    /// The ledger, by agent.
    pub agents: Vec<AgentRow>,
    /// Why the ledger could not be read.
    pub ledger_refused: Option<String>,
    /// Fingerprints.
    pub gate: Option<GateRow>,
    /// Why the catalog could not be read.
    pub catalog_refused: Option<String>,
    /// Issues in plans, open ones first, by severity.
    pub issues: Vec<KnownIssue>,
    /// Issues for which there was no room.
    pub issues_left_out: usize,
    /// Examples of configurations and the real files.
    pub configurations: Vec<ConfigRow>,
    /// What is not as it should be.
    #[serde(skip)]
    pub findings: Vec<Gap>,
}

/// Analyses; never fails.
#[must_use]
pub fn analyse(sources: Sources<'_>, options: &Options) -> Performance {
    let (gate, catalog_refused) = gate::gate(sources.catalog, options);
    let mut issues = sources.issues.issues.clone();
    issues.sort_by_key(|issue| (!issue.open, severity(issue)));
    let mut performance = Performance {
        logs: sources.logs.clone(),
        agents: sources.agents.rows.clone(),
        ledger_refused: sources.agents.refused.clone(),
        gate,
        catalog_refused,
        issues_left_out: sources.issues.left_out,
        issues,
        configurations: config::compare(sources.index),
        findings: Vec::new(),
    };
    performance.findings = findings(&performance);
    performance
}

/// The place of an issue among others: the worst first, those without a severity last.
fn severity(issue: &KnownIssue) -> usize {
    let words = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
    words.iter().position(|word| Some(*word) == issue.severity).unwrap_or(words.len())
}

fn findings(performance: &Performance) -> Vec<Gap> {
    let notes = performance
        .logs
        .notes
        .iter()
        .map(|note: &Remark| Gap::new(&note.key, note.weight, &note.title, &note.evidence));
    let gate = performance.gate.as_ref().filter(|gate| gate.needed > 0).map(below_gate);
    let open = performance.issues.iter().filter(|issue| issue.open && severity(issue) < 2).map(open_issue);
    let configurations = performance.configurations.iter().flat_map(configuration);
    notes.chain(gate).chain(open).chain(configurations).collect()
}

fn below_gate(gate: &GateRow) -> Gap {
    let (whole, part) = (gate.tenths() / 10, gate.tenths() % 10);
    let title = format!(
        "fingerprints: {} of {} have one ({whole}.{part} %), {} more needed for {} %",
        gate.done,
        count(gate.total, "file"),
        gate.needed,
        gate.gate_percent
    );
    Gap::new("catalog:fingerprints:below-gate", NoteSeverity::Medium, &title, gate.source)
}

fn open_issue(issue: &KnownIssue) -> Gap {
    let severity = issue.severity.unwrap_or_default();
    let title = format!("a known issue is open ({severity}): {}", issue.issue);
    let evidence = format!("{}:{}; the plan says: {}", issue.plan, issue.line, issue.status);
    let key = format!("{}:{}:known-issue", issue.plan, issue.issue);
    Gap::new(&key, NoteSeverity::Low, &title, &evidence).at(&issue.plan, issue.line)
}

fn configuration(row: &ConfigRow) -> Vec<Gap> {
    let (file, example) = (&row.file, &row.example);
    let mut out = Vec::new();
    if let Some(unread) = row.unread {
        let title = format!("the configuration {file} was not compared with {example}: {unread}");
        out.push(Gap::new(&format!("{file}:configuration:unread"), NoteSeverity::Low, &title, example));
    } else if !row.there {
        let title = format!("the configuration {file} is not there; {example} wants {}", count(row.wanted, "variable"));
        out.push(Gap::new(&format!("{file}:configuration:absent"), NoteSeverity::Info, &title, example));
    }
    for (state, weight, word) in [
        (VariableState::Missing, NoteSeverity::Medium, "missing"),
        (VariableState::Empty, NoteSeverity::Low, "empty"),
        (VariableState::Placeholder, NoteSeverity::Low, "still the example's"),
    ] {
        let names: Vec<&str> = row.names(state).collect();
        if !names.is_empty() {
            let title =
                format!("{} of {} of {file} {} {word}", names.len(), count(row.wanted, "variable"), is(names.len()));
            let kind = word.split(' ').next().unwrap_or(word);
            out.push(Gap::new(&format!("{file}:variables:{kind}"), weight, &title, &names.join(", ")));
        }
    }
    out
}
