//! Checks for plugins in quarantine after repeated failures, and for exhausted budgets: their tasks wait.

use baton_dispatch::budget::ExhaustedBudget;
use baton_ledger::{Reader, supervision};

use super::super::task_view;
use super::facts::{Facts, or_finding};
use super::finding::Finding;

const CHECK: &str = "plugins";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let (Some(reader), Ok(state)) = (facts.readable(), &facts.state) else {
        return Vec::new();
    };
    let result = supervision::quarantined_plugins(reader, facts.now).map(|held| {
        let finding = |held: &supervision::FailingPlugin| {
            let fix = facts.baton(&format!("plugin enable {}", held.agent));
            Finding::warn(CHECK, held.agent.clone(), task_view::held_text(held), fix)
        };
        held.iter().map(finding).collect()
    });
    let mut findings = or_finding(CHECK, facts.display(&state.ledger()), result, &facts.baton("ledger verify"));
    findings.extend(budgets(facts, reader));
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "", "no plugin is in quarantine, and none has used up a budget"));
    }
    findings
}

fn budgets(facts: &Facts, reader: &Reader) -> Vec<Finding> {
    let reached = facts.budgets_reached(reader).unwrap_or_default();
    let finding = |reached: &ExhaustedBudget| {
        let fix = facts.baton(&format!("plugin disable {} stops the plugin", reached.plugin));
        Finding::warn(CHECK, reached.plugin.clone(), reached.text(), fix)
    };
    reached.iter().map(finding).collect()
}
