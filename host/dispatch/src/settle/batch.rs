//! Settles several attempts of one agent in one transaction.

use std::sync::Arc;

use baton_ledger::LedgerError;
use baton_ledger::task::Task;

use super::outcome::{Settlement, SettlementEffects};
use super::plugin_requests::accept_pending_returns;
use crate::attempt::{AbortReason, AttemptBatch, FinishedAttempt, SettledTask};
use crate::context::Context;
use crate::lease::lease;
use crate::{DispatchError, limits};

/// Decides how attempts of one agent ended and writes the outcomes. In the same transaction, leases up to `room` next
/// tasks of the agent. If the ledger cannot store an outcome now (full disk), the function tries again.
pub(crate) async fn settle(
    context: &Arc<Context>,
    finished: Vec<FinishedAttempt>,
    room: usize,
) -> Result<AttemptBatch, DispatchError> {
    let outcomes: Vec<_> = finished.into_iter().map(|one| Settlement::of(context, one)).collect();
    let ids: Vec<_> = outcomes.iter().map(|outcome| (outcome.task.agent.clone(), outcome.task.id.clone())).collect();
    let settled = write_all(context, outcomes, room).await;
    for (agent, id) in &ids {
        context.budgets.end(agent, id);
        context.own_writes.end(id);
    }
    settled
}

/// Writes the outcomes, in one transaction if possible.
async fn write_all(
    context: &Arc<Context>,
    mut outcomes: Vec<Settlement>,
    room: usize,
) -> Result<AttemptBatch, DispatchError> {
    accept_pending_returns(context, outcomes.iter_mut().map(|outcome| &mut outcome.output.requests)).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(Arc::new).collect();
    let (all, inner) = (outcomes.clone(), Arc::clone(context));
    let ledger = context.ledger.in_lane(outcomes.first().map_or("", |outcome| &outcome.task.agent));
    let together = ledger.write(move |tx| {
        let written = all.iter().map(|outcome| outcome.write(tx)).collect::<Result<Vec<_>, _>>()?;
        // The ledger now counts the use of these attempts, so their accounts in `budgets` end before the next tasks are
        // leased.
        for outcome in &all {
            inner.budgets.end(&outcome.task.agent, &outcome.task.id);
        }
        let agent = all.first().map_or("", |outcome| &outcome.task.agent);
        Ok((written, lease(tx, &inner, agent, room)?))
    });
    if let Ok((written, next)) = together.await {
        let settled = outcomes.iter().zip(written).map(|(outcome, written)| outcome.settled(written)).collect();
        return Ok(AttemptBatch { settled, next });
    }
    // One outcome, or the lease of the next tasks, may cause the error. So write the outcomes one by one, without a lease.
    let mut settled = Vec::new();
    for outcome in outcomes {
        let written = write_with_retries(context, &outcome).await?;
        settled.push(outcome.settled(written));
    }
    Ok(AttemptBatch { settled, next: Vec::new() })
}

/// Writes one outcome. Retries until it succeeds, or until the daemon must end at once.
async fn write_with_retries(
    context: &Context,
    outcome: &Arc<Settlement>,
) -> Result<Option<SettlementEffects>, DispatchError> {
    let mut tries = 0;
    loop {
        let one = Arc::clone(outcome);
        let written = context.ledger.write(move |tx| one.write(tx)).await;
        tries += 1;
        match written {
            Err(error) if tries < context.settle_tries => {
                let task = &outcome.task.id;
                tracing::error!(%task, "{error}; trying again in {:?}", limits::SETTLE_AGAIN);
                tokio::select! {
                    () = tokio::time::sleep(limits::SETTLE_AGAIN) => {}
                    () = context.cancel_attempts.asked() => {
                        tracing::error!(%task, "its outcome is not recorded; the next start treats it as interrupted");
                        return Err(error.into());
                    }
                }
            }
            written => return Ok(written?),
        }
    }
}

/// Settles a leased task without an attempt.
pub(crate) async fn settle_aborted(
    context: &Arc<Context>,
    task: Task,
    reason: AbortReason,
) -> Result<SettledTask, DispatchError> {
    let batch = settle(context, vec![FinishedAttempt::of(task, None, Err(reason))], 0).await?;
    Ok(batch.settled.into_iter().next().ok_or(LedgerError::Closed)?)
}
