//! The outcomes of earlier tasks of the audit: whether their data count, and whether their requests were sent.
//!
//! The ledger is read at most once, and only if a row of an earlier task is used: most audits do not need it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use baton_plugin_kit::host::{Entry, Ledger};
use baton_plugin_sdk::ledger::newest;

use crate::limits;

/// The state of a task, as far as the audit needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It ended with an outcome, also one that is `partial` or `refused`: what it wrote down and sent counts.
    Counts,
    Running,
    /// It ended without an outcome, or has not begun.
    Other,
}

impl Standing {
    fn of(entry: &Entry) -> Self {
        match entry.state.as_str() {
            "running" => Self::Running,
            _ if entry.has_outcome() => Self::Counts,
            _ => Self::Other,
        }
    }
}

/// How earlier tasks ended, as one task sees them.
#[derive(Default)]
pub struct EarlierOutcomes<'a> {
    task: String,
    ledger: Option<&'a dyn Ledger>,
    standings: OnceCell<BTreeMap<String, Standing>>,
}

impl<'a> EarlierOutcomes<'a> {
    /// As `task`, the same in all its attempts, sees them; empty for none.
    #[must_use]
    pub fn new(task: &str, ledger: Option<&'a dyn Ledger>) -> Self {
        Self { task: task.to_owned(), ledger, standings: OnceCell::new() }
    }

    /// The task that looks; empty for none.
    #[must_use]
    pub fn task(&self) -> &str {
        &self.task
    }

    /// Whether the outcome of a task was taken. Not that of an earlier attempt of this one; that of a task that still runs is
    /// about to be. Where the ledger is not granted, and of tasks that it does not list any more, it is taken for granted.
    #[must_use]
    pub fn taken(&self, task: &str) -> bool {
        task.is_empty() || task != self.task && self.standing(task).is_none_or(|standing| standing != Standing::Other)
    }

    /// Whether nothing went out that a task sent: this one, whose earlier attempts came to no end, or one that has not
    /// ended with an outcome.
    #[must_use]
    pub fn untold(&self, task: &str) -> bool {
        task == self.task || self.standing(task).is_some_and(|standing| standing != Standing::Counts)
    }

    /// The state of a task, if it is known.
    fn standing(&self, task: &str) -> Option<Standing> {
        let standings = self.standings.get_or_init(|| {
            let tasks = self.ledger.and_then(|ledger| ledger.tasks(&newest(limits::LEDGER_TASKS)).ok());
            tasks.into_iter().flatten().map(|entry| (entry.id.clone(), Standing::of(&entry))).collect()
        });
        standings.get(task).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use baton_plugin_kit::host::{ServiceError, TaskRange};

    struct Asked(Cell<usize>);

    impl Ledger for Asked {
        fn tasks(&self, _: &TaskRange) -> Result<Vec<Entry>, ServiceError> {
            self.0.set(self.0.get() + 1);
            let entry = |state: &str| Entry { id: state.to_owned(), state: state.to_owned(), ..Entry::default() };
            let mut entries = ["succeeded", "running", "dead", "failed"].map(entry).to_vec();
            let told = |kind: &str| Entry { outcome: Some(kind.to_owned()), state: "failed".to_owned(), ..entry(kind) };
            entries.extend(["partial", "refused"].map(told));
            Ok(entries)
        }

        fn open_requests(&self, _: u32) -> Result<Vec<Entry>, ServiceError> {
            Err(ServiceError::Unavailable("it is asked for tasks only".to_owned()))
        }

        fn disputed(&self, _: u32) -> Result<Vec<Entry>, ServiceError> {
            Err(ServiceError::Unavailable("it is asked for tasks only".to_owned()))
        }

        fn input(&self, _: &str) -> Result<Option<Vec<u8>>, ServiceError> {
            Err(ServiceError::Unavailable("it is asked for tasks only".to_owned()))
        }
    }

    #[test]
    fn the_ledger_is_asked_once_and_only_about_others() {
        let ledger = Asked(Cell::new(0));
        let ended = EarlierOutcomes::new("me", Some(&ledger));
        assert!(!ended.taken("me") && ended.untold("me") && ended.taken(""));
        assert_eq!(ledger.0.get(), 0, "of itself it knows");
        assert_eq!(
            ["succeeded", "running", "dead", "forgotten"].map(|task| ended.taken(task)),
            [true, true, false, true]
        );
        assert_eq!(
            ["succeeded", "running", "dead", "forgotten"].map(|task| ended.untold(task)),
            [false, true, true, false]
        );
        assert_eq!(["failed", "partial", "refused"].map(|task| ended.taken(task)), [false, true, true]);
        assert_eq!(["failed", "partial", "refused"].map(|task| ended.untold(task)), [true, false, false]);
        assert_eq!(ledger.0.get(), 1);
    }

    #[test]
    fn without_a_ledger_everything_ended_well() {
        let ended = EarlierOutcomes::default();
        assert!(ended.taken("t") && !ended.untold("t"));
    }
}
