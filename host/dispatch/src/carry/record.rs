//! What the ledger is told when a delivery is done: the outbox, the task's fields, the event.

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, Kind};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use fail::fail_point;
use jiff::Timestamp;

use super::place::{Item, Step};
use crate::archive::to_archive;
use crate::capture::{answer, answered_before};
use crate::{House, dependencies};

/// The end of one delivery.
pub(super) struct Outcome {
    id: i64,
    kind: Kind,
    folder: String,
    /// The name that was asked for.
    name: String,
    hash: Option<String>,
    step: Step,
}

impl Outcome {
    /// `None` when it has not come to an end.
    pub(super) fn of(item: &Item) -> Option<Self> {
        let ended = !matches!(item.step, Step::Open | Step::Written);
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

/// Writes down how the deliveries of a task ended, in their order. Says whether there is more to deliver now.
///
/// # Errors
/// When the database fails.
pub(super) fn record(
    tx: &Tx<'_>,
    house: &House,
    id: &str,
    outcomes: &[Outcome],
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let mut more = false;
    if outcomes.is_empty() {
        return Ok(more);
    }
    let task = task::get_in(tx, id)?;
    for outcome in outcomes {
        more |= match &outcome.step {
            Step::Placed(name) => placed(tx, house, &task, outcome, name, now)?,
            Step::Gone => lost(tx, house, &task, outcome, "its file was taken away", now)?,
            Step::Replaced => lost(tx, house, &task, outcome, "another file has its name now", now)?,
            Step::Open | Step::Written => false,
        };
    }
    Ok(more)
}

fn placed(
    tx: &Tx<'_>,
    house: &House,
    task: &Task,
    outcome: &Outcome,
    name: &str,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let still_wanted = outbox::is_open(tx, outcome.id)?;
    outbox::done(tx, outcome.id, name)?;
    fail_point!("carry.done_written");
    let place = format!("{}/{name}", outcome.folder);
    let hash = outcome.hash.clone();
    match outcome.kind {
        Kind::Return => {
            task::set_returned(tx, &task.id, now)?;
            note(tx, task, "returned", place, hash, now)?;
        }
        Kind::Handoff => note(tx, task, "handed_off", place, hash, now)?,
        Kind::Notice => note(tx, task, "noticed", place, hash, now)?,
        Kind::Artifact | Kind::Reason => note(tx, task, "wrote", place, hash, now)?,
        Kind::Copy | Kind::Route if !still_wanted => {
            // The task has ended while its file was on its way.
            task::set_file(tx, &task.id, &place, None)?;
            outbox::add(tx, &task.id, &to_archive(&place, hash, task.state))?;
            return Ok(true);
        }
        Kind::Copy | Kind::Route => return arrived(tx, house, task, &place, now),
        Kind::Archive => {
            task::set_file(tx, &task.id, &place, Some(now))?;
            note(tx, task, "archived", place, None, now)?;
        }
    }
    Ok(false)
}

/// A task's file lies in its agent's inbox now: the task begins.
fn arrived(tx: &Tx<'_>, house: &House, task: &Task, place: &str, now: Timestamp) -> Result<bool, LedgerError> {
    task::set_file(tx, &task.id, place, None)?;
    if task.state != State::Captured {
        return Ok(false);
    }
    fail_point!("carry.arrived");
    let state = match (house.is_plugin(&task.agent), task.kind.as_str()) {
        (false, _) => State::Delivered,
        (true, "RETURN") => State::Succeeded,
        (true, _) if task::dependencies(tx, &task.id)?.is_empty() => State::Queued,
        (true, _) => State::Waiting,
    };
    task::transition(tx, &Event::of(task, "baton", "routed", format!("to {place}"), state, now))?;
    if state == State::Succeeded {
        outbox::add(tx, &task.id, &to_archive(place, task.input.clone(), state))?;
        return Ok(true);
    }
    Ok(answered_before(tx, house, &task.id, now)?.is_some())
}

fn lost(
    tx: &Tx<'_>,
    house: &House,
    task: &Task,
    outcome: &Outcome,
    why: &str,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let reason = format!("{why}; the ledger keeps what it held");
    outbox::lost(tx, outcome.id, &outcome.name)?;
    task::set_lost(tx, &task.id)?;
    if outcome.kind != Kind::Route || task.state.is_final() {
        note(tx, task, "not_archived", reason, None, now)?;
        return Ok(false);
    }
    task::transition(tx, &Event::of(task, "baton", "cancelled", reason, State::Cancelled, now))?;
    dependencies::settled(tx, task, State::Cancelled, now)?;
    let ended = task::get_in(tx, &task.id)?;
    let asks = task.kind != "RETURN" && task.sender.as_deref().is_some_and(|sender| sender != "baton");
    if let Some(to) = task.answer_to().filter(|_| asks) {
        outbox::add(tx, &task.id, &answer(&ended, &house.answers_for(to), &event::head(tx)?, now))?;
    }
    Ok(asks)
}

/// An event that leaves the state as it is.
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
