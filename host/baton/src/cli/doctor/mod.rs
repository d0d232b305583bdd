//! `baton doctor`: checks everything that a workspace needs and reports each problem with its location and its fix.
//!
//! Each check has one file. Its decisions are pure functions of the collected data. The checks change nothing. They also
//! work while a daemon runs, without a ledger, and with a broken configuration. A check that fails becomes a finding and
//! does not stop the other checks.

mod clock;
mod configuration;
mod databases;
mod disk;
mod facts;
mod finding;
mod inboxes;
mod ledger;
mod locks;
mod orphans;
mod permissions;
mod plugins;
mod progress;
mod watches;

use serde_json::{Value, json};

use self::facts::Facts;
use self::finding::{Finding, Status};
use super::WorkspaceOptions;
use crate::exit::Code;
use crate::output;

/// Check the workspace and say how to fix it: exit 0 healthy (warnings allowed), 1 a check failed
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let facts = Facts::gather(options)?;
        let findings = examine(&facts);
        if self.json {
            let checks: Vec<Value> = findings.iter().map(Finding::as_json).collect();
            output::json(&json!({ "schema": 1, "checks": checks }));
        } else {
            output::print(&finding::as_text(&findings));
        }
        let wrong = findings.iter().any(|finding| finding.status == Status::Fail);
        Ok(if wrong { Code::Findings } else { Code::Good })
    }
}

/// All checks, from the most fundamental to the most specific.
fn examine(facts: &Facts) -> Vec<Finding> {
    let mut findings = configuration::check(facts);
    findings.extend(disk::check(facts));
    findings.extend(permissions::check(facts));
    findings.extend(inboxes::check(facts));
    findings.extend(watches::check(facts));
    findings.extend(locks::check(facts));
    findings.extend(ledger::check(facts));
    findings.extend(databases::check(facts));
    findings.extend(clock::check(facts));
    findings.extend(orphans::check(facts));
    findings.extend(plugins::check(facts));
    findings.extend(progress::check(facts));
    findings
}
