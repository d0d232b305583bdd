//! The health check, with a separate report. An audit of plans does not read the inputs of the health check.

use std::collections::BTreeSet;

use baton_plugin_sdk::{Error, Outcome, Task};
use serde::Serialize;

use super::outcome::{outcome, unwritten};
use crate::count::count;
use crate::discover;
use crate::health::{self, Health, Options, Sources};
use crate::index::Index;
use crate::remark::NoteSeverity;
use crate::report::{self, Artifact};
use crate::request::{Request, Stamped};
use crate::services::HostServices;

/// The JSON report.
#[derive(Serialize)]
struct Data<'a> {
    schema: u8,
    #[serde(flatten)]
    health: &'a Health,
}

/// Runs the health check.
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
    let plans: BTreeSet<String> =
        discover::all(&request.plans_folders).plans.into_iter().map(|plan| plan.shown).collect();
    let (ledger, now_ms) = (services.ledger, stamped.now_ms());
    let health = health::check(Sources { index: &index, ledger, task: &task.id, plans: &plans, now_ms }, &options);
    let artifacts = artifacts(&health, &stamped)?;
    Ok(outcome(format!("Checked: {}.", count(health.findings.len(), "finding")), artifacts, &health.findings))
}

fn artifacts(health: &Health, stamped: &Stamped) -> Result<Vec<Artifact>, Error> {
    let status = match health.findings.iter().map(|gap| gap.weight).max() {
        Some(NoteSeverity::Medium | NoteSeverity::High) => "\u{26a0}\u{fe0f} NEEDS ATTENTION",
        _ => "\u{2705} HEALTHY",
    };
    let document = report::health_document(health::sections(health), &health.findings, status, &stamped.stamp);
    let name = format!("SYSTEM_HEALTH_{}", stamped.stamp.compact);
    report::separate(&name, document, &Data { schema: 1, health }).map_err(unwritten)
}
