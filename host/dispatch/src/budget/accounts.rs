//! The handoffs that running attempts of this process use of their plugin's budget before the ledger has them. Attempts that run at
//! the same time share what is left.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The accounts by plugin.
#[derive(Debug, Default)]
pub(crate) struct BudgetAccounts(Mutex<HashMap<String, PluginAccount>>);

/// The handoffs of one plugin.
#[derive(Debug, Default)]
struct PluginAccount {
    /// How many may still be sent, as of the last query of the ledger.
    left: u64,
    /// How many the running attempts asked for, by task. The ledger does not have these.
    taken: HashMap<String, u64>,
    /// The tasks that were refused a handoff.
    refused: HashSet<String>,
    /// Whether a waiting trigger was logged. Reset when a trigger fires.
    is_logged: bool,
}

impl BudgetAccounts {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, PluginAccount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how many handoffs the ledger leaves to the plugin.
    pub(super) fn set_left(&self, plugin: &str, left: u64) {
        self.lock().entry(plugin.to_owned()).or_default().left = left;
    }

    /// Whether the attempt of `task` may send one more handoff.
    pub(crate) fn take(&self, plugin: &str, task: &str) -> bool {
        let mut accounts = self.lock();
        let account = accounts.entry(plugin.to_owned()).or_default();
        let taken: u64 = account.taken.values().sum();
        if taken < account.left {
            *account.taken.entry(task.to_owned()).or_default() += 1;
            return true;
        }
        account.refused.insert(task.to_owned());
        false
    }

    /// How many handoffs the attempt of `task` asked for. They count also if it fails: otherwise an attempt that is refused a handoff
    /// would not use the budget, and the next attempt would try again at once.
    pub(crate) fn taken(&self, plugin: &str, task: &str) -> u64 {
        self.lock().get(plugin).and_then(|account| account.taken.get(task)).copied().unwrap_or_default()
    }

    /// Whether a handoff of the attempt of `task` was refused.
    pub(crate) fn was_refused(&self, plugin: &str, task: &str) -> bool {
        self.lock().get(plugin).is_some_and(|account| account.refused.contains(task))
    }

    /// The ledger has what the attempt of `task` asked for. Called before [`BudgetAccounts::set_left`] is called with that.
    pub(crate) fn end(&self, plugin: &str, task: &str) {
        let mut accounts = self.lock();
        let Some(account) = accounts.get_mut(plugin) else { return };
        account.refused.remove(task);
        if let Some(taken) = account.taken.remove(task) {
            account.left = account.left.saturating_sub(taken);
        }
    }

    /// Whether to log that a trigger of the plugin waits: once, until one has fired again.
    pub(crate) fn log_once(&self, plugin: &str, waits: bool) -> bool {
        let mut accounts = self.lock();
        let account = accounts.entry(plugin.to_owned()).or_default();
        std::mem::replace(&mut account.is_logged, waits) != waits && waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_that_run_together_share_what_is_left() {
        let accounts = BudgetAccounts::default();
        accounts.set_left("p", 3);
        assert!(accounts.take("p", "one") && accounts.take("p", "two") && accounts.take("p", "one"));
        assert!(!accounts.take("p", "two"));
        assert_eq!((accounts.taken("p", "one"), accounts.taken("p", "three")), (2, 0));
        assert!(accounts.was_refused("p", "two") && !accounts.was_refused("p", "one"));
        accounts.end("p", "one");
        assert!(!accounts.take("p", "three"), "what an ended attempt took is not given to another one");
        accounts.end("p", "two");
        accounts.end("p", "three");
        assert!(!accounts.was_refused("p", "two"));
        accounts.set_left("p", 1);
        assert!(accounts.take("p", "four"));
    }

    #[test]
    fn a_trigger_that_waits_is_logged_once() {
        let accounts = BudgetAccounts::default();
        let logged = [true, true, false, true].map(|waits| accounts.log_once("p", waits));
        assert_eq!(logged, [true, false, false, true]);
    }
}
