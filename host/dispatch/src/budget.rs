//! Budgets of plugins over time: what stops one that floods the workspace although each of its attempts stays below the
//! ceilings.
//!
//! What was used is counted in the transaction that settles an attempt, or that makes a triggered task. When nothing is
//! left of a budget, the request is refused (a handoff) or waits (a trigger), and the plugin's tasks stay queued until the
//! window has room again. `[plugins.NAME.budget]` of `baton.toml` sets other limits.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_core::State;
use baton_core::budget::{Budget, Resource, Window};
use baton_core::manifest::Database;
use baton_ledger::budget::{self as ledger, Used};
use baton_ledger::event::{self, Event};
use baton_ledger::task::Task;
use baton_ledger::{LedgerError, Reader, Tx};
use baton_sandbox::{DatabaseGrant, limits as ceilings};
use jiff::Timestamp;

use crate::house::{House, Installed};

/// A budget of a plugin of which nothing is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The plugin.
    pub plugin: String,
    /// What was used up.
    pub resource: Resource,
    /// In which window.
    pub window: Window,
    /// How much was used.
    pub used: u64,
    /// How much may be.
    pub limit: u64,
    /// When the window has room again.
    pub until: Timestamp,
}

impl Reached {
    /// The reason, with the edit that raises the budget.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { plugin, resource, window, .. } = self;
        let until = self.until.strftime("%Y-%m-%d %H:%M UTC");
        let waits = match resource {
            Resource::Triggers => "its triggers make no more tasks",
            _ => "its tasks wait",
        };
        let limit = if resource.is_bytes() { baton_core::budget::bytes(self.limit) } else { self.limit.to_string() };
        format!(
            "the plugin `{plugin}` has used up its budget: {} in the last {window}, the limit is {limit}; {waits} until \
             {until} (`{}` in `[plugins.{plugin}.budget]` of baton.toml raises it, after a restart of `baton up`)",
            resource.amount(self.used),
            resource.key()
        )
    }

    /// Whether the plugin's tasks wait. A trigger that fires too often holds up no work that others asked for.
    #[must_use]
    pub fn holds_tasks(&self) -> bool {
        self.resource != Resource::Triggers
    }
}

/// The budgets that plugins have reached at `now`, for `status`, `why` and `doctor`.
///
/// # Errors
/// When the database fails.
pub fn reached(
    reader: &Reader,
    budgets: &BTreeMap<String, Budget>,
    now: Timestamp,
) -> Result<Vec<Reached>, LedgerError> {
    let (mut reached, usual) = (Vec::new(), Budget::default());
    for plugin in ledger::plugins(reader)? {
        let budget = budgets.get(&plugin).unwrap_or(&usual);
        let used = ledger::read(reader, &plugin, now)?;
        for (resource, window) in over(budget, &used) {
            let limit = budget.limit(resource).of(window);
            let until = ledger::room_at(reader, (&plugin, resource, window), limit, now)?;
            let used = used.of(resource).of(window);
            reached.push(Reached { plugin: plugin.clone(), resource, window, used, limit, until });
        }
    }
    Ok(reached)
}

fn over<'a>(budget: &'a Budget, used: &'a Used) -> impl Iterator<Item = (Resource, Window)> + 'a {
    Resource::ALL.into_iter().filter_map(|resource| Some((resource, budget.reached(resource, used.of(resource))?)))
}

/// The first budget that holds up what `concerns` selects.
fn first_reached(
    tx: &Tx<'_>,
    (plugin, budget): (&str, &Budget),
    concerns: impl Fn(Resource) -> bool,
    now: Timestamp,
) -> Result<Option<Reached>, LedgerError> {
    let all = ledger::used(tx, plugin, now)?;
    let Some((resource, window)) = over(budget, &all).find(|(resource, _)| concerns(*resource)) else {
        return Ok(None);
    };
    let limit = budget.limit(resource).of(window);
    let until = ledger::room_at_in(tx, (plugin, resource, window), limit, now)?;
    let used = all.of(resource).of(window);
    Ok(Some(Reached { plugin: plugin.to_owned(), resource, window, used, limit, until }))
}

