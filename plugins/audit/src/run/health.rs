//! The state of what is around the plans, as a separate report: logs, fingerprints, configuration, processes, trackers,
//! matrices and links. An audit of plans reads none of it.

use std::collections::BTreeSet;

use baton_plugin_sdk::{Error, Outcome, Task};
use serde::Serialize;

use super::outcome::{outcome, unwritten};
use crate::alignment::{self, Alignment};
use crate::count::count;
use crate::discover;
use crate::index::Index;
use crate::options::Options;
use crate::performance::{self, KnownIssues, Performance};
use crate::remark::NoteSeverity;
use crate::report::{self, Artifact, Gap};
use crate::request::{Request, Stamped};
use crate::services::HostServices;
use crate::traceability::{self, Traceability};

/// The JSON form.
#[derive(Serialize)]
struct Health {
    schema: u8,
    performance: Performance,
    alignment: Alignment,
    traceability: Traceability,
}

/// Checks the system around the plans.
///
/// # Errors
/// `permanent` for an unknown argument or a wrong value; otherwise as [`super::run`].
pub(super) fn health(task: &Task, services: &HostServices<'_>) -> Result<Outcome, Error> {
    let args = task.args()?;
    if let Some(unknown) = args.keys().find(|name| *name != "root" && !Options::KNOWN.contains(&name.as_str())) {
        let known = Options::KNOWN.join(", ");
        return Err(Error::Permanent(format!("there is no argument `{unknown}`; `health` knows: root, {known}")));
    }
    let options = Options::of(&args).map_err(Error::Permanent)?;
    let stamped = Stamped::of(task)?;
    let request = Request::of_folders(task, &args)?;
    let mut index = Index::build(request.roots.clone());
    index.set_apart(request.own_folders(&index));
    let mut issues = KnownIssues::default();
    let plans = discover::all(&request.plans_folders).plans;
    for plan in &plans {
        issues.add(&plan.shown, &discover::read(plan).text);
    }
    let names = plans.into_iter().map(|plan| plan.shown).collect();
    let health = check(task, services, &index, &options, &issues, &names, stamped.now_ms());
    let findings =
        [&health.performance.findings, &health.alignment.findings, &health.traceability.findings].map(Vec::as_slice);
    let findings: Vec<Gap> = findings.concat();
    let artifacts = artifacts(&health, &findings, &stamped)?;
    let verdict = health.traceability.verdict.word();
    let summary = format!("Checked: {}; traceability {verdict}.", count(findings.len(), "finding"));
    Ok(outcome(summary, artifacts, &findings))
}

fn check(
    task: &Task,
    services: &HostServices<'_>,
    index: &Index,
    options: &Options,
    issues: &KnownIssues,
    plans: &BTreeSet<String>,
    now_ms: i64,
) -> Health {
    let logs = performance::logs(index, options);
    let agents = performance::agents(services.ledger);
    let sources = performance::Sources { index, logs: &logs, agents: &agents, catalog: services.catalog, issues };
    let performance = performance::analyse(sources, options);
    let trackers = alignment::trackers(index, options);
    let (ledger, task) = (services.ledger, task.id.as_str());
    let sources = alignment::Sources { index, logs: &logs, agents: &agents, ledger, trackers: &trackers, task };
    let alignment = alignment::assess(sources, options, now_ms);
    Health { schema: 1, performance, alignment, traceability: traceability::trace(index, options, plans) }
}

fn artifacts(health: &Health, findings: &[Gap], stamped: &Stamped) -> Result<Vec<Artifact>, Error> {
    let blocks = [
        performance::blocks(&health.performance),
        alignment::blocks(&health.alignment),
        traceability::blocks(&health.traceability),
    ];
    let sections = report::sections("Summary", blocks.concat());
    let worst = findings.iter().map(|gap| gap.weight).max();
    let status = match worst {
        Some(NoteSeverity::Medium | NoteSeverity::High) => "\u{26a0}\u{fe0f} NEEDS ATTENTION",
        _ => "\u{2705} HEALTHY",
    };
    let document = report::health_document(sections, findings, status, &stamped.stamp);
    let name = format!("SYSTEM_HEALTH_{}", stamped.stamp.compact);
    report::separate(&name, &document, health).map_err(unwritten)
}
