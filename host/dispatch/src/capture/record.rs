//! The transaction of a capture: checks whether the file is recorded already, and decides the first state of its task and
//! the effects of this state.
//!
//! | the file | while its task | result |
//! |---|---|---|
//! | same bytes | exists | nothing |
//! | same bytes as when its folder was adopted | – | nothing |
//! | other bytes | waits | the same task, a new revision; from another sender a separate task |
//! | other bytes | runs, or its file is being moved | nothing yet; Baton reads the file again after the task |
//! | other bytes | is final, its file not archived | a new task |
//! | same id, under another name | waits, and its own file is missing | the same task, renamed (and edited, if the bytes differ) |
//! | same id, under another name | exists or has ended | a duplicate; if the content differs, a person is asked |
//! | missing | waits for a plugin | cancelled, unless the folder itself was replaced |
//! | missing | is delivered to an external agent | nothing: agents may delete files in their own inboxes |

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx, mark, outbox};
use fail::fail_point;
use jiff::Timestamp;

use super::answers::{ClosingReturn, answered_before, close, request_of};
use super::classify::{Classification, classify, same_key};
use super::commands;
use super::incoming::{BroadcastCopy, IncomingFile, IncomingKind};
use super::outcome::CaptureOutcome;
use super::refuse::{answer, reason_file};
use crate::context::Context;
use crate::delivery::archive::{to_archive, to_inbox, to_unrouted};
use crate::limits;
use crate::presence::{FILE_MISSING, INBOX_REPLACED, is_not_there};
use crate::settle::{dependencies, repeats, set_state};
use crate::triggers::returns;

/// The trigger name under which the ledger marks files that existed when their folder was adopted.
pub const ADOPTED_EVENT: &str = "adopted";

/// Records a file.
pub(super) fn record(
    tx: &Tx<'_>,
    context: &Context,
    mut incoming: IncomingFile,
    now: Timestamp,
) -> Result<CaptureOutcome, LedgerError> {
    let known = match known(tx, context, &incoming, now)? {
        ExistingRecord::New(known) => known,
        ExistingRecord::Known(taken) => return Ok(taken),
    };
    let mut edited = known.filter(|known| !known.state.is_final());
    // Another handoff uses the old file name: the earlier task continues without its file.
    if let Some(other) = edited.take_if(|known| is_another(known, &incoming)) {
        task::set_lost(tx, &other.id)?;
    }
    if edited.is_none() {
        match renamed(tx, context, &mut incoming, now)? {
            ExistingRecord::New(renamed) => edited = renamed,
            ExistingRecord::Known(taken) => return Ok(taken),
        }
    }
    if let (IncomingKind::Broken, Some(known)) = (&incoming.what, &edited) {
        take_over(context, &mut incoming, known);
    }
    let class = classify(tx, &mut incoming, edited.as_deref(), now)?;
    let route = incoming.move_to.take().filter(|_| is_pending(incoming.new.state));
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
    if incoming.new.state != State::Duplicate {
        commands::record(tx, context, &id, &incoming, now)?;
    }
    fail_point!("capture.inserted");
    let triggered = trigger_tasks(tx, context, &id, &incoming, class.answered.as_ref(), now)?;
    match route {
        Some(folder) => moving(tx, id, &incoming, folder, class, triggered, now),
        None => follow(tx, context, &id, &incoming, class, now).map(|taken| taken.releasing(triggered)),
    }
}

/// Makes the tasks of plugins that this RETURN triggers, unless the RETURN is a repetition. Returns whether it made a task.
fn trigger_tasks(
    tx: &Tx<'_>,
    context: &Context,
    id: &str,
    incoming: &IncomingFile,
    answered: Option<&(Task, State)>,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let Some(answers) = incoming.answers.as_ref().filter(|_| incoming.new.state != State::Duplicate) else {
        return Ok(false);
    };
    let request = match answered {
        Some((request, _)) => Some(request.clone()),
        None => request_of(tx, answers, &incoming.new.agent)?,
    };
    returns::trigger_tasks(tx, context, id, request.as_ref(), now)
}

/// True if a file stays in its inbox while its task has this state.
fn is_pending(state: State) -> bool {
    matches!(state, State::Queued | State::Waiting | State::Delivered)
}

