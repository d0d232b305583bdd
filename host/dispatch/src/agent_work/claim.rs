//! Claims of requests: taking, renewing, releasing and losing them, and reports of progress.

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::task::{self, Claim, Task};
use baton_ledger::{LedgerError, Tx};
use baton_process::owner;
use jiff::{SignedDuration, Timestamp};

use super::session::AgentSession;
use crate::DispatchError;

/// The prefix of the name of a holder that is a process. The claims of such a holder end with the process.
const PROCESS: &str = "mcp:";

/// The maximum length of a progress text, a question or a reason in the ledger, in bytes.
pub(super) const TEXT_BYTES: usize = 2 << 10;

/// True if the claim has not expired and the process of its holder is running.
#[must_use]
pub fn is_live(claim: &Claim, now: Timestamp) -> bool {
    claim.until > now && !(claim.holder.starts_with(PROCESS) && owner::is_gone(&claim.holder, false))
}

/// Ends every claim that has expired or whose process has ended. Returns the agents whose requests wait again.
pub(crate) fn end_lost_claims(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<String>, LedgerError> {
    let mut agents = Vec::new();
    for claim in task::claims_in(tx)?.into_iter().filter(|claim| !is_live(claim, now)) {
        end_lost(tx, &claim, now)?;
        agents.push(claim.agent);
    }
    Ok(agents)
}

fn end_lost(tx: &Tx<'_>, claim: &Claim, now: Timestamp) -> Result<(), LedgerError> {
    let request = task::get_in(tx, &claim.task)?;
    let why = if claim.until > now { "its session has ended" } else { "its session did not renew the claim" };
    let reason = format!("the claim has ended, because {why}; the request waits for {} again", claim.agent);
    task::end_claim(tx, &claim.task)?;
    event::append(tx, &Event::of(&request, "baton", "claim_lost", reason, request.state, now)).map(drop)
}

impl AgentSession {
    /// Claims a request for this session, or renews its claim.
    ///
    /// # Errors
    /// When the request is not open, belongs to another agent, or another session holds a claim.
    pub async fn claim(&self, word: &str) -> Result<(Task, Timestamp), DispatchError> {
        let task = self.find(word).await?;
        let (session, id) = (self.clone(), task.id.clone());
        let claimed = self.work.context.ledger.write(move |tx| session.hold(tx, &id, Timestamp::now())).await?;
        let (task, until) = claimed.map_err(DispatchError::Refused)?;
        Ok((task, until))
    }

    /// Makes sure that this session holds the claim of a request. `Err` has the reason why it cannot.
    pub(super) fn hold(
        &self,
        tx: &Tx<'_>,
        id: &str,
        now: Timestamp,
    ) -> Result<Result<(Task, Timestamp), String>, LedgerError> {
        let task = task::get_in(tx, id)?;
        if task.agent != self.agent {
            return Ok(Err(format!("{id} is a task of {}; only that agent can work on it", task.agent)));
        }
        if task.kind == "RETURN" {
            return Ok(Err(format!("{id} is a RETURN, which needs no answer; read it")));
        }
        if !matches!(task.state, State::Delivered | State::Disputed) {
            return Ok(Err(closed(&task)));
        }
        if task::is_return_pending_in(tx, id)? {
            return Ok(Err(format!(
                "{id} is answered already; the RETURN takes effect when `baton up` has captured it"
            )));
        }
        let held = task::claim_of(tx, id)?;
        match &held {
            Some(claim) if claim.holder == self.holder => {}
            Some(claim) if is_live(claim, now) => {
                return Ok(Err(format!(
                    "another session of {} has claimed {id} until {}; choose another request",
                    self.agent, claim.until
                )));
            }
            Some(claim) => end_lost(tx, claim, now)?,
            None => {}
        }
        let until = self.until(now);
        task::claim(tx, id, &self.holder, until)?;
        if held.is_none_or(|claim| claim.holder != self.holder) {
            let reason = format!("claimed by the session {}", self.holder);
            event::append(tx, &Event::of(&task, &self.agent, "claimed", reason, task.state, now))?;
        }
        Ok(Ok((task, until)))
    }

    fn until(&self, now: Timestamp) -> Timestamp {
        SignedDuration::try_from(self.lease).ok().and_then(|lease| now.checked_add(lease).ok()).unwrap_or(now)
    }

    /// Renews the claims of this session if half of their time is over. If no claim must be renewed, nothing is written.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn renew(&self) -> Result<(), DispatchError> {
        let now = Timestamp::now();
        let (holder, until) = (self.holder.clone(), self.until(now));
        let mine = holder.clone();
        let claims = self.work.read(task::claims).await?;
        let half = SignedDuration::try_from(self.lease / 2).unwrap_or_default();
        if !claims.iter().any(|claim| claim.holder == mine && claim.until.duration_since(now) < half) {
            return Ok(());
        }
        Ok(self.work.context.ledger.write(move |tx| task::renew_claims(tx, &holder, until)).await?)
    }

    /// Records progress on a request that this session works on, and renews its claim.
    ///
    /// # Errors
    /// As [`AgentSession::claim`].
    pub async fn progress(&self, word: &str, percent: Option<u8>, message: &str) -> Result<Task, DispatchError> {
        let percent = percent.map(|percent| format!("{} %: ", percent.min(100))).unwrap_or_default();
        let text = baton_core::text::one_line(message);
        let reason = format!("{percent}{}", baton_core::text::at_most(&text, TEXT_BYTES));
        self.held(word, move |session, tx, task, now| {
            let event = Event::of(task, &session.agent, "progress", reason, task.state, now);
            event::append(tx, &event).map(drop)
        })
        .await
    }

    /// Releases a claimed request, so that another session can claim it.
    ///
    /// # Errors
    /// As [`AgentSession::claim`].
    pub async fn release(&self, word: &str, reason: &str) -> Result<Task, DispatchError> {
        let text = baton_core::text::one_line(reason);
        let reason = baton_core::text::at_most(&text, TEXT_BYTES).into_owned();
        self.held(word, move |session, tx, task, now| {
            task::end_claim(tx, &task.id)?;
            event::append(tx, &Event::of(task, &session.agent, "released", reason, task.state, now)).map(drop)
        })
        .await
    }

    /// Asks a person about a request. The request is `needs_human` until the operator runs `baton answer`. Then it has the
    /// answer and waits for the agent again.
    ///
    /// # Errors
    /// As [`AgentSession::claim`], and when the question is empty.
    pub async fn ask(&self, word: &str, question: &str) -> Result<Task, DispatchError> {
        let question = baton_core::text::one_line(question);
        if question.trim().is_empty() {
            return Err(DispatchError::Refused("the question is empty".to_owned()));
        }
        let reason = format!("{} asks: {}", self.agent, baton_core::text::at_most(&question, TEXT_BYTES));
        self.held(word, move |session, tx, task, now| {
            let event = Event::of(task, &session.agent, "asked", reason, State::NeedsHuman, now);
            task::transition(tx, &event).map(drop)
        })
        .await
    }

    /// Claims a request, or renews this session's claim of it, and changes the request, in one transaction.
    async fn held(
        &self,
        word: &str,
        change: impl FnOnce(&Self, &Tx<'_>, &Task, Timestamp) -> Result<(), LedgerError> + Send + 'static,
    ) -> Result<Task, DispatchError> {
        let task = self.find(word).await?;
        let (session, id) = (self.clone(), task.id);
        let job = move |tx: &Tx<'_>| {
            let now = Timestamp::now();
            let task = match session.hold(tx, &id, now)? {
                Ok((task, _)) => task,
                Err(reason) => return Ok(Err(reason)),
            };
            change(&session, tx, &task, now)?;
            task::get_in(tx, &id).map(Ok)
        };
        self.work.context.ledger.write(job).await?.map_err(DispatchError::Refused)
    }
}

/// Why an agent cannot work on a task that is not open.
pub(super) fn closed(task: &Task) -> String {
    let Task { id, state, .. } = task;
    match state {
        State::NeedsHuman => format!("{id} waits for a person: {}", task.reason),
        state if state.is_final() => format!("{id} has ended already: {state}"),
        _ => format!("{id} is {state}; it is not open for the agent"),
    }
}
