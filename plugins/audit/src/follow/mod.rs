//! Creates requests for gaps: decides which agent gets a request, when a request is withdrawn, and when no more are
//! sent.
//!
//! The agent that is responsible for a plan gets one request for each gap, with a key made from the finding's id. If the gap is
//! still open after the answer, it gets another request, three in all; then a person must decide. When an audit finds the gap
//! closed, it withdraws the open request. This module creates no file and does not trust answers: only the next audit can close
//! a gap.
//!
//! The host sends and withdraws requests when the task has succeeded, but the request table is written before. So each row
//! names the task that wrote it. Until that task has succeeded, the next audit sends and withdraws again; the host drops
//! duplicates.
//!
//! `decide` is pure; `request_table` stores the requests in the plugin's own database.

mod decide;
mod request_table;
mod request_text;

use std::collections::BTreeMap;

use baton_plugin_kit::host::{EmitError, RequestSender, ServiceError};

use crate::earlier_outcomes::EarlierOutcomes;
use crate::remark::NoteSeverity;
use crate::report::{FollowUp, FollowUpState};
use crate::services::HostServices;
use decide::{Step, decide};
use request_table::RequestTable;

pub use decide::{EarlierRequest, OpenGap, RequestState, Rules};

/// The requests of one run.
#[derive(Debug, Default)]
pub struct FollowUpResult {
    /// A row for each gap with a request, or with a reason for having none.
    pub rows: Vec<FollowUp>,
    /// The reason why no request could be sent; `None` if requests are possible.
    pub silent: Option<String>,
}

/// Sends and withdraws the requests of one audit.
#[derive(Clone, Copy)]
pub struct FollowUpRunner<'a> {
    /// The outcomes of earlier tasks.
    pub ended: &'a EarlierOutcomes<'a>,
    /// The arguments of the audit, for the audit that follows an answer.
    pub args: &'a str,
}

/// Sends requests for the gaps of the audited plans, and withdraws obsolete requests.
///
/// `plans` are the audited plans; requests for other plans stay as they are. `is_deleted` tells whether a plan that is
/// not among them no longer exists.
#[must_use]
pub fn follow(
    services: &HostServices<'_>,
    wanted: &[OpenGap],
    plans: &[&str],
    is_deleted: &dyn Fn(&str) -> bool,
    rules: &Rules,
    runner: FollowUpRunner<'_>,
) -> FollowUpResult {
    let (Some(requests), Some(memory)) = (services.requests, services.memory) else {
        let lacks = if services.requests.is_none() { "handoffs=any" } else { "sql=own:rw" };
        return silent(format!("nobody was asked: `baton plugin grant audit {lacks}` lets the audit ask"));
    };
    match RequestTable::open(memory).and_then(|table| table.known().map(|known| (table, known))) {
        Err(refused) => silent(format!("nobody was asked: {}", refused.text())),
        Ok((table, known)) => {
            let steps = decide(wanted, &known, plans, is_deleted, rules, &|task| runner.ended.is_unsent(task));
            match act(requests, &table, &steps, runner) {
                Ok(rows) => FollowUpResult { rows, silent: None },
                Err(refused) => silent(format!("what was asked could not be written down: {}", refused.text())),
            }
        }
    }
}

/// Records that the request under this key was answered, as done or not. Returns its plan and the arguments of the
/// audit that sent it; `None` if the audit did not send it.
pub fn answered(
    services: &HostServices<'_>,
    dedupe_key: &str,
    done: bool,
    task: &str,
) -> Result<Option<(String, String)>, ServiceError> {
    let Some(memory) = services.memory else { return Ok(None) };
    RequestTable::open(memory)?.answered(dedupe_key, done, task)
}

fn silent(reason: String) -> FollowUpResult {
    FollowUpResult { rows: Vec::new(), silent: Some(reason) }
}