/// Copies the facts of the task to the record of its file, which was edited and cannot be read any more: the file is still
/// the same request. The sender of a request gets a RETURN.
fn take_over(context: &Context, incoming: &mut IncomingFile, known: &Task) {
    let new = &mut incoming.new;
    new.agent.clone_from(&known.agent);
    new.kind.clone_from(&known.kind);
    new.handoff_id.clone_from(&known.handoff_id);
    new.task_id.clone_from(&known.task_id);
    new.sender.clone_from(&known.sender);
    new.reply_to.clone_from(&known.reply_to);
    new.title.clone_from(&known.title);
    let asks = known.answer_to().filter(|_| known.kind != "RETURN" && known.sender.as_deref() != Some("baton"));
    incoming.answer_folder = asks.map(|to| context.answers_for(to));
}

/// Records a broadcast: archives the file, and makes a task and a copy for each agent.
pub(super) fn broadcast(
    tx: &Tx<'_>,
    context: &Context,
    mut whole: IncomingFile,
    copies: Vec<BroadcastCopy>,
    now: Timestamp,
) -> Result<CaptureOutcome, LedgerError> {
    if let ExistingRecord::Known(taken) = known(tx, context, &whole, now)? {
        return Ok(taken);
    }
    let new = &mut whole.new;
    let mut class = Classification::default();
    match same_key(tx, new, whole.repeats_within, None, now)? {
        None => new.state = State::Succeeded,
        Some(first) if first.substance == new.substance => {
            (new.state, new.reason) = (State::Duplicate, format!("the same broadcast as {}", first.id));
            class.repeats = Some(Box::new(first));
        }
        Some(first) => {
            let reason = format!("it has the id of {} and different content: give it another handoff_id", first.id);
            (new.state, new.reason) = (State::Failed, reason);
        }
    }
    let fresh = new.state == State::Succeeded;
    let id = task::insert(tx, &whole.new, whole.bytes.as_deref(), now)?;
    let triggered = fresh && trigger_tasks(tx, context, &id, &whole, None, now)?;
    let (state, mut to_deliver, mut released) = match follow(tx, context, &id, &whole, class, now)?.releasing(triggered)
    {
        CaptureOutcome::Settled { state, to_deliver, released } => (state, to_deliver, released),
        _ => (State::Succeeded, vec![id], triggered),
    };
    for copy in copies.into_iter().filter(|_| fresh) {
        released |= send_copy(tx, context, copy, &whole, &mut to_deliver, now)?;
    }
    Ok(CaptureOutcome::Settled { state, to_deliver, released })
}

/// One agent's part of a broadcast, with the same rules as for a separate file. Returns whether other tasks may start.
fn send_copy(
    tx: &Tx<'_>,
    context: &Context,
    BroadcastCopy { incoming: mut copy, inbox }: BroadcastCopy,
    whole: &IncomingFile,
    to_deliver: &mut Vec<String>,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let class = classify(tx, &mut copy, None, now)?;
    let goes_out = !matches!(copy.new.state, State::Duplicate | State::Failed);
    if is_pending(copy.new.state) || copy.new.state == State::Succeeded {
        // The task starts when its file is delivered.
        copy.new.state = State::Captured;
    }
    let id = task::insert(tx, &copy.new, copy.bytes.as_deref(), now)?;
    task::add_dependencies(tx, &id, &class.needs)?;
    if goes_out {
        let name = whole.new.file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or_default().to_owned();
        let bytes = copy.bytes.take().unwrap_or_default();
        outbox::add(tx, &id, &outbox::NewDelivery::written(outbox::DeliveryKind::Copy, inbox, name, bytes))?;
        fail_point!("broadcast.copy_added");
    }
    to_deliver.push(id.clone());
    match follow(tx, context, &id, &copy, class, now)? {
        CaptureOutcome::Settled { to_deliver: more, released, .. } => {
            to_deliver.extend(more.into_iter().filter(|other| *other != id));
            Ok(released)
        }
        _ => Ok(false),
    }
}

/// Whether a file is recorded already.
enum ExistingRecord {
    Known(CaptureOutcome),
    /// The file is new. Contains the earlier task at the same path, if there is one.
    New(Option<Box<Task>>),
}

