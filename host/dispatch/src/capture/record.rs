//! The transaction of a capture: is it known, what state does it begin in, what follows from that.
//!
//! | the file | while its task | means |
//! |---|---|---|
//! | same bytes | is there | nothing |
//! | same bytes | was there when the folder was adopted | nothing |
//! | other bytes | waits | the same task, a new revision; from another sender a task of its own |
//! | other bytes | runs, or its file is moved | nothing yet; the file is looked at again until that has ended |
//! | other bytes | is final, its file not archived | a new task |

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx, mark, outbox};
use fail::fail_point;
use jiff::Timestamp;

use super::Taken;
use super::classify::{Class, classify};
use super::incoming::{Incoming, What};
use super::refuse::{answer, reason_file};
use crate::archive::{to_archive, to_unrouted};
use crate::{dependencies, limits};

/// The marks of files that lay in a folder when it was adopted.
pub const ADOPTED: &str = "adopted";

/// Writes a file down.
///
/// # Errors
/// When the database fails.
pub(super) fn record(tx: &Tx<'_>, mut incoming: Incoming, now: Timestamp) -> Result<Taken, LedgerError> {
    let known = match known(tx, &incoming)? {
        Known::No(known) => known,
        Known::Yes(taken) => return Ok(taken),
    };
    let mut edited = known.filter(|known| !known.state.is_final());
    // Another handoff under an old name: the first one is written down and goes its way without its file.
    if let Some(other) = edited.take_if(|known| is_another(known, &incoming)) {
        task::set_lost(tx, &other.id)?;
    }
    if let (What::Broken, Some(known)) = (&incoming.what, &edited) {
        incoming.new.agent.clone_from(&known.agent);
        incoming.new.handoff_id.clone_from(&known.handoff_id);
        incoming.new.sender.clone_from(&known.sender);
        incoming.new.title.clone_from(&known.title);
    }
    let class = classify(tx, &mut incoming, edited.as_deref())?;
    let rests = matches!(incoming.new.state, State::Queued | State::Waiting | State::Delivered);
    let route = incoming.move_to.take().filter(|_| rests);
    if route.is_some() {
        incoming.new.state = State::Captured;
    }
    let (new, bytes) = (&incoming.new, incoming.bytes.as_deref());
    let id = match edited {
        Some(known) => {
            task::drop_dependencies(tx, &known.id)?;
            task::revise(tx, &known.id, new, bytes, now)?;
            known.id
        }
        None => task::insert(tx, new, bytes, now)?,
    };
    task::add_dependencies(tx, &id, &class.needs)?;
    fail_point!("capture.inserted");
    match route {
        Some(folder) => moving(tx, id, &incoming, folder),
        None => follow(tx, &id, &incoming, class, now),
    }
}

/// A broadcast: the file itself is archived, each agent gets a task and a copy.
///
/// # Errors
/// When the database fails.
pub(super) fn broadcast(
    tx: &Tx<'_>,
    mut whole: Incoming,
    copies: Vec<(Incoming, String)>,
    now: Timestamp,
) -> Result<Taken, LedgerError> {
    if let Known::Yes(taken) = known(tx, &whole)? {
        return Ok(taken);
    }
    let reason = whole.new.reason.clone();
    classify(tx, &mut whole, None)?;
    let fresh = whole.new.state == State::Queued;
    if fresh {
        (whole.new.state, whole.new.reason) = (State::Succeeded, reason);
    }
    let id = task::insert(tx, &whole.new, whole.bytes.as_deref(), now)?;
    let Taken::Settled { state, mut carry, released } = follow(tx, &id, &whole, Class::default(), now)? else {
        return Ok(Taken::Known);
    };
    for (copy, inbox) in copies.into_iter().filter(|_| fresh) {
        carry.push(send_copy(tx, copy, inbox, &whole, now)?);
    }
    Ok(Taken::Settled { state, carry, released })
}

fn send_copy(
    tx: &Tx<'_>,
    mut copy: Incoming,
    inbox: String,
    whole: &Incoming,
    now: Timestamp,
) -> Result<String, LedgerError> {
    copy.new.state = State::Captured;
    let id = task::insert(tx, &copy.new, copy.bytes.as_deref(), now)?;
    let name = whole.new.file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or_default();
    let delivery = outbox::New {
        kind: outbox::Kind::Copy,
        source: None,
        folder: inbox,
        name: name.to_owned(),
        hash: copy.new.input,
        bytes: copy.bytes,
    };
    outbox::add(tx, &id, &delivery)?;
    fail_point!("broadcast.copy_added");
    Ok(id)
}

/// Whether a file is written down already.
enum Known {
    Yes(Taken),
    /// It is news; the task whose file it was before, if any.
    No(Option<Box<Task>>),
}

