//! Carries the steps out. Each pass lists the issues again, so that it detects the effects of lost answers, other
//! processes and kills. The work is done when a list needs no more steps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_plugin_kit::host::Progress;
use baton_plugin_sdk::Error;

use crate::decide::{Action, Decision, FilingOptions, Row, Step, StepKind, decide, for_gap};
use crate::issue::{Change, Issue, RequestPacer, Tracker, WriteError};
use crate::web::TIME_S;
use baton_plugin_kit::audit_report::Report;

/// The maximum number of passes with changes in one task. The second pass closes duplicates that a race created, and repeats
/// requests whose answer was lost.
const PASSES: usize = 3;

/// The maximum number of changes in one task.
const CHANGES: usize = 150;

/// Seconds that a task reserves, in addition to the time of the last list, for the change that is under way.
const RESERVE_S: u64 = 10;

/// The services and arguments of a run.
pub struct FilingRun<'a> {
    /// The tracker that has the issues.
    pub tracker: &'a dyn Tracker,
    /// Its requests.
    pub requests: &'a dyn RequestPacer,
    /// The report.
    pub report: &'a Report,
    /// The arguments of the operator.
    pub wanted: &'a FilingOptions,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
    /// The pause between two changes.
    pub pause: Duration,
}

/// The completed steps.
#[derive(Debug, Default)]
pub struct FilingResult {
    /// Completed steps by kind.
    pub done: BTreeMap<StepKind, usize>,
    /// Steps that the tracker refused: the gap's id and the reason.
    pub refused: BTreeMap<String, String>,
    /// The number of steps that are still to be done.
    pub open: usize,
    /// Why the task ended early, before a list without steps.
    pub stopped: Option<String>,
    /// Gaps and issues after the last step.
    pub rows: Vec<Row>,
    /// Changes that were sent.
    sent: usize,
    /// Gaps for which this task has created an issue. A list may not have the issue yet, so the task creates no second one.
    created: BTreeSet<String>,
}

impl FilingResult {
    /// The number of completed steps.
    #[must_use]
    pub fn count(&self) -> usize {
        self.done.values().sum()
    }

    /// The result if a retryable error ends the task after some completed steps. Otherwise returns the error.
    fn until(mut self, error: Error) -> Result<Self, Error> {
        match error {
            Error::Retryable(why) if self.count() > 0 => {
                self.stopped = Some(why);
                Ok(self)
            }
            other => Err(other),
        }
    }

    fn is_to_do(&self, step: &Step) -> bool {
        let is_repeated = step.kind == StepKind::Create && self.created.contains(&step.gap);
        !is_repeated && !self.refused.contains_key(&step.gap)
    }
}

