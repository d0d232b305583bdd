//! From a file in an inbox to a row in the ledger: read it once, understand it, find out whether it is news, and write
//! bytes and record down in one transaction. Nothing else happens before that.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_core::handoff::{self, Handoff, Kind, MAX_BYTES, ParseError};
use baton_core::{Digest, State, dedupe, file_name};
use baton_intake::{Captured, IntakeError, Seen, Whole, whole};
use baton_ledger::event::Event;
use baton_ledger::{LedgerError, Tx, outbox, task};
use jiff::Timestamp;

use crate::carry::to_archive;
use crate::house::House;
use crate::{Agent, AgentKind};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is a task of this agent now (or a new revision of one); it waits for its turn.
    Queued {
        /// The agent that has work now.
        agent: String,
    },
    /// It is written down in this state and there is something to deliver or to move for these tasks.
    Carry(State, Vec<String>),
    /// It is written down, or was before; nothing more to do.
    Kept,
    /// It is not whole; look again after this long.
    Later {
        /// How long.
        pause: Duration,
        /// It was read and ends too early.
        unfinished: bool,
    },
    /// It is not for Baton (a directory, a link); said once.
    Ignored(String),
    /// It is gone.
    Gone,
}

/// Reads the file at `path` in the inbox of `agent` and writes it down.
///
/// # Errors
/// When the ledger fails or the file cannot be read for a reason that may pass.
pub(crate) async fn capture(
    house: &House,
    agent: &Agent,
    path: PathBuf,
    seen: Seen,
    unfinished: bool,
) -> Result<Taken, crate::DispatchError> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
        return Ok(Taken::Ignored("its name is not UTF-8; rename it".to_owned()));
    };
    if agent.kind == AgentKind::External && !is_handoff_name(&name) {
        return Ok(Taken::Ignored("it is neither .json nor .md and stays where it is".to_owned()));
    }
    let file = house.shown(&path);
    let looked = tokio::task::spawn_blocking(move || look(&path, seen, unfinished)).await;
    let read = match looked.map_err(|_| LedgerError::Closed)? {
        Ok(Looked::Whole(captured)) => captured,
        Ok(Looked::Later(pause)) => return Ok(Taken::Later { pause, unfinished }),
        Err(IntakeError::Gone { .. }) => return Ok(Taken::Gone),
        Err(error @ IntakeError::NotAFile { .. }) => return Ok(Taken::Ignored(error.to_string())),
        Err(error @ IntakeError::TooLarge { .. }) => {
            return write_broken(house, agent, file, &name, None, error.to_string()).await;
        }
        Err(error) => return Err(error.into()),
    };
    match understand(&name, &read.bytes) {
        Ok(handoff) => write_handoff(house, agent, file, read, handoff).await,
        Err(error) if error.may_be_unfinished() => {
            match whole(Seen::Complete, read.modified, true, SystemTime::now()) {
                Whole::In(pause) => Ok(Taken::Later { pause, unfinished: true }),
                Whole::Now => write_broken(house, agent, file, &name, Some(read), error.to_string()).await,
            }
        }
        Err(error) => write_broken(house, agent, file, &name, Some(read), error.to_string()).await,
    }
}

enum Looked {
    Whole(Captured),
    Later(Duration),
}

fn look(path: &Path, seen: Seen, unfinished: bool) -> Result<Looked, IntakeError> {
    if seen == Seen::Present || unfinished {
        let metadata = path.symlink_metadata().map_err(|_| IntakeError::Gone { path: path.to_owned() })?;
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        // The minute for what ends too early is asked for after reading, where an edit in between is noticed.
        if let Whole::In(pause) = whole(seen, modified, false, SystemTime::now()) {
            return Ok(Looked::Later(pause));
        }
    }
    baton_intake::capture(path, MAX_BYTES).map(Looked::Whole)
}

fn is_handoff_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".json", ".md", ".markdown"].iter().any(|ending| lower.ends_with(ending))
}

fn understand(name: &str, bytes: &[u8]) -> Result<Handoff, ParseError> {
    handoff::parse(name, bytes)
}

