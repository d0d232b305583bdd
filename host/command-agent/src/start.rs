//! The start of a run, in one transaction. Baton starts a run only for a request that is unclaimed, unanswered and has no run.

use baton_core::State;
use baton_dispatch::agent_work::is_live;
use baton_ledger::command_run::{self, NewRun, Run, RunOutcome};
use baton_ledger::event::{self, Event};
use baton_ledger::{LedgerError, Tx, task};
use jiff::Timestamp;

use crate::limits;
use crate::settings::CommandAgent;

/// A run that is recorded and not started yet.
#[derive(Clone, Debug)]
pub(crate) struct StartedRun {
    pub(crate) id: i64,
    pub(crate) task: String,
    pub(crate) mark: String,
    pub(crate) session: Option<String>,
    pub(crate) at: Timestamp,
}

/// Records the start of a run for the request `id`; `None` if it must not be started now.
pub(crate) fn begin(
    tx: &Tx<'_>,
    agent: &CommandAgent,
    owner: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<StartedRun>, LedgerError> {
    let request = task::get_in(tx, id)?;
    let is_open = matches!(request.state, State::Delivered | State::Disputed) && request.agent == agent.name;
    let is_claimed = task::claim_of(tx, id)?.is_some_and(|claim| is_live(&claim, now));
    let runs = command_run::of_task_in(tx, id)?;
    if !is_open || is_claimed || task::is_return_pending_in(tx, id)? || !may_start(request.state, &runs) {
        return Ok(None);
    }
    let same_client = |run: &&Run| run.client == agent.client.name();
    let session = runs.last().filter(same_client).and_then(|run| run.session.clone());
    let mark = format!("{id}-{}-{}", runs.len() + 1, now.as_nanosecond());
    let new = NewRun {
        task: id.to_owned(),
        agent: agent.name.clone(),
        client: agent.client.name().to_owned(),
        owner: owner.to_owned(),
        mark: mark.clone(),
        session: session.clone(),
    };
    let run = command_run::begin(tx, &new, now)?;
    let resumes = session.as_ref().map(|session| format!("; it continues the session {session}")).unwrap_or_default();
    let reason = format!("Baton starts {}, run {}{resumes}", agent.client.name(), runs.len() + 1);
    event::append(tx, &Event::of(&request, "baton", "run_started", reason, request.state, now))?;
    Ok(Some(StartedRun { id: run, task: id.to_owned(), mark, session, at: now }))
}

/// True if the earlier runs allow another run. For a disputed request, a run starts only to correct a RETURN.
fn may_start(state: State, runs: &[Run]) -> bool {
    let returned = runs.iter().filter(|run| run.outcome == Some(RunOutcome::Returned)).count();
    let last = runs.last().map(|run| run.outcome);
    if last == Some(None) {
        return false;
    }
    state != State::Disputed || last.is_none() || last == Some(Some(RunOutcome::Returned)) && returned < limits::RETURNS
}
