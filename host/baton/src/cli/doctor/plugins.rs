//! Whether plugins are left alone because they failed again and again: their tasks wait, and a person should know why.

use baton_ledger::supervision;

use super::super::task_view;
use super::facts::{Facts, or_finding};
use super::finding::Finding;

const CHECK: &str = "plugins";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let (Some(reader), Ok(state)) = (facts.readable(), &facts.state) else {
        return Vec::new();
    };
    let looked = supervision::quarantined(reader, facts.now).map(|held| {
        let finding = |held: &supervision::Supervised| {
            let fix = facts.baton(&format!("plugin enable {}", held.agent));
            Finding::warn(CHECK, held.agent.clone(), task_view::held_text(held), fix)
        };
        held.iter().map(finding).collect()
    });
    let mut findings = or_finding(CHECK, facts.shown(&state.ledger()), looked, &facts.baton("ledger verify"));
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "", "no plugin is left alone because it failed"));
    }
    findings
}