async fn write_handoff(
    house: &House,
    agent: &Agent,
    file: String,
    read: Captured,
    handoff: Handoff,
) -> Result<Taken, crate::DispatchError> {
    let (new, original) = (new_task(house, agent, file, &read, &handoff), handoff.original);
    let external = agent.kind == AgentKind::External;
    let now = Timestamp::now();
    let job = move |tx: &Tx<'_>| record(tx, new, &read.bytes, original.as_ref(), external, now);
    Ok(house.ledger.write(job).await?)
}

fn record(
    tx: &Tx<'_>,
    mut new: task::New,
    bytes: &[u8],
    original: Option<&handoff::Original>,
    external: bool,
    now: Timestamp,
) -> Result<Taken, LedgerError> {
    let file = new.file.clone().unwrap_or_default();
    if let Some(known) = task::at_file(tx, &file)? {
        return revisit(tx, &known, new, bytes, now);
    }
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", &file));
    if external && outbox::put_there(tx, folder, name, new.input.as_deref().unwrap_or_default())? {
        return Ok(Taken::Kept);
    }
    let first = new.dedupe_key.as_deref().map(|key| task::first_with_key(tx, key)).transpose()?.flatten();
    if let Some(first) = first {
        return repeat(tx, &first, new, bytes, external, now);
    }
    if new.kind == Kind::Return.as_str() {
        return answer(tx, new, bytes, original, external, now);
    }
    new.state = if external { State::Delivered } else { State::Queued };
    task::insert(tx, &new, Some(bytes), now)?;
    Ok(if external { Taken::Kept } else { Taken::Queued { agent: new.agent } })
}

