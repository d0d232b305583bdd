//! Carrying out what the ledger's outbox says: writing reports, RETURNs and handoffs, and moving files to the archive.
//!
//! Every step can be repeated: after a crash the same call goes on where it stopped, and what was delivered is not
//! delivered again. A file is moved only if it still has the bytes that were captured.

use std::path::PathBuf;
use std::sync::Arc;

use baton_core::State;
use baton_intake::{IntakeError, Staged, find_moved, hash_file, move_into, publish, stage};
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, Delivery, Kind};
use baton_ledger::{LedgerError, Tx, task};
use jiff::Timestamp;

use crate::{AgentKind, DispatchError, House};

/// Delivers everything that is open for a task, in order. Gives the files that are news now: handoffs in other agents'
/// inboxes, and what was found in place of a file that should have been archived.
///
/// # Errors
/// When a folder cannot be written to or the ledger fails; the rest stays open for another try.
pub async fn carry(house: &Arc<House>, id: &str) -> Result<Vec<PathBuf>, DispatchError> {
    let task = id.to_owned();
    let open = house.ledger.write(move |tx| outbox::open_of(tx, &task)).await?;
    let mut news = Vec::new();
    for delivery in open {
        match delivery.kind {
            Kind::Archive | Kind::Route => news.extend(archive(house, delivery).await?),
            kind => {
                let there = deliver(house, delivery).await?;
                news.extend(there.filter(|_| matches!(kind, Kind::Handoff | Kind::Return | Kind::Copy)));
            }
        }
    }
    Ok(news)
}

/// Puts a file where it belongs; tells where, unless that happened before a crash.
async fn deliver(house: &Arc<House>, mut delivery: Delivery) -> Result<Option<PathBuf>, DispatchError> {
    let folder = house.real(&delivery.folder);
    let (id, token) = (delivery.id, delivery.id.to_string());
    let staged = Staged::of(&folder, &token);
    if delivery.staged && !staged.is_there() {
        // The temporary was on the disk when `staged` was written down, so its rename has happened.
        delivered(house, &delivery, delivery.name.clone()).await?;
        return Ok(None);
    }
    if !delivery.staged {
        let (into, bytes) = (folder.clone(), delivery.bytes.take().unwrap_or_default());
        blocking(move || stage(&into, &token, &bytes)).await?;
        let name = delivery.name.clone();
        house.ledger.write(move |tx| outbox::staged(tx, id, &name)).await?;
    }
    let name = delivery.name.clone();
    let name = blocking(move || publish(&staged, &name)).await?;
    let place = folder.join(&name);
    delivered(house, &delivery, name).await?;
    Ok(Some(place))
}

async fn delivered(house: &Arc<House>, delivery: &Delivery, name: String) -> Result<(), DispatchError> {
    let (id, task_id, kind, hash) = (delivery.id, delivery.task.clone(), delivery.kind, delivery.hash.clone());
    let place = format!("{}/{name}", delivery.folder);
    let now = Timestamp::now();
    let inner = Arc::clone(house);
    let job = move |tx: &Tx<'_>| {
        outbox::done(tx, id, &name)?;
        if kind == Kind::Copy {
            return arrived(tx, &inner, &task_id, &place, now);
        }
        if kind == Kind::Return {
            task::set_returned(tx, &task_id, now)?;
        }
        let action = match kind {
            Kind::Return => "returned",
            Kind::Handoff => "handed_off",
            Kind::Notice => "noticed",
            Kind::Artifact | Kind::Reason | Kind::Copy | Kind::Route | Kind::Archive => "wrote",
        };
        note(tx, &task_id, action, place, hash, now)
    };
    Ok(house.ledger.write(job).await?)
}

/// A task's file lies in its agent's inbox now: the task begins.
fn arrived(tx: &Tx<'_>, house: &House, id: &str, place: &str, now: Timestamp) -> Result<(), LedgerError> {
    task::set_file(tx, id, place, None)?;
    let task = task::get_in(tx, id)?;
    if task.state != State::Captured {
        return Ok(());
    }
    let external = house.roster().get(&task.agent).is_none_or(|agent| agent.kind == AgentKind::External);
    let state = match (external, task.kind.as_str()) {
        (true, _) => State::Delivered,
        (false, "RETURN") => State::Succeeded,
        (false, _) if task::dependencies(tx, id)?.is_empty() => State::Queued,
        (false, _) => State::Waiting,
    };
    let event = Event::of(&task, "baton", "routed", format!("to {place}"), state, now);
    task::transition(tx, &event).map(drop)
}

/// What became of a file that was to be moved.
enum Moved {
    /// It has this name now.
    As(String),
    /// Somebody took it away.
    Gone,
    /// Another file has its name: it was edited, or a new one was dropped.
    Replaced,
}

