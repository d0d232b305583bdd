//! Records the end of a delivery: the outbox, the task's fields, the event.

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, DeliveryKind};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use fail::fail_point;
use jiff::Timestamp;

use super::archive::to_archive;
use super::files::{ActiveDelivery, DeliveryStep};
use crate::Context;
use crate::capture::{answer, answered_before};
use crate::settle::{dependencies, set_state};

/// The result of one delivery that has ended.
pub(super) struct DeliveryOutcome {
    id: i64,
    kind: DeliveryKind,
    folder: String,
    name: String,
    hash: Option<String>,
    step: DeliveryStep,
}

impl DeliveryOutcome {
    /// `None` if the delivery has not ended.
    pub(super) fn of(item: &ActiveDelivery) -> Option<Self> {
        let ended = !matches!(item.step, DeliveryStep::Open | DeliveryStep::Written);
        let delivery = &item.delivery;
        ended.then(|| Self {
            id: delivery.id,
            kind: delivery.kind,
            folder: delivery.folder.clone(),
            name: delivery.name.clone(),
            hash: delivery.hash.clone(),
            step: item.step.clone(),
        })
    }
}

/// Records the results of a task's deliveries, in their order. Returns whether there is more to deliver now.
pub(super) fn record(
    tx: &Tx<'_>,
    context: &Context,
    id: &str,
    outcomes: &[DeliveryOutcome],
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let mut more = false;
    if outcomes.is_empty() {
        return Ok(more);
    }
    let task = task::get_in(tx, id)?;
    for outcome in outcomes {
        more |= match &outcome.step {
            DeliveryStep::Placed(name) => placed(tx, context, &task, outcome, name, now)?,
            DeliveryStep::Missing => lost(tx, context, &task, outcome, "its file is missing", now)?,
            DeliveryStep::Replaced => lost(tx, context, &task, outcome, "another file now has its name", now)?,
            DeliveryStep::Open | DeliveryStep::Written => false,
        };
    }
    Ok(more)
}

fn placed(
    tx: &Tx<'_>,
    context: &Context,
    task: &Task,
    outcome: &DeliveryOutcome,
    name: &str,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let still_wanted = outbox::is_open(tx, outcome.id)?;
    outbox::done(tx, outcome.id, name)?;
    fail_point!("delivery.done_written");
    let place = format!("{}/{name}", outcome.folder);
    let hash = outcome.hash.clone();
    match outcome.kind {
        DeliveryKind::Return => {
            task::set_returned(tx, &task.id, now)?;
            note(tx, task, "returned", place, hash, now)?;
        }
        DeliveryKind::Handoff => note(tx, task, "handed_off", place, hash, now)?,
        DeliveryKind::Notice => note(tx, task, "noticed", place, hash, now)?,
        DeliveryKind::Artifact | DeliveryKind::Reason => note(tx, task, "wrote", place, hash, now)?,
        DeliveryKind::Copy | DeliveryKind::Route if !still_wanted => {
            // The task has ended while its file was being delivered.
            task::set_file(tx, &task.id, &place, None)?;
            outbox::add(tx, &task.id, &to_archive(&place, hash, task.state))?;
            return Ok(true);
        }
        DeliveryKind::Copy | DeliveryKind::Route => return arrived(tx, context, task, &place, now),
        DeliveryKind::Archive => {
            task::set_file(tx, &task.id, &place, Some(now))?;
            note(tx, task, "archived", place, None, now)?;
        }
    }
    Ok(false)
}

/// Records that a task's file was delivered to its agent's inbox. The task then starts.
fn arrived(tx: &Tx<'_>, context: &Context, task: &Task, place: &str, now: Timestamp) -> Result<bool, LedgerError> {
    task::set_file(tx, &task.id, place, None)?;
    if task.state != State::Captured {
        return Ok(false);
    }
    fail_point!("delivery.arrived");
    let state = match (context.is_plugin(&task.agent), task.kind.as_str()) {
        (false, _) => State::Delivered,
        (true, "RETURN") => State::Succeeded,
        (true, _) if task::dependencies(tx, &task.id)?.is_empty() => State::Queued,
        (true, _) => State::Waiting,
    };
    set_state(tx, task, "routed", state, format!("to {place}"), now)?;
    if state == State::Succeeded {
        outbox::add(tx, &task.id, &to_archive(place, task.input.clone(), state))?;
        return Ok(true);
    }
    Ok(answered_before(tx, context, &task.id, now)?.is_some())
}

fn lost(
    tx: &Tx<'_>,
    context: &Context,
    task: &Task,
    outcome: &DeliveryOutcome,
    why: &str,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let reason = format!("{why}; the ledger keeps the content of the file");
    outbox::lost(tx, outcome.id, &outcome.name)?;
    task::set_lost(tx, &task.id)?;
    if outcome.kind != DeliveryKind::Route || task.state.is_final() {
        note(tx, task, "not_archived", reason, None, now)?;
        return Ok(false);
    }
    set_state(tx, task, "cancelled", State::Cancelled, reason, now)?;
    dependencies::settled(tx, task, State::Cancelled, now)?;
    let ended = task::get_in(tx, &task.id)?;
    let asks = task.kind != "RETURN" && task.sender.as_deref().is_some_and(|sender| sender != "baton");
    if let Some(to) = task.answer_to().filter(|_| asks) {
        outbox::add(tx, &task.id, &answer(&ended, &context.answers_for(to), &event::head(tx)?, now))?;
    }
    Ok(asks)
}

/// Appends an event that does not change the state.
fn note(
    tx: &Tx<'_>,
    task: &Task,
    action: &str,
    reason: String,
    output_hash: Option<String>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let event = Event { output_hash, ..Event::of(task, "baton", action, reason, task.state, now) };
    event::append(tx, &event).map(drop)
}
