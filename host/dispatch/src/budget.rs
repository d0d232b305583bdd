//! Budgets of plugins over time. They stop a plugin that floods the workspace while each attempt stays within the
//! limits of an attempt.
//!
//! Baton counts the use in the transaction that settles an attempt or makes a triggered task. When a budget is used up,
//! Baton refuses handoffs, delays triggers, and keeps the plugin's tasks queued until the window has room again.
//! `[plugins.NAME.budget]` of `baton.toml` sets other limits.

mod accounts;

use std::collections::BTreeMap;
use std::path::Path;

use baton_core::State;
use baton_core::budget::{Budget, Resource, Window};
use baton_core::grants::Database;
use baton_ledger::budget::{self as ledger, BudgetUse, Counts};
use baton_ledger::event::{self, Event};
use baton_ledger::task::Task;
use baton_ledger::{LedgerError, Reader, Tx};
use baton_sandbox::{DatabaseGrant, limits as attempt_limits};
use jiff::Timestamp;

pub(crate) use accounts::BudgetAccounts;

use crate::context::Context;
use crate::plugins::InstalledPlugin;

/// A budget of a plugin that is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExhaustedBudget {
    /// The plugin.
    pub plugin: String,
    /// The resource.
    pub resource: Resource,
    /// The window in which it is used up.
    pub window: Window,
    /// The use in that window.
    pub used: u64,
    /// The limit for that window.
    pub limit: u64,
    /// When the window has room again.
    pub until: Timestamp,
}

impl ExhaustedBudget {
    /// The reason as text, with the edit of `baton.toml` that raises the budget.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { plugin, resource, window, .. } = self;
        let until = self.until.strftime("%Y-%m-%d %H:%M UTC");
        let waits = match resource {
            Resource::Triggers => "its triggers make no tasks",
            _ => "its tasks wait",
        };
        let limit = if resource.is_bytes() { baton_core::budget::bytes(self.limit) } else { self.limit.to_string() };
        format!(
            "the plugin `{plugin}` has used up its budget: {} in the last {window}, the limit is {limit}; {waits} until \
             {until} (`{}` in `[plugins.{plugin}.budget]` of baton.toml raises it, after a restart of `baton up`)",
            resource.amount(self.used),
            resource.as_str()
        )
    }

    /// True if the plugin's tasks wait. They do not wait if only the budget of triggers is used up.
    #[must_use]
    pub fn holds_tasks(&self) -> bool {
        self.resource != Resource::Triggers
    }
}

/// The budgets that plugins have reached at `now`, for `status`, `why` and `doctor`.
pub fn reached(
    reader: &Reader,
    budgets: &BTreeMap<String, Budget>,
    now: Timestamp,
) -> Result<Vec<ExhaustedBudget>, LedgerError> {
    let Some(counts) = Counts::of_reader(reader)? else { return Ok(Vec::new()) };
    let (mut all, default) = (Vec::new(), Budget::default());
    for plugin in counts.plugins()? {
        let budget = budgets.get(&plugin).unwrap_or(&default);
        let used = counts.used(&plugin, now)?;
        for resource in Resource::ALL {
            all.extend(reached_of(counts, &plugin, budget, &used, resource, now)?);
        }
    }
    Ok(all)
}

/// The budget of one resource, if it is used up.
fn reached_of(
    counts: Counts<'_>,
    plugin: &str,
    budget: &Budget,
    used: &BudgetUse,
    resource: Resource,
    now: Timestamp,
) -> Result<Option<ExhaustedBudget>, LedgerError> {
    let Some(window) = budget.reached(resource, used.of(resource)) else { return Ok(None) };
    let limit = budget.limit(resource).of(window);
    let until = counts.room_at(plugin, resource, window, limit, now)?;
    let used = used.of(resource).of(window);
    Ok(Some(ExhaustedBudget { plugin: plugin.to_owned(), resource, window, used, limit, until }))
}

/// Returns how many of `room` attempts may start. If a budget other than the budget of triggers is used up, none may start.
/// Otherwise at least one may start, and at most as many as the budgets allow if each attempt uses as much as its limits
/// permit. Also stores in the accounts how many handoffs the plugin may still send.
pub(crate) fn room(
    tx: &Tx<'_>,
    context: &Context,
    plugin: &str,
    room: usize,
    now: Timestamp,
) -> Result<usize, LedgerError> {
    let Ok(installed) = context.plugin(plugin) else { return Ok(room) };
    let (used, budget) = (Counts::of_tx(tx).used(plugin, now)?, context.budget(plugin));
    context.budgets.set_left(plugin, budget.left(Resource::Tasks, used.of(Resource::Tasks)));
    let mut most = u64::try_from(room).unwrap_or(u64::MAX);
    for resource in Resource::ALL {
        let Some(each) = most_of_an_attempt(resource, &installed) else { continue };
        let left = budget.left(resource, used.of(resource));
        most = if left == 0 { 0 } else { most.min((left / each).max(1)) };
    }
    Ok(usize::try_from(most).unwrap_or(room))
}

