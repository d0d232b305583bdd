//! `baton doctor`: looks at everything that a workspace stands on and says of each trouble what is wrong, where, and
//! what mends it.
//!
//! One file a check. What can be decided without looking is a pure function there, with the facts as arguments. Nothing
//! is changed, and nothing is made but the note of what was checked of a long ledger (`checked`): it works beside a daemon,
//! without a ledger, and where the configuration is broken. A check that cannot be done is a finding, not the end of the others.

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
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        let facts = Facts::gather(place)?;
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

/// Every check, from what the others stand on to what only shows in the end.
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
