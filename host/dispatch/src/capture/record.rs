//! The transaction of a capture: is it known, is it a repetition, what state does it begin in, what follows from that.
//!
//! | the file | while its task | means |
//! |---|---|---|
//! | same bytes | is there | nothing |
//! | other bytes | waits | the same task, a new revision; from another sender a task of its own |
//! | other bytes | runs | nothing yet; the file is looked at again until the task has ended |
//! | other bytes | is final, its file not archived | a new task |

use baton_core::{Digest, State, file_name};
use baton_ledger::event::Event;
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx, outbox};
use jiff::Timestamp;

use super::Taken;
use super::incoming::{Answers, Incoming, What};
use crate::carry::to_archive;
use crate::limits;

/// Writes a file down.
///
/// # Errors
/// When the database fails.
pub(super) fn record(tx: &Tx<'_>, mut incoming: Incoming, now: Timestamp) -> Result<Taken, LedgerError> {
    let file = incoming.new.file.clone().unwrap_or_default();
    let known = task::at_file(tx, &file)?;
    match &known {
        Some(known) if known.input == incoming.new.input => return Ok(Taken::Known),
        Some(known) if is_under_way(known) => {
            return Ok(Taken::Later { pause: limits::EDITED_AGAIN, unfinished: false });
        }
        _ => {}
    }
    let (folder, _) = file.rsplit_once('/').unwrap_or(("", &file));
    if incoming.external && outbox::put_there(tx, folder, incoming.new.input.as_deref().unwrap_or_default())? {
        return Ok(Taken::Known);
    }
    let mut edited = known.filter(|known| !known.state.is_final());
    // Another handoff under an old name: the first one is written down and goes its way without its file.
    if let Some(other) = edited.take_if(|known| is_another(known, &incoming)) {
        task::set_lost(tx, &other.id)?;
    }
    if let (What::Broken, Some(known)) = (&incoming.what, &edited) {
        incoming.new.handoff_id.clone_from(&known.handoff_id);
        incoming.new.sender.clone_from(&known.sender);
        incoming.new.title.clone_from(&known.title);
    }
    let answered = classify(tx, &mut incoming, edited.as_ref())?;
    let (new, bytes) = (&incoming.new, incoming.bytes.as_deref());
    let id = match edited {
        Some(known) => {
            task::revise(tx, &known.id, new, bytes, now)?;
            known.id
        }
        None => task::insert(tx, new, bytes, now)?,
    };
    follow(tx, &id, &incoming, answered, now)
}

/// Whether it is another handoff under an old name, and not the same one edited: another sender says so, and in a folder
/// that its agent tidies itself another id does too. (In a plugin's inbox giving a file another id is how a person mends a
/// clash of ids.)
fn is_another(known: &Task, incoming: &Incoming) -> bool {
    let differ = |known: &Option<String>, new: &Option<String>| known.is_some() && new.is_some() && known != new;
    let other_id = incoming.external && differ(&known.handoff_id, &incoming.new.handoff_id);
    other_id || differ(&known.sender, &incoming.new.sender)
}

/// Nobody may change what runs.
fn is_under_way(known: &Task) -> bool {
    matches!(known.state, State::Captured | State::Running)
}

/// Decides the state that the file's task begins in; gives the request that it answers.
fn classify(tx: &Tx<'_>, incoming: &mut Incoming, edited: Option<&Task>) -> Result<Option<Task>, LedgerError> {
    let new = &mut incoming.new;
    if let What::Broken = incoming.what {
        new.state = State::Quarantined;
        return Ok(None);
    }
    let except = edited.map(|known| known.id.as_str());
    let first = new.dedupe_key.as_deref().map(|key| task::first_with_key(tx, key, except)).transpose()?.flatten();
    if let Some(first) = first {
        (new.state, new.reason) = repeated(&first, new);
        return Ok(None);
    }
    new.state = if incoming.external { State::Delivered } else { State::Queued };
    let What::Return(answers) = &incoming.what else {
        if edited.is_some() {
            "the file was edited; its new content counts".clone_into(&mut new.reason);
        }
        return Ok(None);
    };
    // A RETURN is never run.
    if !incoming.external {
        new.state = State::Succeeded;
    }
    let (answered, reason) = find_request(tx, answers, &new.agent)?;
    new.reason = reason;
    Ok(answered)
}

