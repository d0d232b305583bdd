//! The state in which a file's task begins: is it a repetition, is it refused, does it wait for others, whom does it answer.

use baton_core::State;
use baton_core::guard::{Before, refusal};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};

use super::incoming::{Answers, Incoming, What};
use crate::dependencies::{Standing, standing};

/// What a file is, beside its state.
#[derive(Debug, Default)]
pub(super) struct Class {
    /// The request that it answers.
    pub(super) answered: Option<Task>,
    /// What it has to wait for.
    pub(super) needs: Vec<String>,
}

/// Decides the state that the file's task begins in. `edited` is the task whose file it was before.
///
/// # Errors
/// When the database fails.
pub(super) fn classify(tx: &Tx<'_>, incoming: &mut Incoming, edited: Option<&Task>) -> Result<Class, LedgerError> {
    let new = &mut incoming.new;
    match &incoming.what {
        What::Broken => {
            new.state = State::Quarantined;
            return Ok(Class::default());
        }
        What::Unrouted(reason) => {
            (new.state, new.reason) = (State::Failed, reason.clone());
            return Ok(Class::default());
        }
        What::Request | What::Return(_) => {}
    }
    let except = edited.map(|known| known.id.as_str());
    let first = new.dedupe_key.as_deref().map(|key| task::first_with_key(tx, key, except)).transpose()?.flatten();
    if let Some(first) = first {
        (new.state, new.reason) = repeated(&first, new);
        return Ok(Class::default());
    }
    new.state = if incoming.external { State::Delivered } else { State::Queued };
    let What::Return(answers) = &incoming.what else {
        if edited.is_some() {
            "the file was edited; its new content counts".clone_into(&mut new.reason);
        }
        return request(tx, incoming);
    };
    // A RETURN is never run.
    if !incoming.external {
        new.state = State::Succeeded;
    }
    let (answered, reason) = find_request(tx, answers, &new.agent)?;
    new.reason = reason;
    Ok(Class { answered, needs: Vec::new() })
}

/// The same key was there before: the same request again, or another one under its name.
fn repeated(first: &Task, new: &task::New) -> (State, String) {
    if first.substance == new.substance {
        return (State::Duplicate, format!("the same request as {}", first.id));
    }
    let reason = format!(
        "it has the id of {} and asks for something else: give it another handoff_id, or `baton retry` it, or `baton cancel` it",
        first.id
    );
    (State::NeedsHuman, reason)
}

/// A new request: whether it goes round in circles, and what it waits for.
fn request(tx: &Tx<'_>, incoming: &mut Incoming) -> Result<Class, LedgerError> {
    let new = &mut incoming.new;
    let before = incoming.follows.as_deref().map(|id| task::named(tx, id)).transpose()?.flatten();
    if let Some(before) = &before {
        new.chain_id = new.chain_id.take().or_else(|| before.chain_id.clone()).or_else(|| Some(before.id.clone()));
        new.chain_phase = new.chain_phase.or_else(|| Some(before.chain_phase.unwrap_or(1).saturating_add(1)));
    }
    let known = before.as_ref().map(|before| Before { kind: &before.kind, title: &before.title });
    if let Some(reason) = refusal(&new.kind, &new.title, new.chain_phase.unwrap_or(1), known) {
        (new.state, new.reason) = (State::Failed, reason);
        return Ok(Class::default());
    }
    // An external agent has the file already.
    if incoming.external || incoming.depends_on.is_empty() {
        return Ok(Class::default());
    }
    let own: Vec<&str> = [&new.handoff_id, &new.task_id].into_iter().flatten().map(String::as_str).collect();
    let mut needs = Vec::new();
    match standing(tx, &own, &incoming.depends_on)? {
        Standing::Free => {}
        Standing::Circle(reason) => (new.state, new.reason) = (State::Failed, reason),
        Standing::Broken(reason) => (new.state, new.reason) = (State::NeedsHuman, reason),
        Standing::Open(open) => {
            (new.state, new.reason) = (State::Waiting, format!("it waits for {}", open.join(", ")));
            needs = open;
        }
    }
    Ok(Class { answered: None, needs })
}

/// The one open request that a RETURN in `inbox`'s inbox answers, and what to say of it.
fn find_request(tx: &Tx<'_>, answers: &Answers, inbox: &str) -> Result<(Option<Task>, String), LedgerError> {
    let original = &answers.original;
    // An unknown signature may end a request only where its sender reads the answer, and by its id.
    let unknown = answers.by.is_empty();
    let known = |field: &'_ Option<String>| field.clone().filter(|_| !unknown);
    let named = task::Answered {
        handoff_id: original.handoff_id.clone(),
        file_name: known(&original.file_name),
        task_id: known(&original.task_id),
        token: known(&original.token),
    };
    let mut found = task::answered_by(tx, &named)?;
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