impl FilingRun<'_> {
    /// Lists the issues and decides.
    ///
    /// # Errors
    /// The list could not be read completely. The text states that an incomplete list has no effect.
    pub fn decide(&self) -> Result<Decision, Error> {
        let issues = self.list()?;
        Ok(decide(self.report, &issues, self.wanted))
    }

    /// Carries the steps out.
    ///
    /// # Errors
    /// The task was cancelled, the first list could not be read completely, or the tracker allows no change. Completed
    /// steps stay, and another task continues.
    pub fn file(&self) -> Result<FilingResult, Error> {
        let mut filed = FilingResult::default();
        for pass in 0..=PASSES {
            let before = self.requests.seconds_left();
            let issues = match self.list() {
                Ok(issues) => issues,
                Err(error) => return filed.until(error),
            };
            let reserve = reserve(before.saturating_sub(self.requests.seconds_left()));
            let Decision { mut steps, rows } = decide(self.report, &issues, self.wanted);
            steps.retain(|step| filed.is_to_do(step));
            (filed.rows, filed.open) = (rows, steps.len());
            if steps.is_empty() || pass == PASSES || self.is_used_up(&filed, reserve) {
                break;
            }
            for step in &steps {
                if self.is_used_up(&filed, reserve) {
                    break;
                }
                if self.progress.cancelled() {
                    return Err(Error::Retryable("the task was cancelled".to_owned()));
                }
                if let Err(error) = self.next(step, &issues, &mut filed) {
                    return filed.until(error);
                }
            }
        }
        Ok(filed)
    }

    /// True if this task may send no further change.
    fn is_used_up(&self, filed: &FilingResult, reserve: u64) -> bool {
        filed.sent >= CHANGES || self.requests.seconds_left() <= reserve
    }

    fn next(&self, step: &Step, issues: &[Issue], filed: &mut FilingResult) -> Result<(), Error> {
        self.progress.report(u8::try_from(filed.sent * 100 / CHANGES).unwrap_or(100), &step.title);
        if filed.sent > 0 {
            self.requests.rest(self.pause);
        }
        filed.sent += 1;
        self.carry_out(step, issues, filed)?;
        filed.open = filed.open.saturating_sub(1);
        Ok(())
    }

    fn list(&self) -> Result<Vec<Issue>, Error> {
        let text = |why: String| {
            format!(
                "the issues of {} could not be listed completely, so none is created or closed: {why}",
                self.tracker.name()
            )
        };
        self.tracker.list().map_err(|error| match error {
            Error::Retryable(why) => Error::Retryable(text(why)),
            Error::Permanent(why) => Error::Permanent(text(why)),
            other => other,
        })
    }

    fn carry_out(&self, step: &Step, issues: &[Issue], filed: &mut FilingResult) -> Result<(), Error> {
        let written = match &step.action {
            Action::Create(issue) => self.tracker.create(issue),
            Action::Change(issue, _) => match self.change_of(issue, issues)? {
                Some(change) => self.tracker.change(issue, &change),
                // Somebody else has made the change, or has deleted the issue.
                None => return Ok(()),
            },
        };
        match written {
            Ok(()) => {
                *filed.done.entry(step.kind).or_default() += 1;
                if step.kind == StepKind::Create {
                    filed.created.insert(step.gap.clone());
                }
            }
            // The next pass finds out whether the change took effect.
            Err(WriteError::Unknown(_)) => {}
            Err(WriteError::Refused(why)) => drop(filed.refused.insert(step.gap.clone(), why)),
            Err(WriteError::Failed(error)) => return Err(error),
        }
        Ok(())
    }

    /// The change of an issue as it is now: somebody may have edited or closed it since it was listed.
    fn change_of(&self, issue: &Issue, issues: &[Issue]) -> Result<Option<Change>, Error> {
        let Some(now) = self.tracker.read(issue)? else { return Ok(None) };
        let gap = &issue.marker.gap;
        let is_other = |other: &&Issue| {
            other.marker.gap == *gap && other.marker.source == self.wanted.source && other.key != issue.key
        };
        let mut all: Vec<&Issue> = issues.iter().filter(is_other).collect();
        all.push(&now);
        let (steps, _) = for_gap(self.report, gap, &all, self.wanted);
        Ok(steps.into_iter().find_map(|step| match step.action {
            Action::Change(changed, change) if changed.key == issue.key => Some(change),
            _ => None,
        }))
    }
}

