//! Creates requests for gaps: decides which agent gets a request, when a request is withdrawn, and when no more are
//! sent.
//!
//! The agent that is responsible for a plan gets one request that lists the plan's gaps. If the list becomes longer, a new
//! request replaces the old one. If it becomes shorter, the request stays, because an agent may already work on it. Gaps
//! that are still open after the answer get a further request. After three requests, a person must decide. When an audit
//! finds all gaps closed, it withdraws the open request. This module creates no file and does not trust answers: only the
//! next audit can close a gap.
//!
//! The host sends and withdraws requests when the task has succeeded, but the request table is written before. So each row
//! names the task that wrote it. Until that task has succeeded, the next audit sends and withdraws again; the host drops
//! duplicates.
//!
//! `decide` is pure; `request_table` stores the requests in the plugin's own database.

mod decide;
mod request_table;
mod request_text;

use baton_plugin_kit::host::{EmitError, RequestSender, ServiceError};

use crate::earlier_outcomes::EarlierOutcomes;
use crate::remark::NoteSeverity;
use crate::report::{FollowUp, FollowUpState};
use crate::services::HostServices;
use decide::{Earlier, EarlierRequest, ListedGap, RequestState, RequestedGap, Step, decide};
use request_table::{Changes, RequestTable};

pub use decide::{OpenGap, Rules};

/// The reason in the report for a gap that an open request lists.
const WAITS: &str = "requested, not answered yet";

/// The requests of one run.
#[derive(Debug, Default)]
pub struct FollowUpResult {
    /// A row for each gap: its request, or the reason why there is none.
    pub rows: Vec<FollowUp>,
    /// The reason why no request could be sent; `None` if requests are possible.
    pub silent: Option<String>,
}

/// Sends and withdraws the requests of one audit.
#[derive(Clone, Copy)]
pub struct FollowUpRunner<'a> {
    /// The outcomes of earlier tasks.
    pub ended: &'a EarlierOutcomes<'a>,
    /// The arguments of this audit. The audit that runs after an answer gets the same arguments.
    pub args: &'a str,
}

/// Sends requests for the gaps of the audited plans, and withdraws obsolete requests.
///
/// `plans` are the audited plans; requests for other plans stay as they are. `is_deleted` is true for a plan that is not among
/// them and no longer exists.
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
        return silent(format!("no request was sent: `baton plugin grant audit {lacks}` allows requests"));
    };
    match RequestTable::open(memory).and_then(|table| table.known().map(|known| (table, known))) {
        Err(refused) => silent(format!("no request was sent: {}", refused.text())),
        Ok((table, known)) => {
            let steps = decide(wanted, &known, plans, is_deleted, rules, &|task| runner.ended.is_unsent(task));
            match act(requests, &table, &steps, &known, runner) {
                Ok(rows) => FollowUpResult { rows, silent: None },
                Err(refused) => silent(format!("the sent requests could not be recorded: {}", refused.text())),
            }
        }
    }
}

/// Records that the request with this key was answered; `done` is whether the work was done. Returns its plan and the arguments
/// of the audit that sent it; `None` if the audit did not send it.
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

/// Executes the decided steps and records them.
fn act(
    requests: &dyn RequestSender,
    table: &RequestTable<'_>,
    steps: &[Step<'_>],
    earlier: &Earlier,
    runner: FollowUpRunner<'_>,
) -> Result<Vec<FollowUp>, ServiceError> {
    let mut action =
        Action { requests, earlier, runner, task: runner.ended.task(), rows: Vec::new(), changes: Changes::default() };
    for step in steps {
        action.take(step);
    }
    let Action { rows, changes, .. } = action;
    table.write(changes, runner.args)?;
    Ok(rows)
}

/// The state while the steps are executed.
struct Action<'a> {
    requests: &'a dyn RequestSender,
    earlier: &'a Earlier,
    runner: FollowUpRunner<'a>,
    task: &'a str,
    rows: Vec<FollowUp>,
    changes: Changes,
}

