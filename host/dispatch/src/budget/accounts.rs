//! Counts the handoffs of running attempts against the budget of their plugin. The ledger counts the handoffs of an attempt
//! only after the attempt has ended. Attempts that run at the same time share the handoffs that the budget still allows.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The account of each plugin.
#[derive(Debug, Default)]
pub(crate) struct BudgetAccounts(Mutex<HashMap<String, PluginAccount>>);

/// The handoffs of one plugin.
#[derive(Debug, Default)]
struct PluginAccount {
    /// The number of handoffs that the plugin may still send, according to the last query of the ledger.
    left: u64,
    /// The number of handoffs that each running attempt has requested, by task. The ledger does not count them yet.
    taken: HashMap<String, u64>,
    /// The tasks for which Baton refused a handoff because the budget was used up.
    refused: HashSet<String>,
    /// True if Baton has logged that a trigger waits. Reset when a trigger fires.
    is_logged: bool,
}

impl BudgetAccounts {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, PluginAccount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the number of handoffs that the plugin may still send, according to the ledger.
    pub(super) fn set_left(&self, plugin: &str, left: u64) {
        self.lock().entry(plugin.to_owned()).or_default().left = left;
    }

    /// Counts one more handoff of the attempt of `task`; false if the budget is used up.
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

    /// The number of handoffs that the attempt of `task` has requested. They count even if the attempt fails. Otherwise an
    /// attempt that fails because Baton refused a handoff would use no budget, and the next attempt would start at once.
    pub(crate) fn taken(&self, plugin: &str, task: &str) -> u64 {
        self.lock().get(plugin).and_then(|account| account.taken.get(task)).copied().unwrap_or_default()
    }

    /// True if Baton refused a handoff of the attempt of `task`.
    pub(crate) fn was_refused(&self, plugin: &str, task: &str) -> bool {
        self.lock().get(plugin).is_some_and(|account| account.refused.contains(task))
    }

    /// Ends the account of an attempt, because the ledger now counts its handoffs. Call this before [`BudgetAccounts::set_left`].
    pub(crate) fn end(&self, plugin: &str, task: &str) {
        let mut accounts = self.lock();
        let Some(account) = accounts.get_mut(plugin) else { return };
        account.refused.remove(task);
        if let Some(taken) = account.taken.remove(task) {
            account.left = account.left.saturating_sub(taken);
        }
    }

    /// True if to log now that a trigger of the plugin waits. Each wait is logged once.
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
    fn attempts_that_run_together_share_the_rest_of_the_budget() {
        let accounts = BudgetAccounts::default();
        accounts.set_left("p", 3);
        assert!(accounts.take("p", "one") && accounts.take("p", "two") && accounts.take("p", "one"));
        assert!(!accounts.take("p", "two"));
        assert_eq!((accounts.taken("p", "one"), accounts.taken("p", "three")), (2, 0));
        assert!(accounts.was_refused("p", "two") && !accounts.was_refused("p", "one"));
        accounts.end("p", "one");
        assert!(!accounts.take("p", "three"), "the use of an ended attempt is not available to another attempt");
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