/// How many of `room` attempts may begin: none when a budget is used up, and only so many that they stay within it although
/// each goes to its ceilings. Tells the book how many handoffs may be sent.
///
/// # Errors
/// When the database fails.
pub(crate) fn room(
    tx: &Tx<'_>,
    house: &House,
    plugin: &str,
    room: usize,
    now: Timestamp,
) -> Result<usize, LedgerError> {
    let Ok(installed) = house.plugin(plugin) else { return Ok(room) };
    let (used, budget) = (ledger::used(tx, plugin, now)?, house.budget(plugin));
    house.budgets.set_left(plugin, budget.left(Resource::Tasks, used.of(Resource::Tasks)));
    let mut most = u64::try_from(room).unwrap_or(u64::MAX);
    for resource in Resource::ALL {
        let Some(each) = most_of_an_attempt(resource, &installed) else { continue };
        let left = budget.left(resource, used.of(resource));
        most = if left == 0 { 0 } else { most.min((left / each).max(1)) };
    }
    Ok(usize::try_from(most).unwrap_or(room))
}

/// The plugin's own database, where it may write to that.
fn own_database(installed: &Installed) -> Option<&Path> {
    let own = |grant: &&DatabaseGrant| grant.database == Database::Own && grant.writable;
    installed.grants.databases.iter().find(own).map(|grant| grant.path.as_path())
}

/// The size of the plugin's own database.
pub(crate) fn database_bytes(installed: &Installed) -> u64 {
    let size = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    own_database(installed).map_or(0, size)
}

/// Whether the tasks of a plugin wait because it has used up a budget.
///
/// # Errors
/// When the database fails.
pub(crate) fn is_held(tx: &Tx<'_>, house: &House, plugin: &str, now: Timestamp) -> Result<bool, LedgerError> {
    Ok(room(tx, house, plugin, 1, now)? == 0)
}

/// What one attempt may use at most; `None` for what it cannot use, and for what no attempt uses.
fn most_of_an_attempt(resource: Resource, installed: &Installed) -> Option<u64> {
    let grants = &installed.grants;
    match resource {
        Resource::Tasks => (!grants.handoffs.is_nobody()).then_some(ceilings::EMISSIONS as u64),
        Resource::Triggers => None,
        Resource::Reports => Some(ceilings::ARTIFACTS as u64),
        Resource::HttpRequests => (!grants.egress.http.is_empty()).then_some(ceilings::HTTP_REQUESTS as u64),
        Resource::HttpBytes => (!grants.egress.http.is_empty()).then_some(ceilings::HTTP_BYTES),
        // The database has a quota of its own: what counts is how often it is filled anew.
        Resource::SqlBytes => own_database(installed).map(|_| 1),
        Resource::Written => grants.mounts.iter().any(|mount| mount.writable).then_some(ceilings::WRITTEN_BYTES),
    }
}

/// Adds what the attempt of `task` used; tells why the plugin's tasks wait from now on, if they do.
///
/// # Errors
/// When the database fails.
pub(crate) fn spend(
    tx: &Tx<'_>,
    task: &Task,
    (budget, spent): (&Budget, &[(Resource, u64)]),
    state: State,
    now: Timestamp,
) -> Result<Option<String>, LedgerError> {
    let spent: Vec<_> = spent.iter().filter(|(_, amount)| *amount > 0).collect();
    if spent.is_empty() {
        return Ok(None);
    }
    let concerns = |resource| spent.iter().any(|(used, _)| *used == resource);
    let before = first_reached(tx, (&task.agent, budget), concerns, now)?;
    spent.iter().try_for_each(|(resource, amount)| ledger::add(tx, &task.agent, *resource, *amount, now))?;
    if before.is_some() {
        return Ok(None);
    }
    let reached = first_reached(tx, (&task.agent, budget), concerns, now)?.map(|reached| reached.text());
    if let Some(text) = &reached {
        event::append(tx, &Event::of(task, "baton", "budget_reached", text.clone(), state, now))?;
    }
    Ok(reached)
}

/// Whether a trigger of `plugin` may make a task now: then it is counted; else until when it waits.
///
/// # Errors
/// When the database fails.
pub(crate) fn admit_trigger(
    tx: &Tx<'_>,
    (plugin, budget): (&str, &Budget),
    now: Timestamp,
) -> Result<Result<(), Reached>, LedgerError> {
    match room_for_trigger(tx, (plugin, budget), now)? {
        Ok(()) => count_trigger(tx, plugin, now).map(Ok),
        refused @ Err(_) => Ok(refused),
    }
}