impl Action<'_> {
    fn take(&mut self, step: &Step<'_>) {
        match step {
            Step::Ask { gaps, before, replaces } => self.ask(gaps, *before, replaces),
            Step::Wait { request, known, gaps } => {
                if self.runner.ended.is_unsent(&known.task) {
                    drop(self.requests.send(&request_text::draft(request, gaps, &known.agent)));
                    self.changes.requests.insert(
                        (*request).to_owned(),
                        EarlierRequest { task: self.task.to_owned(), ..(*known).clone() },
                    );
                }
                for gap in gaps {
                    self.rows.push(row(gap.wanted, Some(&known.agent), FollowUpState::Open, gap.round, WAITS));
                }
            }
            Step::Hold { wanted, round, reason } => {
                self.rows.push(row(wanted, None, FollowUpState::Held, *round, reason));
            }
            Step::Close { finding, known, reason } => {
                let closed_by = Some(self.task.to_owned());
                self.changes.gaps.insert((*finding).to_owned(), RequestedGap { closed_by, ..(*known).clone() });
                let agent = self.earlier.requests.get(&known.request).map(|request| request.agent.clone());
                self.rows.push(closed(finding, known, agent, reason));
            }
            Step::Withdraw { request, known, reason } => self.withdraw(request, known, reason),
            Step::Retire { request, known } => self.take_back(request, known),
            Step::Forget { finding } => self.changes.closed_gaps.push((*finding).to_owned()),
            Step::ForgetRequest { request } => self.changes.ended_requests.push((*request).to_owned()),
        }
    }

    /// Sends a request, then withdraws the open requests that it replaces.
    fn ask(&mut self, gaps: &[ListedGap<'_>], before: Option<&str>, replaces: &[&str]) {
        let Some(first) = gaps.first() else { return };
        let sent = send(self.requests, gaps, before);
        let is_open = |request: &str| replaces.contains(&request);
        for gap in gaps {
            self.rows.push(match &sent {
                Ok(sent) if !is_open(&sent.request) => {
                    row(gap.wanted, Some(&sent.agent), FollowUpState::Sent, gap.round, "asked now")
                }
                Ok(sent) => row(gap.wanted, Some(&sent.agent), FollowUpState::Open, gap.round, WAITS),
                Err(_) if gap.waits => row(gap.wanted, before, FollowUpState::Open, gap.round, WAITS),
                Err(reason) => row(gap.wanted, None, FollowUpState::Held, gap.round.saturating_sub(1), reason),
            });
        }
        let Ok(SentRequest { request, agent }) = sent else {
            // The next audit requests these gaps, and has to know how often they were requested before.
            let known = gaps.iter().filter_map(|gap| self.earlier.gaps.get(&gap.wanted.finding));
            self.changes.still_needed.extend(known.map(|known| known.request.clone()));
            return;
        };
        for gap in gaps {
            let (plan, path) = (gap.wanted.plan.clone(), gap.wanted.path.clone());
            let listed = RequestedGap { plan, path, round: gap.round, request: request.clone(), closed_by: None };
            self.changes.gaps.insert(gap.wanted.finding.clone(), listed);
        }
        for replaced in replaces.iter().filter(|replaced| **replaced != request) {
            if let Some(known) = self.earlier.requests.get(*replaced) {
                self.withdraw(replaced, known, "a request with all open items of its plan replaces it");
            }
        }
        let (plan, task) = (first.wanted.plan.clone(), self.task.to_owned());
        self.changes.requests.insert(request, EarlierRequest { plan, agent, state: RequestState::Open, task });
    }

    /// Withdraws a request, unless this run sends it. An answered request does not change. If the host refuses, the next audit
    /// tries again.
    fn withdraw(&mut self, request: &str, known: &EarlierRequest, reason: &str) {
        if !self.changes.requests.contains_key(request) && self.requests.withdraw(request, reason).is_ok() {
            self.take_back(request, known);
        }
    }

    fn take_back(&mut self, request: &str, known: &EarlierRequest) {
        if self.changes.requests.contains_key(request) || self.changes.still_needed.contains(request) {
            return;
        }
        let (state, task) = (RequestState::Withdrawn, self.task.to_owned());
        self.changes.requests.insert(request.to_owned(), EarlierRequest { state, task, ..known.clone() });
    }
}

/// A request that was sent.
struct SentRequest {
    request: String,
    agent: String,
}

/// Sends the request to the first responsible agent that exists, else to the agent that was asked `before`. Returns the request,
/// or the reason why none was sent.
fn send(requests: &dyn RequestSender, gaps: &[ListedGap<'_>], before: Option<&str>) -> Result<SentRequest, String> {
    let mut unknown = Vec::new();
    let owners = gaps.first().map(|gap| gap.wanted.agents.as_slice()).unwrap_or_default();
    for agent in owners.iter().map(String::as_str).chain(before) {
        let request = request_text::key(gaps, agent);
        match requests.send(&request_text::draft(&request, gaps, agent)) {
            Ok(()) => return Ok(SentRequest { request, agent: agent.to_owned() }),
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

fn closed(finding: &str, known: &RequestedGap, agent: Option<String>, reason: &str) -> FollowUp {
    FollowUp {
        finding: finding.to_owned(),
        agent,
        title: format!("{} ({})", known.path, known.plan),
        plan: known.plan.clone(),
        path: known.path.clone(),
        state: FollowUpState::Withdrawn,
        round: known.round,
        reason: reason.to_owned(),
        priority: NoteSeverity::Low,
    }
}
