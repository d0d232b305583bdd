//! Carrying out what the ledger's outbox says: writing reports, RETURNs and handoffs, and moving files to the archive.
//!
//! Every step can be repeated: after a crash the same call goes on where it stopped, and what was delivered is not
//! delivered again.

use std::sync::Arc;

use baton_core::State;
use baton_intake::{IntakeError, Staged, move_into, publish, published, stage};
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, Delivery, Kind};
use baton_ledger::{LedgerError, Tx, task};
use jiff::Timestamp;

use crate::roster::INBOX;
use crate::{DispatchError, House};

/// The move of a file from its agent's inbox to the archive that belongs to `state`.
pub(crate) fn to_archive(file: &str, state: State) -> outbox::New {
    let (inbox, name) = file.rsplit_once('/').unwrap_or(("", file));
    let folder = inbox.strip_suffix(INBOX).unwrap_or(inbox).trim_end_matches('/');
    let archive = if state.is_processed() { "02_processed" } else { "03_failed" };
    outbox::New {
        kind: Kind::Archive,
        source: Some(file.to_owned()),
        folder: format!("{folder}/{archive}"),
        name: name.to_owned(),
        hash: None,
        bytes: None,
    }
}

/// Delivers everything that is open for a task, in order.
///
/// # Errors
/// When a folder cannot be written to or the ledger fails; the rest stays open for another try.
pub async fn carry(house: &Arc<House>, id: &str) -> Result<(), DispatchError> {
    let task = id.to_owned();
    let open = house.ledger.write(move |tx| outbox::open_of(tx, &task)).await?;
    for delivery in open {
        match delivery.kind {
            Kind::Archive => archive(house, delivery).await?,
            _ => deliver(house, delivery).await?,
        }
    }
    Ok(())
}

async fn deliver(house: &Arc<House>, mut delivery: Delivery) -> Result<(), DispatchError> {
    let folder = house.real(&delivery.folder);
    let (id, token) = (delivery.id, delivery.id.to_string());
    let staged = Staged::of(&folder, &token);
    if !(delivery.staged && staged.is_there()) {
        if delivery.staged && published(&folder, &delivery.name) {
            return delivered(house, &delivery, delivery.name.clone()).await;
        }
        let bytes = delivery.bytes.take().unwrap_or_default();
        blocking(move || stage(&folder, &token, &bytes)).await?;
        let name = delivery.name.clone();
        house.ledger.write(move |tx| outbox::staged(tx, id, &name)).await?;
    }
    let name = delivery.name.clone();
    let name = blocking(move || publish(&staged, &name)).await?;
    delivered(house, &delivery, name).await
}

async fn delivered(house: &Arc<House>, delivery: &Delivery, name: String) -> Result<(), DispatchError> {
    let (id, task_id, kind, hash) = (delivery.id, delivery.task.clone(), delivery.kind, delivery.hash.clone());
    let place = format!("{}/{name}", delivery.folder);
    let now = Timestamp::now();
    let job = move |tx: &Tx<'_>| {
        outbox::done(tx, id, &name)?;
        if kind == Kind::Return {
            task::set_returned(tx, &task_id, now)?;
        }
        let action = match kind {
            Kind::Return => "returned",
            Kind::Handoff => "handed_off",
            Kind::Artifact | Kind::Reason | Kind::Archive => "wrote",
        };
        note(tx, &task_id, action, place, hash, now)
    };
    Ok(house.ledger.write(job).await?)
}

async fn archive(house: &Arc<House>, delivery: Delivery) -> Result<(), DispatchError> {
    let (source, folder) = (house.real(delivery.source.as_deref().unwrap_or_default()), house.real(&delivery.folder));
    let (name, to) = (delivery.name.clone(), folder.clone());
    let moved = match blocking(move || move_into(&source, &to, &name)).await {
        Ok(name) => Some(name),
        // Moved before a crash, or taken away by a person.
        Err(DispatchError::Intake(IntakeError::Gone { .. })) if published(&folder, &delivery.name) => {
            Some(delivery.name.clone())
        }
        Err(DispatchError::Intake(IntakeError::Gone { .. })) => None,
        Err(error) => return Err(error),
    };
    let (id, task_id, now) = (delivery.id, delivery.task, Timestamp::now());
    let job = move |tx: &Tx<'_>| match moved {
        Some(name) => {
            let place = format!("{}/{name}", delivery.folder);
            outbox::done(tx, id, &name)?;
            task::set_file(tx, &task_id, &place, Some(now))?;
            note(tx, &task_id, "archived", place, None, now)
        }
        None => {
            outbox::lost(tx, id, &delivery.name)?;
            note(tx, &task_id, "not_archived", "its file was gone".to_owned(), None, now)
        }
    };
    Ok(house.ledger.write(job).await?)
}

/// An event that leaves the state as it is.
fn note(
    tx: &Tx<'_>,
    id: &str,
    action: &str,
    reason: String,
    output_hash: Option<String>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let task = task::get_in(tx, id)?;
    let event = Event {
        task: task.id,
        at: now,
        actor: "baton".to_owned(),
        action: action.to_owned(),
        reason,
        state: task.state,
        input_hash: task.input,
        output_hash,
        plugin_digest: None,
    };
    event::append(tx, &event).map(drop)
}

/// Runs file work where it may block.
async fn blocking<T, F>(work: F) -> Result<T, DispatchError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, IntakeError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(LedgerError::Closed.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_lies_beside_the_inbox() {
        let done = to_archive("handoffs/audit/01_inbox/x.json", State::Succeeded);
        assert_eq!((done.folder.as_str(), done.name.as_str()), ("handoffs/audit/02_processed", "x.json"));
        let failed = to_archive("/elsewhere/01_inbox/x.json", State::Quarantined);
        assert_eq!(failed.folder, "/elsewhere/03_failed");
    }
}