/// The seconds that are reserved for the last list, if a list takes `list_s` seconds. If a list takes a third of the
/// task's time or more, nothing is reserved, so that some time remains for changes.
const fn reserve(list_s: u64) -> u64 {
    if list_s < TIME_S / 3 { list_s + RESERVE_S } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use baton_plugin_kit::host::NoProgress;
    use baton_tests::scripted_web::ScriptedWeb;
    use serde_json::{Value, json};

    use super::*;
    use crate::block::{self, Style};
    use crate::issue::{IssueState, NewIssue};
    use crate::web::Requests;
    use baton_plugin_kit::audit_report::Severity;

    /// Keeps issues in memory.
    #[derive(Default)]
    struct Memory {
        issues: RefCell<Vec<Issue>>,
        /// The number of next lists that have no issues, as if the tracker's index were late.
        lag: Cell<usize>,
        /// As soon as there are this many issues, every change fails.
        allowed: Option<usize>,
    }

    impl Memory {
        fn may_write(&self) -> Result<(), WriteError> {
            let is_allowed = self.allowed.is_none_or(|allowed| self.issues.borrow().len() < allowed);
            let limited = || WriteError::Failed(Error::Retryable("run it again later".to_owned()));
            is_allowed.then_some(()).ok_or_else(limited)
        }
    }

    impl Tracker for Memory {
        fn name(&self) -> String {
            "Memory".to_owned()
        }

        fn style(&self) -> Style {
            Style::Comment
        }

        fn list(&self) -> Result<Vec<Issue>, Error> {
            if self.lag.get() > 0 {
                self.lag.set(self.lag.get() - 1);
                return Ok(Vec::new());
            }
            Ok(self.issues.borrow().clone())
        }

        fn read(&self, issue: &Issue) -> Result<Option<Issue>, Error> {
            Ok(self.issues.borrow().iter().find(|other| other.key == issue.key).cloned())
        }

        fn create(&self, new: &NewIssue) -> Result<(), WriteError> {
            self.may_write()?;
            let mut issues = self.issues.borrow_mut();
            let number = issues.len() as u64 + 1;
            issues.push(Issue {
                key: number.to_string(),
                number,
                name: format!("#{number}"),
                url: String::new(),
                title: new.title.clone(),
                body: new.body.clone(),
                state: IssueState::Open,
                closed_at: None,
                marker: block::read(Style::Comment, &new.body).unwrap(),
            });
            Ok(())
        }

        fn change(&self, _: &Issue, _: &Change) -> Result<(), WriteError> {
            self.may_write()
        }
    }

    fn report(gaps: usize) -> Report {
        let finding =
            |number| json!({ "id": format!("audit:a.md:{number:03}.py:missing"), "weight": "high", "title": "x" });
        let findings: Vec<Value> = (0..gaps).map(finding).collect();
        let text = json!({ "schema": 3, "report_id": "R", "executed_at": "2026-01-18 10:15:00 UTC",
            "plans": [{ "plan": "a.md" }], "plans_left_out": 0, "findings": findings });
        Report::parse(text.to_string().as_bytes()).unwrap()
    }

    fn file(memory: &Memory, gaps: usize, pause_s: u64) -> Result<FilingResult, Error> {
        let (web, report) = (ScriptedWeb::default(), report(gaps));
        let requests = Requests::new(&web, "Memory");
        let wanted = FilingOptions { severity: Severity::Low, source: "s".to_owned(), style: Style::Comment };
        let pause = Duration::from_secs(pause_s);
        let filing = FilingRun {
            tracker: memory,
            requests: &requests,
            report: &report,
            wanted: &wanted,
            progress: &NoProgress,
            pause,
        };
        let filed = filing.file();
        assert!(web.pauses().iter().sum::<u64>() <= TIME_S);
        filed
    }

    #[test]
    fn changes_end_before_the_time_of_a_task_and_the_rest_is_open() {
        let memory = Memory::default();
        let filed = file(&memory, 100, 10).unwrap();
        assert_eq!((filed.count(), filed.open, filed.stopped), (20, 80, None));
        assert_eq!(filed.rows.iter().filter(|row| row.issue.is_some()).count(), 20, "the last list");
        assert_eq!(file(&memory, 100, 0).unwrap().count(), 80);
        assert_eq!([0, 60, 100].map(reserve), [10, 70, 0]);
    }

    #[test]
    fn a_list_that_lags_behind_creates_no_second_issue() {
        let memory = Memory { lag: Cell::new(3), ..Memory::default() };
        let filed = file(&memory, 2, 0).unwrap();
        assert_eq!((filed.count(), filed.open, memory.issues.borrow().len()), (2, 0, 2));
    }

    #[test]
    fn an_error_after_some_changes_keeps_the_completed_steps() {
        let memory = Memory { allowed: Some(2), ..Memory::default() };
        let filed = file(&memory, 5, 0).unwrap();
        assert_eq!((filed.count(), filed.open, filed.stopped.as_deref()), (2, 3, Some("run it again later")));
        assert!(matches!(file(&memory, 5, 0), Err(Error::Retryable(_))), "nothing was done");
    }
}