/// Moves a file to the archive or to its agent; gives the path of what is news now: the file in its agent's inbox, or what
/// lies in place of an archived one.
async fn archive(house: &Arc<House>, delivery: Delivery) -> Result<Option<PathBuf>, DispatchError> {
    let source = house.real(delivery.source.as_deref().unwrap_or_default());
    let (from, to, token) = (source.clone(), house.real(&delivery.folder), delivery.id.to_string());
    let (name, hash) = (delivery.name.clone(), delivery.hash.clone());
    let moved = blocking(move || {
        let there = hash.as_deref().map(|hash| (hash, hash_file(&from)));
        match there {
            Some((hash, Err(IntakeError::Gone { .. }))) => {
                return Ok(find_moved(&to, &name, hash).map_or(Moved::Gone, Moved::As));
            }
            // Moved before a crash, and a new file of the same name since then.
            Some((hash, Ok(found))) if found.to_string() != hash => {
                return Ok(find_moved(&to, &name, hash).map_or(Moved::Replaced, Moved::As));
            }
            Some((_, Err(IntakeError::NotAFile { .. }))) => return Ok(Moved::Replaced),
            Some((_, Err(error))) => return Err(error),
            Some((_, Ok(_))) | None => {}
        }
        match move_into(&from, &to, &name, &token) {
            Ok(name) => Ok(Moved::As(name)),
            Err(IntakeError::Gone { .. }) => Ok(Moved::Gone),
            Err(error) => Err(error),
        }
    });
    let moved = moved.await?;
    let arrival = match &moved {
        Moved::As(name) if delivery.kind == Kind::Route => Some(house.real(&delivery.folder).join(name)),
        _ => None,
    };
    let news = !matches!(moved, Moved::Gone) && source.symlink_metadata().is_ok();
    archived(house, delivery, moved).await?;
    Ok(arrival.or(news.then_some(source)))
}

async fn archived(house: &Arc<House>, delivery: Delivery, moved: Moved) -> Result<(), DispatchError> {
    let now = Timestamp::now();
    let inner = Arc::clone(house);
    let job = move |tx: &Tx<'_>| {
        let lost = match moved {
            Moved::As(name) => {
                let place = format!("{}/{name}", delivery.folder);
                outbox::done(tx, delivery.id, &name)?;
                if delivery.kind == Kind::Route {
                    return arrived(tx, &inner, &delivery.task, &place, now);
                }
                task::set_file(tx, &delivery.task, &place, Some(now))?;
                return note(tx, &delivery.task, "archived", place, None, now);
            }
            Moved::Gone => "its file was taken away; the ledger keeps what it held",
            Moved::Replaced => "another file has its name now; the ledger keeps what it held",
        };
        outbox::lost(tx, delivery.id, &delivery.name)?;
        task::set_lost(tx, &delivery.task)?;
        if delivery.kind == Kind::Route {
            let task = task::get_in(tx, &delivery.task)?;
            let event = Event::of(&task, "baton", "cancelled", lost.to_owned(), State::Cancelled, now);
            return task::transition(tx, &event).map(drop);
        }
        note(tx, &delivery.task, "not_archived", lost.to_owned(), None, now)
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
    let event = Event { output_hash, ..Event::of(&task, "baton", action, reason, task.state, now) };
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

    fn house(root: &std::path::Path) -> Arc<House> {
        House::new(crate::Setup {
            root: root.to_owned(),
            ledger: baton_ledger::Ledger::open(&root.join("ledger.db")).unwrap(),
            sandbox: baton_sandbox::Sandbox::new(None).unwrap(),
            installed: std::collections::BTreeMap::new(),
            unusable: std::collections::BTreeMap::new(),
            rules: crate::Rules::default(),
            owner: "up:test".to_owned(),
            settle_tries: 1,
            plugins: std::collections::BTreeSet::new(),
            wake: None,
            patience: crate::Patience::default(),
            owns: None,
        })
    }

    /// A task with one RETURN in its outbox; the ids of both.
    async fn with_return(house: &House) -> (String, i64) {
        let new = task::New { title: "x".to_owned(), ..task::New::blank("a", task::Origin::Handoff, State::Succeeded) };
        let answer = outbox::New {
            kind: Kind::Return,
            source: None,
            folder: "inbox".to_owned(),
            name: "r.json".to_owned(),
            hash: None,
            bytes: Some(b"{}".to_vec()),
        };
        let job = move |tx: &Tx<'_>| {
            let id = task::insert(tx, &new, None, Timestamp::UNIX_EPOCH)?;
            let delivery = outbox::add(tx, &id, &answer)?;
            Ok((id, delivery))
        };
        house.ledger.write(job).await.unwrap()
    }

    #[tokio::test]
    async fn after_a_crash_at_any_step_a_return_is_delivered_once() {
        for crash_after in ["nothing", "staging", "writing `staged`", "the rename", "the recipient took it"] {
            let folder = tempfile::tempdir().unwrap();
            let house = house(folder.path());
            let inbox = folder.path().join("inbox");
            let (id, delivery) = with_return(&house).await;
            let steps = ["staging", "writing `staged`", "the rename", "the recipient took it"];
            for step in steps.iter().take(steps.iter().position(|step| *step == crash_after).map_or(0, |n| n + 1)) {
                match *step {
                    "staging" => drop(stage(&inbox, &delivery.to_string(), b"{}").unwrap()),
                    "the rename" => drop(publish(&Staged::of(&inbox, &delivery.to_string()), "r.json").unwrap()),
                    "the recipient took it" => std::fs::remove_file(inbox.join("r.json")).unwrap(),
                    _ => house.ledger.write(move |tx| outbox::staged(tx, delivery, "r.json")).await.unwrap(),
                }
            }
            carry(&house, &id).await.unwrap();
            let taken = crash_after == "the recipient took it";
            let there: Vec<_> = std::fs::read_dir(&inbox).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert_eq!(there.len(), usize::from(!taken), "crash after {crash_after}: {there:?}");
            assert!(house.ledger.write(outbox::open_tasks).await.unwrap().is_empty());
            assert!(carry(&house, &id).await.unwrap().is_empty());
        }
    }
}
