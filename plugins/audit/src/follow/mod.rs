//! Makes requests from gaps: which agent gets a request, when a request is withdrawn, and when no more are sent.
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
mod letter;
mod request_table;

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
    /// A row for each gap that was asked for, is being asked for, or cannot be asked for.
    pub rows: Vec<FollowUp>,
    /// Why no request could be sent; absent if requests are possible.
    pub silent: Option<String>,
}

/// Who asks.
#[derive(Clone, Copy)]
pub struct FollowUpRunner<'a> {
    /// How earlier tasks ended, as the one that asks sees them.
    pub ended: &'a EarlierOutcomes<'a>,
    /// The arguments of its audit, for the one that follows an answer.
    pub args: &'a str,
}

/// Asks for the gaps of the audited plans, and takes back what is not wanted any more.
///
/// `plans` are the plans that were audited; requests for other plans stay as they are. `gone` says of a plan that is not
/// among them whether it exists no more.
#[must_use]
pub fn follow(
    services: &HostServices<'_>,
    wanted: &[OpenGap],
    plans: &[&str],
    gone: &dyn Fn(&str) -> bool,
    rules: &Rules,
    asker: FollowUpRunner<'_>,
) -> FollowUpResult {
    let (Some(post), Some(memory)) = (services.post, services.memory) else {
        let lacks = if services.post.is_none() { "handoffs=any" } else { "sql=own:rw" };
        return silent(format!("nobody was asked: `baton plugin grant audit {lacks}` lets the audit ask"));
    };
    match RequestTable::open(memory).and_then(|book| book.known().map(|known| (book, known))) {
        Err(refused) => silent(format!("nobody was asked: {}", refused.text())),
        Ok((book, known)) => {
            let steps = decide(wanted, &known, plans, gone, rules, &|task| asker.ended.untold(task));
            match act(post, &book, &steps, asker) {
                Ok(rows) => FollowUpResult { rows, silent: None },
                Err(refused) => silent(format!("what was asked could not be written down: {}", refused.text())),
            }
        }
    }
}

/// Notes that the request under this key was answered, as done or not. Gives the plan that it was for and the arguments of
/// the audit that asked; none when it is not ours.
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

/// Sends and takes back, and writes down what was done.
fn act(
    post: &dyn RequestSender,
    book: &RequestTable<'_>,
    steps: &[Step<'_>],
    asker: FollowUpRunner<'_>,
) -> Result<Vec<FollowUp>, ServiceError> {
    let task = asker.ended.task();
    let mut rows = Vec::new();
    let (mut keep, mut forget) = (BTreeMap::new(), Vec::new());
    for step in steps {
        match step {
            Step::Ask { wanted, round, before } => match ask(post, wanted, *round, *before) {
                Ok(agent) => {
                    rows.push(row(wanted, Some(&agent), FollowUpState::Sent, *round, "asked now"));
                    keep.insert(wanted.finding.clone(), EarlierRequest::of(wanted, &agent, *round, task));
                }
                Err(reason) => rows.push(row(wanted, None, FollowUpState::Held, round - 1, &reason)),
            },
            Step::Wait { wanted, known } => {
                if asker.ended.untold(&known.task) {
                    drop(post.send(&letter::draft(wanted, &known.agent, known.round)));
                    keep.insert(wanted.finding.clone(), EarlierRequest { task: task.to_owned(), ..(*known).clone() });
                }
                rows.push(row(wanted, Some(&known.agent), FollowUpState::Open, known.round, "asked, not answered yet"));
            }
            Step::Hold { wanted, round, reason } => rows.push(row(wanted, None, FollowUpState::Held, *round, reason)),
            Step::Withdraw { finding, known, reason } => {
                // A request that is answered already has nothing to take back; asking is harmless.
                keep.insert(
                    (*finding).to_owned(),
                    EarlierRequest { state: RequestState::TakenBack, task: task.to_owned(), ..(*known).clone() },
                );
                let state = match post.withdraw(&letter::key(finding), reason) {
                    Ok(()) => FollowUpState::Withdrawn,
                    Err(_) => FollowUpState::Held,
                };
                rows.push(closed(finding, known, state, reason));
            }
            Step::Forget { finding } => forget.push((*finding).to_owned()),
        }
    }
    book.write(keep, forget, asker.args)?;
    Ok(rows)
}

/// Asks the first of the responsible agents that there is, at last the one that was asked `before`; gives its name, or why
/// nobody was asked.
fn ask(post: &dyn RequestSender, wanted: &OpenGap, round: u32, before: Option<&str>) -> Result<String, String> {
    let mut unknown = Vec::new();
    for agent in wanted.agents.iter().map(String::as_str).chain(before) {
        match post.send(&letter::draft(wanted, agent, round)) {
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
        title: letter::title(wanted),
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