/// The same key was there before: the same request again, or another one under its name.
fn repeated(first: &Task, new: &task::New) -> (State, String) {
    if first.substance == new.substance {
        return (State::Duplicate, format!("the same request as {}", first.id));
    }
    let reason = format!(
        "it has the id of {} and asks for something else; give it another handoff_id or take one of them away",
        first.id
    );
    (State::NeedsHuman, reason)
}

/// The one open request that a RETURN in `inbox`'s inbox answers, and what to say of it.
fn find_request(tx: &Tx<'_>, answers: &Answers, inbox: &str) -> Result<(Option<Task>, String), LedgerError> {
    let original = &answers.original;
    // An unknown signature may end a request only where its sender reads the answer, and by its id.
    let unknown = answers.by.is_empty();
    let file_name = original.file_name.as_deref().filter(|_| !unknown);
    let mut found = task::answered_by(tx, original.handoff_id.as_deref(), file_name)?;
    found.retain(
        |request| if unknown { request.sender.as_deref() == Some(inbox) } else { answers.by.contains(&request.agent) },
    );
    // Of several the one whose sender reads the answer here.
    if found.iter().any(|request| request.sender.as_deref() == Some(inbox)) {
        found.retain(|request| request.sender.as_deref() == Some(inbox));
    }
    Ok(match found.len() {
        0 => (None, "it answers no request that is open here".to_owned()),
        1 => {
            let reason = found.first().map(|request| format!("it answers {}", request.id)).unwrap_or_default();
            (found.pop(), reason)
        }
        several => (None, format!("it could answer {several} open requests, so it ends none of them")),
    })
}

/// What follows from the state: the archive, the reason file, the end of an answered request.
fn follow(
    tx: &Tx<'_>,
    id: &str,
    incoming: &Incoming,
    answered: Option<Task>,
    now: Timestamp,
) -> Result<Taken, LedgerError> {
    let new = &incoming.new;
    let mut carry = Vec::new();
    if let Some(request) = answered {
        close(tx, &request, id, new, now)?;
        carry.push(request.id);
    }
    // What cannot be read is nobody's obligation; everything else stays in the inbox of an agent that reads it itself.
    let leaves = new.state == State::Quarantined || new.state.is_final() && !incoming.external;
    if let Some(file) = new.file.as_deref().filter(|_| leaves) {
        let archive = to_archive(file, new.input.clone(), new.state);
        outbox::add(tx, id, &archive)?;
        if new.state == State::Quarantined {
            outbox::add(tx, id, &reason_file(id, file, new, &archive, now))?;
        }
        carry.push(id.to_owned());
    }
    Ok(match new.state {
        State::Queued => Taken::Queued { agent: new.agent.clone() },
        state => Taken::Settled(state, carry),
    })
}

/// Ends an external agent's task because its RETURN came, and has its file archived.
fn close(tx: &Tx<'_>, request: &Task, answer: &str, new: &task::New, now: Timestamp) -> Result<(), LedgerError> {
    let actor = new.sender.as_deref().unwrap_or(&request.agent);
    let mut event = Event::of(request, actor, "returned", format!("its RETURN is {answer}"), State::Succeeded, now);
    event.output_hash.clone_from(&new.input);
    task::transition(tx, &event)?;
    task::set_returned(tx, &request.id, now)?;
    if let Some(file) = &request.file {
        outbox::add(tx, &request.id, &to_archive(file, request.input.clone(), State::Succeeded))?;
    }
    Ok(())
}

/// `NAME.reason.json`, cut so that it fits.
fn reason_file(id: &str, file: &str, new: &task::New, archive: &outbox::New, now: Timestamp) -> outbox::New {
    let ending = ".reason.json";
    let stem = file_name::cut(&archive.name, file_name::MAX_NAME_BYTES - ending.len());
    let object = serde_json::json!({
        "file": file, "task": id, "state": new.state.as_str(), "reason": new.reason, "sha256": new.input,
        "at": now.to_string(),
    });
    let bytes = format!("{object:#}\n").into_bytes();
    outbox::New {
        kind: outbox::Kind::Reason,
        source: None,
        folder: archive.folder.clone(),
        name: format!("{stem}{ending}"),
        hash: Some(Digest::of(&bytes).to_string()),
        bytes: Some(bytes),
    }
}
