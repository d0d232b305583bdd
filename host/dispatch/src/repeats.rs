//! Repetitions of a request are never met with silence: each is answered with the outcome of the first one, at once where
//! that has ended, else when it ends. The RETURN says `duplicate_of`.

use baton_core::handoff::returns::Return;
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, Kind};
use baton_ledger::repeats::{self, Repeat};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use jiff::Timestamp;

/// The task `id` repeats the request `first`: its sender is answered in `folder`. Says whether there is something to
/// deliver now.
///
/// # Errors
/// When the database fails.
pub(crate) fn captured(
    tx: &Tx<'_>,
    id: &str,
    (first, folder): (&Task, &str),
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let repeat = Repeat { task: id.to_owned(), folder: folder.to_owned() };
    if !first.state.is_final() {
        repeats::add(tx, &first.id, &repeat)?;
        return Ok(false);
    }
    outbox::add(tx, id, &answer(tx, first, &repeat, now)?)?;
    Ok(true)
}

/// The request `first` has ended: whoever repeated it is answered. The RETURNs go out with what `first` delivers.
///
/// # Errors
/// When the database fails.
pub(crate) fn settled(tx: &Tx<'_>, first: &str, now: Timestamp) -> Result<(), LedgerError> {
    let waiting = repeats::take(tx, first)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let first = task::get_in(tx, first)?;
    for repeat in waiting {
        outbox::add(tx, &first.id, &answer(tx, &first, &repeat, now)?)?;
        let task = task::get_in(tx, &repeat.task)?;
        let reason = format!("with the outcome of {}", first.id);
        event::append(tx, &Event::of(&task, "baton", "answered", reason, task.state, now))?;
    }
    Ok(())
}

fn answer(tx: &Tx<'_>, first: &Task, repeat: &Repeat, now: Timestamp) -> Result<outbox::New, LedgerError> {
    let task = task::get_in(tx, &repeat.task)?;
    let summary = format!("the same request as {}, which ended as {}: {}", first.id, first.state, first.reason);
    let answer = Return {
        task: &task.id,
        executing: "baton",
        on_behalf_of: Some(&first.agent),
        originating: task.sender.as_deref().unwrap_or_default(),
        handoff_id: task.handoff_id.as_deref(),
        handoff_file: task.file.as_deref().unwrap_or_default(),
        title: &task.title,
        state: first.state,
        summary: &summary,
        deliverables: &[],
        findings: &[],
        ledger_head: &event::head(tx)?,
        duplicate_of: Some(&first.id),
        at: now,
    };
    Ok(outbox::New::written(Kind::Return, repeat.folder.clone(), answer.file_name(), answer.to_bytes()))
}