fn known(tx: &Tx<'_>, incoming: &Incoming) -> Result<Known, LedgerError> {
    let file = incoming.new.file.as_deref().unwrap_or_default();
    let later = || Known::Yes(Taken::Later { pause: limits::EDITED_AGAIN, unfinished: false });
    let known = task::at_file(tx, file)?;
    match &known {
        Some(known) if known.input == incoming.new.input => return Ok(Known::Yes(Taken::Known)),
        Some(known) if is_under_way(known) => return Ok(later()),
        _ => {}
    }
    let hash = incoming.new.input.as_deref().unwrap_or_default();
    let (folder, _) = file.rsplit_once('/').unwrap_or(("", file));
    if mark::is_set(tx, ADOPTED, file, hash)? || incoming.read_there && outbox::put_there(tx, folder, hash)? {
        return Ok(Known::Yes(Taken::Known));
    }
    if outbox::is_coming(tx, folder, hash)? {
        return Ok(later());
    }
    Ok(Known::No(known.map(Box::new)))
}

/// Whether it is another handoff under an old name, and not the same one edited: another sender says so, and in a folder
/// that its agent tidies itself another id does too. (In a plugin's inbox giving a file another id is how a person mends a
/// clash of ids.)
fn is_another(known: &Task, incoming: &Incoming) -> bool {
    let differ = |known: &Option<String>, new: &Option<String>| known.is_some() && new.is_some() && known != new;
    let other_id = incoming.read_there && differ(&known.handoff_id, &incoming.new.handoff_id);
    other_id || differ(&known.sender, &incoming.new.sender)
}

/// Nobody may change what runs or is being moved.
fn is_under_way(known: &Task) -> bool {
    matches!(known.state, State::Captured | State::Running)
}

/// The file goes from the drop box into its agent's inbox; the task begins there.
fn moving(tx: &Tx<'_>, id: String, incoming: &Incoming, folder: String) -> Result<Taken, LedgerError> {
    let file = incoming.new.file.clone().unwrap_or_default();
    let name = file.rsplit('/').next().unwrap_or_default().to_owned();
    let hash = incoming.new.input.clone();
    let route = outbox::New { kind: outbox::Kind::Route, source: Some(file), folder, name, hash, bytes: None };
    outbox::add(tx, &id, &route)?;
    fail_point!("route.added");
    Ok(Taken::Moving(vec![id]))
}

/// What follows from the state: the archive, the reason file, the end of an answered request.
fn follow(tx: &Tx<'_>, id: &str, incoming: &Incoming, class: Class, now: Timestamp) -> Result<Taken, LedgerError> {
    let new = &incoming.new;
    let mut carry = Vec::new();
    let mut released = false;
    if let Some(request) = class.answered {
        released = close(tx, &request, id, new, now)?;
        carry.push(request.id);
    }
    if let Some(file) = new.file.as_deref().filter(|_| leaves(incoming)) {
        let archive = match incoming.what {
            What::Unrouted(_) => to_unrouted(file, new.input.clone()),
            _ => to_archive(file, new.input.clone(), new.state),
        };
        outbox::add(tx, id, &archive)?;
        if matches!(new.state, State::Quarantined | State::Failed) {
            outbox::add(tx, id, &reason_file(id, file, new, &archive, now))?;
            fail_point!("refuse.reason_added");
        }
        carry.push(id.to_owned());
    }
    if new.state == State::Failed {
        // Whoever waits for it is not to wait for ever.
        released |= dependencies::settled(tx, &task::get_in(tx, id)?, State::Failed, now)?;
    }
    if let Some(folder) = incoming.answer_folder.as_deref().filter(|_| new.state == State::Failed) {
        outbox::add(tx, id, &answer(id, folder, new, &event::head(tx)?, now))?;
    }
    Ok(match new.state {
        State::Queued => Taken::Queued { agent: new.agent.clone() },
        state => Taken::Settled { state, carry, released },
    })
}

/// Whether the file leaves its inbox at once. What an agent reads itself stays for it, but for what was there before, what
/// is refused and what cannot be read.
fn leaves(incoming: &Incoming) -> bool {
    let state = incoming.new.state;
    let turned_away = matches!(state, State::Quarantined | State::Failed | State::Duplicate);
    turned_away || state.is_final() && !incoming.read_there
}

/// Ends an external agent's task because its RETURN came, and has its file archived.
fn close(tx: &Tx<'_>, request: &Task, answer: &str, new: &task::New, now: Timestamp) -> Result<bool, LedgerError> {
    let actor = new.sender.as_deref().unwrap_or(&request.agent);
    let mut event = Event::of(request, actor, "returned", format!("its RETURN is {answer}"), State::Succeeded, now);
    event.output_hash.clone_from(&new.input);
    task::transition(tx, &event)?;
    task::set_returned(tx, &request.id, now)?;
    fail_point!("return.request_closed");
    if let Some(file) = &request.file {
        outbox::add(tx, &request.id, &to_archive(file, request.input.clone(), State::Succeeded))?;
    }
    dependencies::settled(tx, request, State::Succeeded, now)
}
