//! The outcomes of earlier tasks of the audit: they decide whether the data of these tasks count and whether their
//! requests were sent.
//!
//! The ledger is read at most once, and only if a row of an earlier task is used: most audits do not need it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use baton_plugin_kit::host::{Entry, Ledger};
use baton_plugin_sdk::ledger::newest;

use crate::limits;

/// The state of a task, as far as the audit needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TaskState {
    /// It ended with an outcome, including `partial` and `refused`: its data and requests count.
    Counts,
    Running,
    /// It ended without an outcome, or has not started.
    Other,
}

impl TaskState {
    fn of(entry: &Entry) -> Self {
        match entry.state.as_str() {
            "running" => Self::Running,
            _ if entry.has_outcome() => Self::Counts,
            _ => Self::Other,
        }
    }
}

/// The outcomes of earlier tasks, as seen by one task.
#[derive(Default)]
pub struct EarlierOutcomes<'a> {
    task: String,
    ledger: Option<&'a dyn Ledger>,
    standings: OnceCell<BTreeMap<String, TaskState>>,
}

impl<'a> EarlierOutcomes<'a> {
    /// Starts without reading the ledger. `task` is the id of the current task, the same in all attempts; it is empty if
    /// there is no task.
    #[must_use]
    pub fn new(task: &str, ledger: Option<&'a dyn Ledger>) -> Self {
        Self { task: task.to_owned(), ledger, standings: OnceCell::new() }
    }

    /// The id of the current task; empty if there is none.
    #[must_use]
    pub fn task(&self) -> &str {
        &self.task
    }

    /// True if the data of a task count. They count if the ledger lists the task with an outcome or as running (the host may
    /// be recording its outcome), if the ledger does not list the task, and if there is no ledger. They do not count for the
    /// current task, because its earlier attempts have no outcome.
    #[must_use]
    pub fn taken(&self, task: &str) -> bool {
        task.is_empty()
            || task != self.task && self.task_state(task).is_none_or(|task_state| task_state != TaskState::Other)
    }

    /// True if the host has not sent the requests of a task. This is so for the current task, because its earlier attempts
    /// have no outcome, and for each listed task without an outcome.
    #[must_use]
    pub fn is_unsent(&self, task: &str) -> bool {
        task == self.task || self.task_state(task).is_some_and(|task_state| task_state != TaskState::Counts)
    }

    /// The state of a task, if it is known.
    fn task_state(&self, task: &str) -> Option<TaskState> {
        let standings = self.standings.get_or_init(|| {
            let tasks = self.ledger.and_then(|ledger| ledger.tasks(&newest(limits::LEDGER_TASKS)).ok());
            tasks.into_iter().flatten().map(|entry| (entry.id.clone(), TaskState::of(&entry))).collect()
        });
        standings.get(task).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use baton_plugin_kit::host::{ServiceError, TaskRange};

    struct QueryCounter(Cell<usize>);

    impl Ledger for QueryCounter {
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
    fn the_ledger_is_read_once_and_only_for_other_tasks() {
        let ledger = QueryCounter(Cell::new(0));
        let ended = EarlierOutcomes::new("me", Some(&ledger));
        assert!(!ended.taken("me") && ended.is_unsent("me") && ended.taken(""));
        assert_eq!(ledger.0.get(), 0, "the current task is not queried");
        assert_eq!(
            ["succeeded", "running", "dead", "forgotten"].map(|task| ended.taken(task)),
            [true, true, false, true]
        );
        assert_eq!(
            ["succeeded", "running", "dead", "forgotten"].map(|task| ended.is_unsent(task)),
            [false, true, true, false]
        );
        assert_eq!(["failed", "partial", "refused"].map(|task| ended.taken(task)), [false, true, true]);
        assert_eq!(["failed", "partial", "refused"].map(|task| ended.is_unsent(task)), [true, false, false]);
        assert_eq!(ledger.0.get(), 1);
    }

    #[test]
    fn without_a_ledger_every_outcome_counts_as_recorded() {
        let ended = EarlierOutcomes::default();
        assert!(ended.taken("t") && !ended.is_unsent("t"));
    }
}