/// The file is known. With other bytes it was edited: while it does not run, the task asks for the new content.
fn revisit(
    tx: &Tx<'_>,
    known: &task::Task,
    mut new: task::New,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Taken, LedgerError> {
    let waits = matches!(
        known.state,
        State::Queued
            | State::Waiting
            | State::NeedsGrant
            | State::NeedsHuman
            | State::NeedsApproval
            | State::Delivered
    );
    if known.input == new.input || !waits {
        return Ok(Taken::Kept);
    }
    new.state = if known.state == State::Delivered { State::Delivered } else { State::Queued };
    "the file was edited; its new content counts".clone_into(&mut new.reason);
    task::revise(tx, &known.id, &new, bytes, now)?;
    Ok(if new.state == State::Queued { Taken::Queued { agent: new.agent } } else { Taken::Kept })
}

/// The same request was there before.
fn repeat(
    tx: &Tx<'_>,
    first: &task::Task,
    mut new: task::New,
    bytes: &[u8],
    external: bool,
    now: Timestamp,
) -> Result<Taken, LedgerError> {
    if first.substance == new.substance {
        new.state = State::Duplicate;
        new.reason = format!("the same request as {}", first.id);
    } else {
        new.state = State::NeedsHuman;
        new.reason = format!(
            "it has the id of {} and asks for something else; give it another handoff_id or take one of them away",
            first.id
        );
    }
    let file = new.file.clone().unwrap_or_default();
    let (state, id) = (new.state, task::insert(tx, &new, Some(bytes), now)?);
    if state.is_final() && !external {
        outbox::add(tx, &id, &to_archive(&file, state))?;
        return Ok(Taken::Carry(state, vec![id]));
    }
    Ok(Taken::Kept)
}

/// A RETURN is never run. It ends the request that it answers; in a plugin's inbox it is then archived.
fn answer(
    tx: &Tx<'_>,
    mut new: task::New,
    bytes: &[u8],
    original: Option<&handoff::Original>,
    external: bool,
    now: Timestamp,
) -> Result<Taken, LedgerError> {
    let mut carry = Vec::new();
    let file = new.file.clone().unwrap_or_default();
    let answered =
        original.map(|o| task::answered_by(tx, o.handoff_id.as_deref(), o.file_name.as_deref())).transpose()?;
    let answered = answered.unwrap_or_default();
    new.reason = match answered.first() {
        Some(request) => format!("it answers {}", request.id),
        None => "it answers no request that is open here".to_owned(),
    };
    new.state = if external { State::Delivered } else { State::Succeeded };
    let state = new.state;
    let id = task::insert(tx, &new, Some(bytes), now)?;
    if let Some(request) = answered.first() {
        carry.extend(close(tx, request, &id, &new, now)?);
    }
    if !external {
        outbox::add(tx, &id, &to_archive(&file, State::Succeeded))?;
        carry.push(id);
    }
    Ok(if carry.is_empty() { Taken::Kept } else { Taken::Carry(state, carry) })
}

/// Ends an external agent's task because its RETURN came, and has its file archived.
fn close(
    tx: &Tx<'_>,
    request: &task::Task,
    answer: &str,
    new: &task::New,
    now: Timestamp,
) -> Result<Option<String>, LedgerError> {
    let event = Event {
        task: request.id.clone(),
        at: now,
        actor: new.sender.clone().unwrap_or_else(|| request.agent.clone()),
        action: "returned".to_owned(),
        reason: format!("its RETURN is {answer}"),
        state: State::Succeeded,
        input_hash: request.input.clone(),
        output_hash: new.input.clone(),
        plugin_digest: None,
    };
    task::transition(tx, &event)?;
    task::set_returned(tx, &request.id, now)?;
    let Some(file) = &request.file else {
        return Ok(None);
    };
    outbox::add(tx, &request.id, &to_archive(file, State::Succeeded))?;
    Ok(Some(request.id.clone()))
}

/// Writes down a file that is no handoff, to be moved to `03_failed` with its reason beside it.
async fn write_broken(
    house: &House,
    agent: &Agent,
    file: String,
    name: &str,
    read: Option<Captured>,
    reason: String,
) -> Result<Taken, crate::DispatchError> {
    let named = file_name::parse(name);
    let new = task::New {
        agent: agent.name.clone(),
        origin: task::Origin::Handoff,
        kind: named.kind.unwrap_or_else(|| "HANDOFF".to_owned()),
        handoff_id: None,
        sender: None,
        title: named.title.unwrap_or_else(|| name.to_owned()),
        action: None,
        args: "{}".to_owned(),
        body: String::new(),
        made_at: named.made_at,
        paths: Vec::new(),
        priority: handoff::Priority::default(),
        state: State::Quarantined,
        reason,
        file: Some(file.clone()),
        input: read.as_ref().map(|read| read.hash.to_string()),
        dedupe_key: None,
        substance: None,
        actor: "baton".to_owned(),
    };
    tracing::warn!(%file, reason = %new.reason, "quarantined");
    let now = Timestamp::now();
    let job = move |tx: &Tx<'_>| {
        if task::at_file(tx, &file)?.is_some_and(|known| known.state == State::Quarantined) {
            return Ok(Taken::Kept);
        }
        let id = task::insert(tx, &new, read.as_ref().map(|read| read.bytes.as_slice()), now)?;
        let archive = to_archive(&file, State::Quarantined);
        let reason = reason_file(&id, &file, &new, &archive, now);
        outbox::add(tx, &id, &archive)?;
        outbox::add(tx, &id, &reason)?;
        Ok(Taken::Carry(State::Quarantined, vec![id]))
    };
    Ok(house.ledger.write(job).await?)
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

fn new_task(house: &House, agent: &Agent, file: String, read: &Captured, handoff: &Handoff) -> task::New {
    let roster = house.roster();
    let canonical = |spelling: &String| roster.resolve(spelling).map_or_else(|| spelling.clone(), |a| a.name.clone());
    let substance = dedupe::substance(handoff.raw.as_ref(), &read.bytes);
    let sender = handoff.from.as_ref().map(canonical);
    if let Some(to) = handoff.to.as_ref().filter(|to| !roster.same(to, &agent.name) && canonical(to) != agent.name) {
        tracing::warn!(%file, %to, agent = %agent.name, "the handoff names another agent; the folder decides");
    }
    let mended = handoff.mended.join("; ");
    task::New {
        agent: agent.name.clone(),
        origin: task::Origin::Handoff,
        kind: handoff.kind.as_str().to_owned(),
        handoff_id: handoff.id.clone(),
        sender: sender.clone(),
        title: handoff.title.clone(),
        action: handoff.action.clone(),
        args: serde_json::Value::Object(handoff.args.clone()).to_string(),
        body: handoff.body.clone(),
        made_at: handoff.created_at,
        paths: Vec::new(),
        priority: handoff.priority,
        state: State::Captured,
        reason: mended,
        file: Some(file),
        input: Some(read.hash.to_string()),
        dedupe_key: Some(dedupe::key(&agent.name, handoff, &substance).to_string()),
        substance: Some(substance.to_string()),
        actor: sender.unwrap_or_else(|| "baton".to_owned()),
    }
}
