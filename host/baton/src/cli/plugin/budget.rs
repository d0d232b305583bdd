//! The budget of a plugin, as `grants` and `inspect` show it.

use baton_core::budget::{Budget, Resource, bytes};
use baton_ledger::budget::{BudgetUse, Counts};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::cli::{WorkspaceOptions, task_view};
use crate::workspace::Workspace;

/// The budget of the plugin `name` in the workspace. Outside of a workspace, the default budget.
pub(super) fn of_place(options: &WorkspaceOptions, name: &str) -> Budget {
    let workspace = options.need().ok();
    let rules = workspace.map(|workspace| workspace.config.rules(&workspace.base));
    rules.and_then(|rules| rules.budgets.get(name).cloned()).unwrap_or_default()
}

/// The usage of a plugin in the last 24 hours; `None` without a ledger.
pub(super) fn used(workspace: &Workspace, name: &str) -> anyhow::Result<Option<BudgetUse>> {
    let Some(reader) = task_view::reader(workspace)? else { return Ok(None) };
    let counts = Counts::of_reader(&reader)?;
    Ok(counts.map(|counts| counts.used(name, Timestamp::now())).transpose()?)
}

/// The budget with its usage, as lines.
pub(super) fn as_text(budget: &Budget, used: Option<&BudgetUse>) -> String {
    let line = |resource: Resource| {
        let (limit, used) = (budget.limit(resource), used.map(|used| used.of(resource)));
        let amount = |number| if resource.is_bytes() { bytes(number) } else { u64::to_string(&number) };
        let used = used.map(|used| format!("; used: {} and {}", amount(used.hour), amount(used.day)));
        let (hour, day) = (amount(limit.hour), amount(limit.day));
        format!("  {:<13} {hour} an hour, {day} a day{}\n", resource.as_str(), used.unwrap_or_default())
    };
    format!("\nbudget\n{}", Resource::ALL.map(line).concat())
}

pub(super) fn as_json(budget: &Budget, used: Option<&BudgetUse>) -> Value {
    let limit = |resource: Resource| {
        let limit = budget.limit(resource);
        let used = used.map(|used| used.of(resource)).map(|used| json!({ "hour": used.hour, "day": used.day }));
        (resource.as_str().to_owned(), json!({ "hour": limit.hour, "day": limit.day, "used": used }))
    };
    Value::Object(Resource::ALL.map(limit).into_iter().collect::<Map<_, _>>())
}