/// Sends and withdraws requests, and records that.
fn act(
    requests: &dyn RequestSender,
    table: &RequestTable<'_>,
    steps: &[Step<'_>],
    runner: FollowUpRunner<'_>,
) -> Result<Vec<FollowUp>, ServiceError> {
    let task = runner.ended.task();
    let mut rows = Vec::new();
    let (mut keep, mut forget) = (BTreeMap::new(), Vec::new());
    for step in steps {
        match step {
            Step::Ask { wanted, round, before } => match ask(requests, wanted, *round, *before) {
                Ok(agent) => {
                    rows.push(row(wanted, Some(&agent), FollowUpState::Sent, *round, "asked now"));
                    keep.insert(wanted.finding.clone(), EarlierRequest::of(wanted, &agent, *round, task));
                }
                Err(reason) => rows.push(row(wanted, None, FollowUpState::Held, round - 1, &reason)),
            },
            Step::Wait { wanted, known } => {
                if runner.ended.is_unsent(&known.task) {
                    drop(requests.send(&request_text::draft(wanted, &known.agent, known.round)));
                    keep.insert(wanted.finding.clone(), EarlierRequest { task: task.to_owned(), ..(*known).clone() });
                }
                rows.push(row(wanted, Some(&known.agent), FollowUpState::Open, known.round, "asked, not answered yet"));
            }
            Step::Hold { wanted, round, reason } => rows.push(row(wanted, None, FollowUpState::Held, *round, reason)),
            Step::Withdraw { finding, known, reason } => {
                // Withdrawing a request that was already answered has no effect.
                keep.insert(
                    (*finding).to_owned(),
                    EarlierRequest { state: RequestState::Withdrawn, task: task.to_owned(), ..(*known).clone() },
                );
                let state = match requests.withdraw(&request_text::key(finding), reason) {
                    Ok(()) => FollowUpState::Withdrawn,
                    Err(_) => FollowUpState::Held,
                };
                rows.push(closed(finding, known, state, reason));
            }
            Step::Forget { finding } => forget.push((*finding).to_owned()),
        }
    }
    table.write(keep, forget, runner.args)?;
    Ok(rows)
}

/// Sends the request to the first responsible agent that exists, or finally to the agent `before`; returns its name, or
/// the reason why no agent got the request.
fn ask(requests: &dyn RequestSender, wanted: &OpenGap, round: u32, before: Option<&str>) -> Result<String, String> {
    let mut unknown = Vec::new();
    for agent in wanted.agents.iter().map(String::as_str).chain(before) {
        match requests.send(&request_text::draft(wanted, agent, round)) {
            Ok(()) => return Ok(agent.to_owned()),
            Err(EmitError::UnknownAgent(_)) => unknown.push(agent),
            Err(EmitError::Denied(text) | EmitError::Invalid(text)) => return Err(text),
            Err(EmitError::TooMany) => {
                return Err("one task sends at most 100 requests; the next audit sends the others".to_owned());
            }
        }
    }
    Err(format!(
        "there is no agent {}: correct the plan's owner, or add it as an alias in baton.toml",
        unknown.join(", ")
    ))
}

fn row(wanted: &OpenGap, agent: Option<&str>, state: FollowUpState, round: u32, reason: &str) -> FollowUp {
    FollowUp {
        finding: wanted.finding.clone(),
        agent: agent.map(str::to_owned),
        title: request_text::title(wanted),
        plan: wanted.plan.clone(),
        path: wanted.path.clone(),
        state,
        round,
        reason: reason.to_owned(),
        priority: if wanted.high { NoteSeverity::High } else { NoteSeverity::Medium },
    }
}

fn closed(finding: &str, known: &EarlierRequest, state: FollowUpState, reason: &str) -> FollowUp {
    FollowUp {
        finding: finding.to_owned(),
        agent: Some(known.agent.clone()),
        title: format!("{} ({})", known.path, known.plan),
        plan: known.plan.clone(),
        path: known.path.clone(),
        state,
        round: known.round,
        reason: reason.to_owned(),
        priority: NoteSeverity::Low,
    }
}