/// The path of a database, if the plugin may write to it.
fn database(installed: &InstalledPlugin, wanted: Database) -> Option<&Path> {
    let writable = |grant: &&DatabaseGrant| grant.database == wanted && grant.writable;
    installed.grants.services.databases.iter().find(writable).map(|grant| grant.path.as_path())
}

/// The size of the plugin's own database in bytes.
pub(crate) fn database_bytes(installed: &InstalledPlugin) -> u64 {
    let size = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    database(installed, Database::Own).map_or(0, size)
}

/// Whether the tasks of a plugin wait because it has used up a budget.
pub(crate) fn is_held(tx: &Tx<'_>, context: &Context, plugin: &str, now: Timestamp) -> Result<bool, LedgerError> {
    Ok(room(tx, context, plugin, 1, now)? == 0)
}

/// The maximum amount of `resource` that one attempt may use; `None` if an attempt cannot use `resource`.
fn most_of_an_attempt(resource: Resource, installed: &InstalledPlugin) -> Option<u64> {
    let grants = &installed.grants;
    match resource {
        Resource::Tasks => (!grants.handoffs.is_nobody()).then_some(attempt_limits::EMISSIONS as u64),
        Resource::Triggers => None,
        Resource::Reports => Some(attempt_limits::ARTIFACTS as u64),
        Resource::HttpRequests => {
            (!grants.services.egress.http.is_empty()).then_some(attempt_limits::HTTP_REQUESTS as u64)
        }
        Resource::HttpBytes => (!grants.services.egress.http.is_empty()).then_some(attempt_limits::HTTP_BYTES),
        // Counted as 1, because the size limit of the database already limits each attempt. The budget only limits how often
        // the plugin can fill the database again.
        Resource::SqlBytes => database(installed, Database::Own).map(|_| 1),
        // Counted as 1, because the catalog has one writer at a time, so parallel attempts do not write faster.
        Resource::CatalogBytes => database(installed, Database::Catalog).map(|_| 1),
        Resource::Written => {
            let into_folders = grants.services.mounts.iter().any(|mount| mount.writable);
            let most = if into_folders { attempt_limits::WRITTEN_BYTES } else { 0 };
            Some(most.saturating_add(attempt_limits::OUTPUT_BYTES as u64))
        }
    }
}

/// Adds the resources that an attempt of `task` used. If the plugin has now used up a budget, returns the reason why its
/// tasks wait.
pub(crate) fn spend(
    tx: &Tx<'_>,
    task: &Task,
    budget: &Budget,
    spent: &[(Resource, u64)],
    state: State,
    now: Timestamp,
) -> Result<Option<String>, LedgerError> {
    let spent: Vec<_> = spent.iter().copied().filter(|(_, amount)| *amount > 0).collect();
    if spent.is_empty() {
        return Ok(None);
    }
    let (plugin, counts) = (task.agent.as_str(), Counts::of_tx(tx));
    let mut used = counts.used(plugin, now)?;
    let was_reached = spent.iter().any(|(resource, _)| budget.reached(*resource, used.of(*resource)).is_some());
    for (resource, amount) in &spent {
        ledger::add(tx, plugin, *resource, *amount, now)?;
        used.add(*resource, *amount);
    }
    if was_reached {
        return Ok(None);
    }
    for (resource, _) in spent {
        if let Some(reached) = reached_of(counts, plugin, budget, &used, resource, now)? {
            let text = reached.text();
            event::append(tx, &Event::of(task, "baton", "budget_reached", text.clone(), state, now))?;
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// Counts a task that a trigger of `plugin` makes now. If the trigger budget is used up, counts nothing and returns the
/// trigger budget.
pub(crate) fn allow_trigger(
    tx: &Tx<'_>,
    plugin: &str,
    budget: &Budget,
    now: Timestamp,
) -> Result<Option<ExhaustedBudget>, LedgerError> {
    let reached = triggers_reached(tx, plugin, budget, now)?;
    if reached.is_none() {
        count_trigger(tx, plugin, now)?;
    }
    Ok(reached)
}

/// The trigger budget of `plugin`, if it is used up. No trigger of `plugin` may then make a task.
pub(crate) fn triggers_reached(
    tx: &Tx<'_>,
    plugin: &str,
    budget: &Budget,
    now: Timestamp,
) -> Result<Option<ExhaustedBudget>, LedgerError> {
    let counts = Counts::of_tx(tx);
    reached_of(counts, plugin, budget, &counts.used(plugin, now)?, Resource::Triggers, now)
}

/// Counts a task that a trigger of `plugin` has made.
pub(crate) fn count_trigger(tx: &Tx<'_>, plugin: &str, now: Timestamp) -> Result<(), LedgerError> {
    ledger::add(tx, plugin, Resource::Triggers, 1, now)
}