fn known(
    tx: &Tx<'_>,
    context: &Context,
    incoming: &IncomingFile,
    now: Timestamp,
) -> Result<ExistingRecord, LedgerError> {
    let file = incoming.new.file.as_deref().unwrap_or_default();
    let later = || ExistingRecord::Known(CaptureOutcome::Later { pause: limits::EDITED_AGAIN, unfinished: false });
    // Baton read the file, and then the file's own task archived it, or somebody deleted it.
    if is_not_there(&context.real(file)) {
        return Ok(ExistingRecord::Known(CaptureOutcome::Missing));
    }
    let known = task::at_file(tx, file)?;
    match &known {
        Some(known) if known.input == incoming.new.input => {
            found_again(tx, context, known, file, now)?;
            return Ok(ExistingRecord::Known(CaptureOutcome::Known));
        }
        Some(known) if is_under_way(known) => return Ok(later()),
        _ => {}
    }
    let hash = incoming.new.input.as_deref().unwrap_or_default();
    let (folder, _) = file.rsplit_once('/').unwrap_or(("", file));
    if mark::is_set(tx, ADOPTED_EVENT, file, hash)? || incoming.read_there && outbox::has_delivered(tx, folder, hash)? {
        return Ok(ExistingRecord::Known(CaptureOutcome::Known));
    }
    if outbox::is_being_delivered(tx, folder, hash)? {
        return Ok(later());
    }
    Ok(ExistingRecord::New(known.map(Box::new)))
}

/// Finds the task whose file was renamed to this one: the old file is missing, and both files are the same request.
fn renamed(
    tx: &Tx<'_>,
    context: &Context,
    incoming: &mut IncomingFile,
    now: Timestamp,
) -> Result<ExistingRecord, LedgerError> {
    let file = &incoming.new.file.clone().unwrap_or_default();
    if !matches!(incoming.what, IncomingKind::Request | IncomingKind::Return) {
        return Ok(ExistingRecord::New(None));
    }
    let left = |task: &Task| {
        let old = task.file.as_deref().filter(|old| old != file && task.archived_at.is_none());
        old.is_some_and(|old| is_not_there(&context.real(old)))
    };
    let Some(first) = same_key(tx, &incoming.new, incoming.repeats_within, None, now)?
        .filter(|first| !first.state.is_final() && left(first))
    else {
        return Ok(ExistingRecord::New(None));
    };
    if is_under_way(&first) {
        return Ok(ExistingRecord::Known(CaptureOutcome::Later { pause: limits::EDITED_AGAIN, unfinished: false }));
    }
    if first.input != incoming.new.input {
        return Ok(ExistingRecord::New(Some(Box::new(first))));
    }
    task::set_file(tx, &first.id, file, None)?;
    event::append(tx, &Event::of(&first, "baton", "renamed", format!("its file is now {file}"), first.state, now))?;
    if let Some(folder) = incoming.move_to.take() {
        // Somebody moved the file from the inbox into the drop box, so Baton moves it to its agent again.
        set_state(tx, &first, "routed", State::Captured, format!("moved back to {folder}"), now)?;
        return moving(tx, first.id, incoming, folder, Classification::default(), false, now)
            .map(ExistingRecord::Known);
    }
    found_again(tx, context, &first, file, now)?;
    Ok(ExistingRecord::Known(CaptureOutcome::Known))
}

/// Queues the task again if it waited because its file was missing.
fn found_again(tx: &Tx<'_>, context: &Context, task: &Task, file: &str, now: Timestamp) -> Result<(), LedgerError> {
    let missed = matches!(task.state, State::Waiting | State::NeedsHuman)
        && (task.reason == FILE_MISSING || task.reason.starts_with(INBOX_REPLACED));
    if missed && context.is_plugin(&task.agent) {
        set_state(tx, task, "queued", State::Queued, format!("its file is back: {file}"), now)?;
    }
    Ok(())
}

/// True if the file is another handoff under the same file name, and not an edit of the task's handoff. It is another
/// handoff if it has another sender or, in the inbox of an external agent, another id. (In the inbox of a plugin, two
/// handoffs with the same id are a conflict. A person resolves it by giving the file another id.)
fn is_another(known: &Task, incoming: &IncomingFile) -> bool {
    let differ = |known: &Option<String>, new: &Option<String>| known.is_some() && new.is_some() && known != new;
    let other_id = incoming.read_there && differ(&known.handoff_id, &incoming.new.handoff_id);
    other_id || differ(&known.sender, &incoming.new.sender)
}

