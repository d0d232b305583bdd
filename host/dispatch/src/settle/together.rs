//! Settling what one agent has done in one go: one look at what arrived meanwhile, one transaction for all of it.

use std::sync::Arc;

use super::outcome::{Outcome, Settled};
use super::write::Written;
use crate::house::House;
use crate::post::look_ahead;
use crate::work::{Attempted, Begun, lease};
use crate::{DispatchError, limits};

/// Decides how attempts of one agent ended, writes that down in one transaction, and takes up to `room` of the agent's
/// next tasks in the same one. A ledger that cannot take an outcome now (full disk) is asked again.
///
/// # Errors
/// When the ledger does not take one after as many tries as the house allows, or the daemon is to end at once.
pub(crate) async fn settle(
    house: &Arc<House>,
    ended: Vec<Attempted>,
    room: usize,
) -> Result<(Vec<Settled>, Vec<Begun>), DispatchError> {
    let outcomes: Vec<_> = ended.into_iter().map(|one| Outcome::of(house, one)).collect();
    let ids: Vec<_> = outcomes.iter().map(|outcome| (outcome.task.agent.clone(), outcome.task.id.clone())).collect();
    let settled = write_all(house, outcomes, room).await;
    for (agent, id) in &ids {
        house.budgets.end(agent, id);
        house.own.end(id);
    }
    settled
}

/// Writes the outcomes, together if that works.
async fn write_all(
    house: &Arc<House>,
    mut outcomes: Vec<Outcome>,
    room: usize,
) -> Result<(Vec<Settled>, Vec<Begun>), DispatchError> {
    look_ahead(house, outcomes.iter_mut().map(|outcome| &mut outcome.out.post)).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(Arc::new).collect();
    let (all, inner) = (outcomes.clone(), Arc::clone(house));
    let ledger = house.ledger.in_lane(outcomes.first().map_or("", |outcome| &outcome.task.agent));
    let together = ledger.write(move |tx| {
        let written = all.iter().map(|outcome| outcome.write(tx)).collect::<Result<Vec<_>, _>>()?;
        // Before the next tasks are taken: for them the ledger has what these attempts used.
        for outcome in &all {
            inner.budgets.end(&outcome.task.agent, &outcome.task.id);
        }
        let agent = all.first().map_or("", |outcome| &outcome.task.agent);
        Ok((written, lease(tx, &inner, agent, room)?))
    });
    if let Ok((written, next)) = together.await {
        return Ok((outcomes.iter().zip(written).map(|(outcome, written)| outcome.settled(written)).collect(), next));
    }
    // It may be one of them, or a task that cannot be taken: that is not the others' trouble.
    let mut settled = Vec::new();
    for outcome in outcomes {
        let written = write_patiently(house, &outcome).await?;
        settled.push(outcome.settled(written));
    }
    Ok((settled, Vec::new()))
}

/// Writes one outcome, again and again if need be, until the daemon is to end at once.
async fn write_patiently(house: &House, outcome: &Arc<Outcome>) -> Result<Option<Written>, DispatchError> {
    let mut tries = 0;
    loop {
        let one = Arc::clone(outcome);
        let written = house.ledger.write(move |tx| one.write(tx)).await;
        tries += 1;
        match written {
            Err(error) if tries < house.settle_tries => {
                let task = &outcome.task.id;
                tracing::error!(%task, "{error}; trying again in {:?}", limits::SETTLE_AGAIN);
                tokio::select! {
                    () = tokio::time::sleep(limits::SETTLE_AGAIN) => {}
                    () = house.ending.asked() => {
                        tracing::error!(%task, "its outcome is not written down; the next start takes it up as interrupted");
                        return Err(error.into());
                    }
                }
            }
            written => return Ok(written?),
        }
    }
}
