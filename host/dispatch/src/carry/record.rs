//! What the ledger is told when a delivery is done: the outbox, the task's fields, the event.

use std::collections::BTreeSet;

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, Kind};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use fail::fail_point;
use jiff::Timestamp;

use super::place::{Item, Step};

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

/// Writes down how the deliveries of a task ended, in their order.
///
/// # Errors
/// When the database fails.
pub(super) fn record(
    tx: &Tx<'_>,
    plugins: &BTreeSet<String>,
    id: &str,
    outcomes: &[Outcome],
    now: Timestamp,
) -> Result<(), LedgerError> {
    if outcomes.is_empty() {
        return Ok(());
    }
    let task = task::get_in(tx, id)?;
    outcomes.iter().try_for_each(|outcome| match &outcome.step {
        Step::Placed(name) => placed(tx, plugins, &task, outcome, name, now),
        Step::Gone => lost(tx, &task, outcome, "its file was taken away; the ledger keeps what it held", now),
        Step::Replaced => lost(tx, &task, outcome, "another file has its name now; the ledger keeps what it held", now),
        Step::Open | Step::Written => Ok(()),
    })
}

fn placed(
    tx: &Tx<'_>,
    plugins: &BTreeSet<String>,
    task: &Task,
    outcome: &Outcome,
    name: &str,
    now: Timestamp,
) -> Result<(), LedgerError> {
    outbox::done(tx, outcome.id, name)?;
    fail_point!("carry.done_written");
    let place = format!("{}/{name}", outcome.folder);
    let hash = outcome.hash.clone();
    match outcome.kind {
        Kind::Return => {
            task::set_returned(tx, &task.id, now)?;
            note(tx, task, "returned", place, hash, now)
        }
        Kind::Handoff => note(tx, task, "handed_off", place, hash, now),
        Kind::Notice => note(tx, task, "noticed", place, hash, now),
        Kind::Artifact | Kind::Reason => note(tx, task, "wrote", place, hash, now),
        Kind::Copy | Kind::Route => arrived(tx, plugins, task, &place, now),
        Kind::Archive => {
            task::set_file(tx, &task.id, &place, Some(now))?;
            note(tx, task, "archived", place, None, now)
        }
    }
}

/// A task's file lies in its agent's inbox now: the task begins.
fn arrived(
    tx: &Tx<'_>,
    plugins: &BTreeSet<String>,
    task: &Task,
    place: &str,
    now: Timestamp,
) -> Result<(), LedgerError> {
    task::set_file(tx, &task.id, place, None)?;
    if task.state != State::Captured {
        return Ok(());
    }
    let external = !plugins.contains(&task.agent);
    fail_point!("carry.arrived");
    let state = match (external, task.kind.as_str()) {
        (true, _) => State::Delivered,
        (false, "RETURN") => State::Succeeded,
        (false, _) if task::dependencies(tx, &task.id)?.is_empty() => State::Queued,
        (false, _) => State::Waiting,
    };
    task::transition(tx, &Event::of(task, "baton", "routed", format!("to {place}"), state, now)).map(drop)
}

fn lost(tx: &Tx<'_>, task: &Task, outcome: &Outcome, reason: &str, now: Timestamp) -> Result<(), LedgerError> {
    outbox::lost(tx, outcome.id, &outcome.name)?;
    task::set_lost(tx, &task.id)?;
    if outcome.kind == Kind::Route {
        let event = Event::of(task, "baton", "cancelled", reason.to_owned(), State::Cancelled, now);
        return task::transition(tx, &event).map(drop);
    }
    note(tx, task, "not_archived", reason.to_owned(), None, now)
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