/// Whether the task cannot be changed now, because it runs or its file is being moved.
fn is_under_way(known: &Task) -> bool {
    matches!(known.state, State::Captured | State::Running)
}

/// Moves the file from the drop box into its agent's inbox, where its task starts. If it is a RETURN, the answered
/// request ends at once.
fn moving(
    tx: &Tx<'_>,
    id: String,
    incoming: &IncomingFile,
    folder: String,
    class: Classification,
    triggered: bool,
    now: Timestamp,
) -> Result<CaptureOutcome, LedgerError> {
    let file = incoming.new.file.as_deref().unwrap_or_default();
    outbox::add(tx, &id, &to_inbox(file, incoming.new.input.clone(), folder))?;
    fail_point!("route.added");
    let mut released = triggered;
    let mut to_deliver = Vec::new();
    if let Some((request, state)) = class.answered {
        released |= close(tx, &request, answer_of(incoming, &id, &request), state, now)?;
        to_deliver.push(request.id);
    }
    to_deliver.push(id);
    Ok(CaptureOutcome::Moving { to_deliver, released })
}

/// Builds the closing RETURN for `request`. `id` is the task of the RETURN.
fn answer_of<'a>(incoming: &IncomingFile, id: &'a str, request: &Task) -> ClosingReturn<'a> {
    let own = incoming.answers.as_ref().is_some_and(|answers| answers.is_own(request));
    ClosingReturn { id, hash: incoming.new.input.clone(), own }
}

/// Applies the effects of the state: moves the file to the archive, writes the reason file, ends an answered request.
fn follow(
    tx: &Tx<'_>,
    context: &Context,
    id: &str,
    incoming: &IncomingFile,
    class: Classification,
    now: Timestamp,
) -> Result<CaptureOutcome, LedgerError> {
    let new = &incoming.new;
    let mut to_deliver = Vec::new();
    let mut released = false;
    if let Some((request, state)) = class.answered {
        released = close(tx, &request, answer_of(incoming, id, &request), state, now)?;
        to_deliver.push(request.id);
    }
    if let Some(file) = new.file.as_deref().filter(|_| leaves_inbox(incoming)) {
        let archive = match incoming.what {
            IncomingKind::Unrouted(_) => to_unrouted(file, new.input.clone()),
            _ => to_archive(file, new.input.clone(), new.state),
        };
        // The reason file is delivered before the move to the archive. If the reason file cannot be written, the file is not
        // moved, so both files stay together.
        if matches!(new.state, State::Rejected | State::Failed) {
            outbox::add(tx, id, &reason_file(id, file, new, &archive, now))?;
            fail_point!("refuse.reason_added");
        }
        outbox::add(tx, id, &archive)?;
        to_deliver.push(id.to_owned());
    }
    if matches!(new.state, State::Rejected | State::Failed | State::Cancelled) {
        let task = task::get_in(tx, id)?;
        // Tasks that depend on this task must not wait forever.
        released |= dependencies::settled(tx, &task, new.state, now)?;
        // The plugin that withdrew the request needs no RETURN.
        if let Some(folder) = incoming.answer_folder.as_ref().filter(|_| new.state != State::Cancelled) {
            outbox::add(tx, id, &answer(&task, folder, &event::head(tx)?, now))?;
            to_deliver.push(id.to_owned());
        }
    }
    if let (Some(first), Some(folder)) = (&class.repeats, &incoming.answer_folder)
        && repeats::captured(tx, id, first, folder, now)?
        && !to_deliver.iter().any(|known| known == id)
    {
        to_deliver.push(id.to_owned());
    }
    if let Some(also) = answered_before(tx, context, id, now)? {
        to_deliver.push(id.to_owned());
        return Ok(CaptureOutcome::Settled { state: State::Succeeded, to_deliver, released: released || also });
    }
    Ok(match new.state {
        State::Queued => CaptureOutcome::Queued { agent: new.agent.clone() },
        state => CaptureOutcome::Settled { state, to_deliver, released },
    })
}

/// True if Baton moves the file out of its inbox at once. The file of an external agent stays in the inbox, unless the file
/// is a duplicate, refused, withdrawn or unreadable.
fn leaves_inbox(incoming: &IncomingFile) -> bool {
    let state = incoming.new.state;
    let is_rejected = matches!(state, State::Rejected | State::Failed | State::Duplicate | State::Cancelled);
    is_rejected || state.is_final() && !incoming.read_there
}
