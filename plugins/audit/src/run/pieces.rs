//! The parts of a report that other modules make, each as [`Part`]: claims, history, follow-ups.

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

/// Something for programs. What cannot be written as JSON is left out; none of it can.
fn rows(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

pub(super) fn claims(checked: &assertions::AssertionReport) -> Part {
    if checked.rows.is_empty() {
        return Part::skipped("no document makes a claim that could be checked");
    }
    Part::checked(checked.blocks(), rows(checked))
}

/// What changed since the last audit.
pub(super) fn history(history: &History, remembers: bool) -> Part {
    match (&history.last_at, remembers) {
        (_, false) => Part::skipped(
            "earlier audits are not remembered: `baton plugin grant audit sql=own:rw` lets the audit remember",
        ),
        (None, true) => Part::skipped("this is the first audit of these folders"),
        (Some(_), true) => Part::checked(history.blocks(), rows(history)),
    }
}

/// The completion over past audits, this one included.
pub(super) fn trend(history: &History) -> Vec<Point> {
    history.trend.iter().map(|moment| Point { at: moment.at.clone(), percent: moment.percent }).collect()
}

/// How things stood at the last audit.
pub(super) fn before(history: &History) -> Option<LastReport> {
    let plans = history.plans.iter().filter_map(|plan| Some((plan.plan.clone(), plan.before?.percent)));
    Some(LastReport {
        at: history.last_at.clone()?,
        completion_percent: history.before.and_then(|before| before.percent),
        plans: plans.collect(),
    })
}

/// Asks for what is missing, where that is wanted and granted. Of plans that could not be read (`unread`) nothing is asked
/// and nothing withdrawn.
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
            silent: Some("this audit only read, and asked nobody for anything".to_owned()),
        };
    }
    let is_read = |shown: &str| !unread.iter().any(|unread| unread == shown);
    let plans = request.plans.plans.iter().map(|plan| plan.shown.as_str());
    let plans: Vec<&str> = plans.filter(|shown| is_read(shown)).collect();
    let whole = request.span == Span::Whole;
    let asker = follow::FollowUpRunner { ended, args: &request.args };
    follow::follow(services, wanted, &plans, &|plan| whole && is_read(plan), &request.rules, asker)
}

impl FollowUpResult {
    /// Whether a request was sent or withdrawn.
    pub(super) fn acted(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.state, FollowUpState::Sent | FollowUpState::Withdrawn))
    }

    /// Whether agents were asked.
    pub(super) fn part(&self) -> Part {
        self.silent.clone().map_or_else(|| Part::checked(Vec::new(), Value::Null), Part::skipped)
    }
}
