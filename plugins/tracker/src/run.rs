//! Carries the steps out. Each pass lists the issues again, so that lost answers, other processes and kills are seen: the steps are
//! done when a list needs none.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_plugin_kit::host::Progress;
use baton_plugin_sdk::Error;

use crate::decide::{Action, Decision, Row, Step, StepKind, Wanted, decide, for_gap};
use crate::issue::{Change, Issue, Tracker, WriteError};
use crate::report::Report;
use crate::web::Requests;

/// Passes with changes in one task. The second one closes duplicates of a race and repeats what was lost.
const PASSES: usize = 3;

/// Changes in one task: with a pause of one second they take less than the five minutes of a task.
const CHANGES: usize = 150;

/// What a run needs.
pub struct Filing<'a> {
    /// Where the issues are.
    pub tracker: &'a dyn Tracker,
    /// Its requests.
    pub requests: &'a Requests<'a>,
    /// The report.
    pub report: &'a Report,
    /// What the operator wants.
    pub wanted: &'a Wanted,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
    /// The pause between two changes.
    pub pause: Duration,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Filed {
    /// Completed steps by kind.
    pub done: BTreeMap<StepKind, usize>,
    /// Steps that the tracker refused: the gap's id and the reason.
    pub refused: BTreeMap<String, String>,
    /// Steps that are still to be done.
    pub open: usize,
    /// Gaps and issues after the last step.
    pub rows: Vec<Row>,
}

impl Filed {
    /// The number of completed steps.
    #[must_use]
    pub fn count(&self) -> usize {
        self.done.values().sum()
    }
}

impl Filing<'_> {
    /// Lists the issues and decides.
    ///
    /// # Errors
    /// The list could not be read completely. The text says that nothing follows from it.
    pub fn decide(&self) -> Result<Decision, Error> {
        let issues = self.list()?;
        Ok(decide(self.report, &issues, self.wanted))
    }

    /// Carries the steps out.
    ///
    /// # Errors
    /// A list could not be read completely, or the tracker allows no further request; what was done stays, and another attempt
    /// continues.
    pub fn file(&self) -> Result<Filed, Error> {
        let (mut filed, mut sent) = (Filed::default(), 0);
        for pass in 0..=PASSES {
            let issues = self.list()?;
            let Decision { mut steps, rows } = decide(self.report, &issues, self.wanted);
            steps.retain(|step| !filed.refused.contains_key(&step.gap));
            (filed.rows, filed.open) = (rows, steps.len());
            if steps.is_empty() || pass == PASSES || sent >= CHANGES {
                break;
            }
            for step in steps {
                if sent >= CHANGES {
                    break;
                }
                if self.progress.cancelled() {
                    return Err(Error::Retryable("cancelled".to_owned()));
                }
                self.progress.report(u8::try_from(sent * 100 / CHANGES).unwrap_or(100), &step.title);
                if sent > 0 {
                    self.requests.rest(self.pause);
                }
                sent += 1;
                self.carry_out(&step, &issues, &mut filed)?;
            }
        }
        Ok(filed)
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

    fn carry_out(&self, step: &Step, issues: &[Issue], filed: &mut Filed) -> Result<(), Error> {
        let written = match &step.action {
            Action::Create(issue) => self.tracker.create(issue),
            Action::Change(issue, _) => match self.change_of(issue, issues)? {
                Some(change) => self.tracker.change(issue, &change),
                // Somebody else did it, or deleted the issue.
                None => return Ok(()),
            },
        };
        match written {
            Ok(()) => *filed.done.entry(step.kind).or_default() += 1,
            // The next pass sees whether it took effect.
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
