//! The parts of a report that other modules supply, each as [`Part`]: assertions, history, follow-ups.

use serde::Serialize;
use serde_json::Value;

use crate::assertions;
use crate::earlier_outcomes::EarlierOutcomes;
use crate::follow::{self, FollowUpResult, OpenGap};
use crate::history::History;
use crate::page::Point;
use crate::report::{FollowUpState, LastReport, Part};
use crate::request::{Request, Span};
use crate::services::HostServices;

/// A value as JSON for programs. Serialising these types cannot fail.
fn rows(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

pub(super) fn claims(checked: &assertions::AssertionReport) -> Part {
    if checked.rows.is_empty() {
        return Part::skipped("no document makes a claim that could be checked");
    }
    Part::checked(checked.blocks(), rows(checked))
}

/// The changes since the last audit.
pub(super) fn history(history: &History, remembers: bool) -> Part {
    match (&history.last_at, remembers) {
        (_, false) => Part::skipped(
            "earlier audits are not remembered: `baton plugin grant audit sql=own:rw` lets the audit store them",
        ),
        (None, true) => Part::skipped("this is the first audit of these folders"),
        (Some(_), true) => Part::checked(history.blocks(), rows(history)),
    }
}

/// The completion at earlier audits and this one.
pub(super) fn trend(history: &History) -> Vec<Point> {
    history.trend.iter().map(|moment| Point { at: moment.at.clone(), percent: moment.percent }).collect()
}

/// The completion at the last audit.
pub(super) fn before(history: &History) -> Option<LastReport> {
    let plans = history.plans.iter().filter_map(|plan| Some((plan.plan.clone(), plan.before?.percent)));
    Some(LastReport {
        at: history.last_at.clone()?,
        completion_percent: history.before.and_then(|before| before.percent),
        plans: plans.collect(),
    })
}

/// Sends requests for gaps, if that is requested and granted. For plans that could not be read (`unread`) nothing is
/// sent or withdrawn.
pub(super) fn follow(
    services: &HostServices<'_>,
    request: &Request,
    ended: &EarlierOutcomes<'_>,
    wanted: &[OpenGap],
    unread: &[String],
) -> FollowUpResult {
    if !request.follow_up {
        return FollowUpResult {
            rows: Vec::new(),
            silent: Some("this audit only read files and sent no request".to_owned()),
        };
    }
    let is_read = |shown: &str| !unread.iter().any(|unread| unread == shown);
    let plans = request.plans.plans.iter().map(|plan| plan.shown.as_str());
    let plans: Vec<&str> = plans.filter(|shown| is_read(shown)).collect();
    let whole = request.span == Span::Whole;
    let runner = follow::FollowUpRunner { ended, args: &request.args };
    follow::follow(services, wanted, &plans, &|plan| whole && is_read(plan), &request.rules, runner)
}

impl FollowUpResult {
    /// True if a request was sent or withdrawn.
    pub(super) fn acted(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.state, FollowUpState::Sent | FollowUpState::Withdrawn))
    }

    /// The part about follow-ups.
    pub(super) fn part(&self) -> Part {
        self.silent.clone().map_or_else(|| Part::checked(Vec::new(), Value::Null), Part::skipped)
    }
}
