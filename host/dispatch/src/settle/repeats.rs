//! Answers each repetition of a request with the outcome of the first request: at once if the first request has ended,
//! otherwise when it ends. The RETURN names the first request in `duplicate_of`.

use baton_core::handoff::returns::Return;
use baton_core::text::plugin_suggests;
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, DeliveryKind};
use baton_ledger::repeats::{self, Repeat};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use jiff::Timestamp;

use crate::capture::by_baton;

/// Writes the answer to the task `id`, which repeats the request `first`, into `folder`. If `first` is still open, the
/// answer waits until `first` ends. Returns whether there is something to deliver now.
pub(crate) fn captured(tx: &Tx<'_>, id: &str, first: &Task, folder: &str, now: Timestamp) -> Result<bool, LedgerError> {
    let repeat = Repeat { task: id.to_owned(), folder: folder.to_owned() };
    if !first.state.is_final() {
        repeats::add(tx, &first.id, &repeat)?;
        return Ok(false);
    }
    outbox::add(tx, id, &answer(tx, first, &repeat, now)?)?;
    Ok(true)
}

/// Answers the requests that repeat the ended request `first`. The RETURNs are deliveries of the task `first`.
pub(crate) fn settled(tx: &Tx<'_>, first: &str, now: Timestamp) -> Result<(), LedgerError> {
    let waiting = repeats::take(tx, first)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let first = task::get_in(tx, first)?;
    for repeat in waiting {
        outbox::add(tx, &first.id, &answer(tx, &first, &repeat, now)?)?;
        let task = task::get_in(tx, &repeat.task)?;
        let reason = format!("answered with the outcome of {}", first.id);
        event::append(tx, &Event::of(&task, "baton", "answered", reason, task.state, now))?;
    }
    Ok(())
}

fn answer(tx: &Tx<'_>, first: &Task, repeat: &Repeat, now: Timestamp) -> Result<outbox::NewDelivery, LedgerError> {
    let task = task::get_in(tx, &repeat.task)?;
    let summary = format!("the same request as {}, which ended as {}: {}", first.id, first.status(), first.reason);
    let head = event::head(tx)?;
    let next_steps = task::next_steps_in(tx, &first.id)?;
    let next_steps: Vec<_> = next_steps.iter().map(|step| plugin_suggests(&first.agent, step)).collect();
    let answer = Return {
        next_steps: &next_steps,
        on_behalf_of: Some(&first.agent),
        state: first.state,
        outcome: first.outcome,
        summary: &summary,
        duplicate_of: Some(&first.id),
        ..by_baton(&task, &head, now)
    };
    Ok(outbox::NewDelivery::written(DeliveryKind::Return, repeat.folder.clone(), answer.file_name(), answer.to_bytes()))
}
