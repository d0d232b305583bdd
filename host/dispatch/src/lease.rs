//! Leases tasks and records the start of their attempts.

use baton_core::State;
use baton_ledger::event::Event;
use baton_ledger::task::Task;
use baton_ledger::{LedgerError, Tx, event, task, watched};
use fail::fail_point;
use jiff::Timestamp;

use crate::attempt::{ReturnContext, StartedTask};
use crate::context::Context;
use crate::{budget, limits, supervise};

/// Leases up to `room` tasks of `agent` and records the start of their attempts. Leases several tasks together only if an
/// interruption does no harm: their actions are idempotent, and the tasks have no earlier attempt. So a task that crashed
/// the daemon runs alone at its next attempt.
pub(crate) fn lease(tx: &Tx<'_>, context: &Context, agent: &str, room: usize) -> Result<Vec<StartedTask>, LedgerError> {
    let now = Timestamp::now();
    let room = if room == 0 { 0 } else { budget::room(tx, context, agent, room, now)? };
    let room = if room == 0 { 0 } else { supervise::room(tx, context, agent, room, now)? };
    let (mut started, mut bytes) = (Vec::new(), 0);
    while started.len() < room && bytes <= limits::ATTEMPT_BATCH_BYTES {
        let Some(next) = task::next_queued(tx, agent)? else {
            break;
        };
        let plugin = context.plugin(agent);
        let may_share = next.attempts == 0 && plugin.is_ok_and(|plugin| plugin.is_idempotent(next.action.as_deref()));
        if !may_share && !started.is_empty() {
            break;
        }
        let leased = begin(tx, task::lease_task(tx, &next.id, &context.owner, limits::LEASE, now)?, now)?;
        bytes += leased.input.as_ref().map_or(0, Vec::len);
        started.push(leased);
        if !may_share {
            break;
        }
    }
    Ok(started)
}

pub(crate) fn begin(tx: &Tx<'_>, task: Task, now: Timestamp) -> Result<StartedTask, LedgerError> {
    let input = task.input.as_deref().map(|hash| task::input(tx, hash)).transpose()?.flatten();
    let attempt = format!("attempt {}", task.attempts);
    let started = Event::of(&task, "baton", "started", attempt, State::Running, now);
    event::append(tx, &started)?;
    let about = ReturnContext::of(tx, &task)?.map(Box::new);
    let watched = watched::counts(tx, &task.agent)?;
    fail_point!("work.started");
    Ok(StartedTask { task, input, about, watched })
}
