//! The parts of a report that other modules make, each as [`Part`] with its gate: claims, history, performance, alignment,
//! follow-ups.

use baton_plugin_sdk::Error;
use serde::Serialize;
use serde_json::{Value, json};

use super::outcome::unwritten;
use crate::alignment;
use crate::assertions;
use crate::earlier_outcomes::EarlierOutcomes;
use crate::follow::{self, FollowUpResult, OpenGap};
use crate::history::History;
use crate::index::Index;
use crate::page::{Block, Point};
use crate::performance::{self, FromPlans, Performance};
use crate::remark::NoteSeverity;
use crate::report::{FollowUpState, Gap, Gate, LastReport, Part};
use crate::request::{Request, Span};
use crate::services::HostServices;
use crate::traceability;

/// What the rest of the system says: phases 3 and 4.
pub(super) struct Pieces {
    pub(super) performance: Part,
    pub(super) alignment: Part,
    pub(super) findings: Vec<Gap>,
}

impl Pieces {
    /// Looks at everything.
    pub(super) fn of(request: &Request, services: &HostServices<'_>, index: &Index, plans: &FromPlans) -> Self {
        let options = &request.options;
        let logs = performance::logs(index, options);
        let agents = performance::agents(services.ledger);
        let sources = performance::Sources { index, logs: &logs, agents: &agents, catalog: services.catalog, plans };
        let performance = performance::analyse(sources, options);
        let trackers = alignment::trackers(index, options);
        let sources = alignment::Sources {
            index,
            logs: &logs,
            agents: &agents,
            ledger: services.ledger,
            trackers: &trackers,
            task: &request.task,
        };
        let alignment = alignment::assess(sources, options, request.now_ms());
        let names = request.plans.plans.iter().map(|plan| plan.shown.clone()).collect();
        let trace = traceability::trace(index, options, &names);
        let mut blocks = alignment::blocks(&alignment);
        blocks.extend(traceability::blocks(&trace));
        let both = json!({ "alignment": rows(&alignment), "traceability": rows(&trace) });
        let found = [alignment.findings.as_slice(), trace.findings.as_slice()].concat();
        let part = |known: bool, blocks: Vec<Block>, rows: Value, found: &[Gap]| {
            // Where there is nothing to look at, nothing is passed.
            Part::looked_at(if known { gate(found) } else { Gate::NotDone }, blocks, rows)
        };
        let measured = is_known(&performance);
        let aligned = !(alignment.processes.is_empty() && alignment.integrations.is_empty())
            || alignment.requests.is_some()
            || !alignment.trackers.issues.is_empty()
            || trace.verdict != traceability::Verdict::None;
        Self {
            performance: part(measured, performance::blocks(&performance), rows(&performance), &performance.findings),
            alignment: part(aligned, blocks, both, &found),
            findings: [performance.findings, found].concat(),
        }
    }

    /// Looks at nothing, because only some plans are audited.
    pub(super) fn skipped() -> Self {
        let reason = "this audit is of some plans only; one of all plans looks at the whole system";
        let part = || Part::not_looked_at(reason);
        Self { performance: part(), alignment: part(), findings: Vec::new() }
    }
}

/// Whether there was anything to measure.
fn is_known(performance: &Performance) -> bool {
    let nothing = performance.logs.files.is_empty()
        && performance.agents.is_empty()
        && performance.issues.is_empty()
        && performance.gate.is_none()
        && performance.configurations.is_empty()
        && performance.named_configurations.is_empty();
    !nothing
}

/// Something for programs. What cannot be written as JSON is left out; none of it can.
fn rows(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn gate(found: &[Gap]) -> Gate {
    Gate::of(found.iter().all(|gap| gap.weight < NoteSeverity::Medium))
}

pub(super) fn claims(checked: &assertions::AssertionReport) -> Result<Part, Error> {
    if checked.rows.is_empty() {
        return Ok(Part::not_looked_at("no document makes a claim that could be checked"));
    }
    let rows = serde_json::to_value(checked).map_err(unwritten)?;
    Ok(Part::looked_at(gate(&checked.gaps), checked.blocks(), rows))
}

/// What changed since the last audit.
pub(super) fn history(history: &History, remembers: bool) -> Part {
    match (&history.last_at, remembers) {
        (_, false) => Part::not_looked_at(
            "earlier audits are not remembered: `baton plugin grant audit sql=own:rw` lets the audit remember",
        ),
        (None, true) => Part::not_looked_at("this is the first audit of these folders"),
        (Some(_), true) => Part::looked_at(Gate::of(history.regressions.is_empty()), history.blocks(), rows(history)),
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

    /// Phase 5.
    pub(super) fn part(&self) -> Part {
        match &self.silent {
            Some(reason) => Part::not_looked_at(reason.clone()),
            None => {
                let held = self.rows.iter().any(|row| row.state == FollowUpState::Held);
                Part::looked_at(Gate::of(!held), Vec::new(), Value::Null)
            }
        }
    }
}