/// Whether a trigger of `plugin` may make a task now.
///
/// # Errors
/// When the database fails.
pub(crate) fn room_for_trigger(
    tx: &Tx<'_>,
    (plugin, budget): (&str, &Budget),
    now: Timestamp,
) -> Result<Result<(), Reached>, LedgerError> {
    let reached = first_reached(tx, (plugin, budget), |resource| resource == Resource::Triggers, now)?;
    Ok(reached.map_or(Ok(()), Err))
}

/// A trigger of `plugin` has made a task.
///
/// # Errors
/// When the database fails.
pub(crate) fn count_trigger(tx: &Tx<'_>, plugin: &str, now: Timestamp) -> Result<(), LedgerError> {
    ledger::add(tx, plugin, Resource::Triggers, 1, now)
}

/// What the running attempts of this process take of the budgets before it is written down.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<HashMap<String, Account>>);

/// Handoffs of one plugin.
#[derive(Debug, Default)]
struct Account {
    /// How many may still be sent, by the ledger.
    left: u64,
    /// How many the attempts under way want to send, by task.
    taken: HashMap<String, u64>,
    /// Tasks of which one was refused.
    refused: HashSet<String>,
    /// Triggers were refused, and that was said.
    told: bool,
}

impl Book {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_left(&self, plugin: &str, left: u64) {
        self.lock().entry(plugin.to_owned()).or_default().left = left;
    }

    /// Whether the attempt of `task` may send one more handoff.
    pub(crate) fn take(&self, plugin: &str, task: &str) -> bool {
        let mut book = self.lock();
        let account = book.entry(plugin.to_owned()).or_default();
        let taken: u64 = account.taken.values().sum();
        if taken < account.left {
            *account.taken.entry(task.to_owned()).or_default() += 1;
            return true;
        }
        account.refused.insert(task.to_owned());
        false
    }

    /// How many handoffs the attempt of `task` asked for. They count also when it fails: else one that is refused leaves the
    /// budget as it was, and the next one tries it again at once.
    pub(crate) fn taken(&self, plugin: &str, task: &str) -> u64 {
        self.lock().get(plugin).and_then(|account| account.taken.get(task)).copied().unwrap_or_default()
    }

    /// Whether a handoff of the attempt of `task` was refused.
    pub(crate) fn was_refused(&self, plugin: &str, task: &str) -> bool {
        self.lock().get(plugin).is_some_and(|account| account.refused.contains(task))
    }

    /// The outcome of `task` is written down: the ledger has what it sent.
    pub(crate) fn end(&self, plugin: &str, task: &str) {
        let mut book = self.lock();
        let Some(account) = book.get_mut(plugin) else { return };
        account.refused.remove(task);
        if let Some(taken) = account.taken.remove(task) {
            // Until the ledger is asked again; what was not sent after all comes back then.
            account.left = account.left.saturating_sub(taken);
        }
    }

    /// Whether it is to be said that a trigger of the plugin waits: once, until it has fired again.
    pub(crate) fn tell(&self, plugin: &str, waits: bool) -> bool {
        let mut book = self.lock();
        let account = book.entry(plugin.to_owned()).or_default();
        std::mem::replace(&mut account.told, waits) != waits && waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_that_run_together_share_what_is_left() {
        let book = Book::default();
        book.set_left("p", 3);
        assert!(book.take("p", "one") && book.take("p", "two") && book.take("p", "one"));
        assert!(!book.take("p", "two"));
        assert_eq!((book.taken("p", "one"), book.taken("p", "three")), (2, 0));
        assert!(book.was_refused("p", "two") && !book.was_refused("p", "one"));
        book.end("p", "one");
        assert!(!book.take("p", "three"), "what was taken stays taken until the ledger is asked");
        book.end("p", "two");
        book.end("p", "three");
        assert!(!book.was_refused("p", "two"));
        book.set_left("p", 1);
        assert!(book.take("p", "four"));
    }

    #[test]
    fn a_trigger_that_waits_is_told_of_once() {
        let book = Book::default();
        let told = [true, true, false, true].map(|waits| book.tell("p", waits));
        assert_eq!(told, [true, false, false, true]);
    }
}
