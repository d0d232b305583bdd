//! The budget of a plugin, as `grants` and `inspect` show it.

use baton_core::budget::{Budget, Resource, bytes};
use serde_json::{Map, Value, json};

use crate::cli::Place;

/// The budget of the plugin `name` in the workspace; outside of a workspace the usual one.
pub(super) fn of_place(place: &Place, name: &str) -> Budget {
    let workspace = place.need().ok();
    let rules = workspace.map(|workspace| workspace.config.rules(&workspace.base));
    rules.and_then(|rules| rules.budgets.get(name).cloned()).unwrap_or_default()
}

/// The budget in lines.
pub(super) fn as_text(budget: &Budget) -> String {
    let line = |resource: Resource| {
        let limit = budget.limit(resource);
        let amount = |number| if resource.is_bytes() { bytes(number) } else { u64::to_string(&number) };
        format!("  {:<13} {} an hour, {} a day\n", resource.key(), amount(limit.hour), amount(limit.day))
    };
    format!("\nbudget\n{}", Resource::ALL.map(line).concat())
}

/// The public JSON form.
pub(super) fn as_json(budget: &Budget) -> Value {
    let limit = |resource: Resource| {
        let limit = budget.limit(resource);
        (resource.key().to_owned(), json!({ "hour": limit.hour, "day": limit.day }))
    };
    Value::Object(Resource::ALL.map(limit).into_iter().collect::<Map<_, _>>())
}
