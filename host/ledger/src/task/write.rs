//! Inserts and changes tasks.

use baton_core::OutcomeKind;
use jiff::Timestamp;
use rusqlite::params;

use super::NewTask;
use super::row::base_name;
use crate::LedgerError;
use crate::database::Tx;
use crate::event::{self, Event};

/// Records a task with its captured bytes and its first event. Returns its id.
pub fn insert(tx: &Tx<'_>, new: &NewTask, bytes: Option<&[u8]>, now: Timestamp) -> Result<String, LedgerError> {
    let mut draw = tx.connection.prepare_cached("SELECT lower(hex(randomblob(8)))")?;
    let id: String = draw.query_row([], |row| row.get(0))?;
    keep_input(tx, new, bytes)?;
    let file_name = new.file.as_deref().map(base_name);
    let paths = serde_json::to_string(&new.paths).unwrap_or_else(|_| "[]".to_owned());
    let mut insert = tx.connection.prepare_cached(
        "INSERT INTO tasks (id, agent, origin, kind, handoff_id, sender, title, action, args, body, made_at, paths, priority,
                            state, reason, file, file_name, input, dedupe_key, substance, created_at, task_id, deadline,
                            chain_id, chain_phase, answers, about, reply_to)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
                 ?24, ?25, ?26, ?27, ?28)",
    )?;
    insert.execute(params![
        id,
        new.agent,
        new.origin.as_str(),
        new.kind,
        new.handoff_id,
        new.sender,
        new.title,
        new.action,
        new.args,
        new.body,
        new.made_at.map(Timestamp::as_millisecond),
        paths,
        new.priority as i64,
        new.state.as_str(),
        new.reason,
        new.file,
        file_name,
        new.input,
        new.dedupe_key,
        new.substance,
        now.as_millisecond(),
        new.task_id,
        new.deadline.map(Timestamp::as_millisecond),
        new.chain_id,
        new.chain_phase,
        new.answers,
        new.about,
        new.reply_to
    ])?;
    event::append(tx, &first_event(&id, new, "captured", now))?;
    Ok(id)
}

/// Replaces the request of a task, because its waiting file was edited. The id, the history and the time of capture
/// stay.
pub fn revise(tx: &Tx<'_>, id: &str, new: &NewTask, bytes: Option<&[u8]>, now: Timestamp) -> Result<(), LedgerError> {
    keep_input(tx, new, bytes)?;
    let mut update = tx.connection.prepare_cached(
        "UPDATE tasks SET kind = ?2, handoff_id = ?3, sender = ?4, title = ?5, action = ?6, args = ?7, body = ?8,
         made_at = ?9, priority = ?10, input = ?11, dedupe_key = ?12, substance = ?13, task_id = ?14, deadline = ?15,
         chain_id = ?16, chain_phase = ?17, agent = ?18, file = ?19, answers = ?20, reply_to = ?21, attempts = 0, answer = NULL,
         stop_asked = 0 WHERE id = ?1",
    )?;
    update.execute(params![
        id,
        new.kind,
        new.handoff_id,
        new.sender,
        new.title,
        new.action,
        new.args,
        new.body,
        new.made_at.map(Timestamp::as_millisecond),
        new.priority as i64,
        new.input,
        new.dedupe_key,
        new.substance,
        new.task_id,
        new.deadline.map(Timestamp::as_millisecond),
        new.chain_id,
        new.chain_phase,
        new.agent,
        new.file,
        new.answers,
        new.reply_to
    ])?;
    transition(tx, &first_event(id, new, "revised", now)).map(drop)
}

fn keep_input(tx: &Tx<'_>, new: &NewTask, bytes: Option<&[u8]>) -> Result<(), LedgerError> {
    if let (Some(hash), Some(bytes)) = (&new.input, bytes) {
        let mut keep = tx.connection.prepare_cached("INSERT OR IGNORE INTO inputs (hash, bytes) VALUES (?1, ?2)")?;
        keep.execute(params![hash, bytes])?;
    }
    Ok(())
}

fn first_event(id: &str, new: &NewTask, action: &str, now: Timestamp) -> Event {
    let event = Event::new(id.to_owned(), &new.actor, action, new.reason.clone(), new.state, now);
    Event { input_hash: new.input.clone(), ..event }
}

/// Sets the state and the reason in `event` and appends the event. This ends the lease and clears the due time.
pub fn transition(tx: &Tx<'_>, event: &Event) -> Result<String, LedgerError> {
    let mut update = tx.connection.prepare_cached(
        "UPDATE tasks SET state = ?2, reason = ?3, due_at = NULL, lease_owner = NULL, lease_until = NULL
         WHERE id = ?1",
    )?;
    update.execute(params![event.task, event.state.as_str(), event.reason])?;
    event::append(tx, event)
}

/// Sets when a `waiting` task is due.
pub fn set_due(tx: &Tx<'_>, id: &str, due: Timestamp) -> Result<(), LedgerError> {
    let mut update = tx.connection.prepare_cached("UPDATE tasks SET due_at = ?2 WHERE id = ?1")?;
    update.execute(params![id, due.as_millisecond()])?;
    Ok(())
}

/// Records the use of each limit by the last attempt, as a JSON object.
pub fn set_usage(tx: &Tx<'_>, id: &str, usage: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("UPDATE tasks SET usage = ?2 WHERE id = ?1")?.execute([id, usage])?;
    Ok(())
}

/// Records the outcome kind and the next steps.
pub fn set_outcome(tx: &Tx<'_>, id: &str, kind: OutcomeKind, next_steps: &[String]) -> Result<(), LedgerError> {
    let steps = (!next_steps.is_empty()).then(|| serde_json::json!(next_steps).to_string());
    let sql = "UPDATE tasks SET outcome = ?2, next_steps = ?3 WHERE id = ?1";
    tx.connection.prepare_cached(sql)?.execute(params![id, kind.as_str(), steps])?;
    Ok(())
}

/// Asks a running task to stop. The process that runs the task reads this request.
pub fn ask_to_stop(tx: &Tx<'_>, id: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("UPDATE tasks SET stop_asked = 1 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Queues a task again on behalf of a person: its attempts count from 0, and `answer` is the person's answer.
pub fn renew(tx: &Tx<'_>, id: &str, answer: Option<&str>) -> Result<(), LedgerError> {
    let sql = "UPDATE tasks SET attempts = 0, stop_asked = 0, answer = coalesce(?2, answer) WHERE id = ?1";
    tx.connection.prepare_cached(sql)?.execute(params![id, answer])?;
    Ok(())
}

/// Decrements the number of attempts, because the last attempt must not count: it was stopped, or its file or a grant was
/// missing.
pub fn give_back_attempt(tx: &Tx<'_>, id: &str) -> Result<(), LedgerError> {
    let sql = "UPDATE tasks SET attempts = max(attempts - 1, 0) WHERE id = ?1";
    tx.connection.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

/// Records that the RETURN `id` has ended its request, so that no later request is matched with this RETURN.
pub fn matched(tx: &Tx<'_>, id: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("UPDATE tasks SET answers = NULL WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Records the request that a RETURN answers.
pub fn set_request(tx: &Tx<'_>, id: &str, request: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("UPDATE tasks SET request = ?2 WHERE id = ?1")?.execute([id, request])?;
    Ok(())
}

/// Records that the RETURN was delivered.
pub fn set_returned(tx: &Tx<'_>, id: &str, at: Timestamp) -> Result<(), LedgerError> {
    let mut update = tx.connection.prepare_cached("UPDATE tasks SET returned_at = ?2 WHERE id = ?1")?;
    update.execute(params![id, at.as_millisecond()])?;
    Ok(())
}

/// Records the current path of the file. `archived` is set if the file is in the archive.
pub fn set_file(tx: &Tx<'_>, id: &str, file: &str, archived: Option<Timestamp>) -> Result<(), LedgerError> {
    let mut update = tx.connection.prepare_cached(
        "UPDATE tasks SET file = ?2, file_name = coalesce(file_name, ?4), archived_at = coalesce(?3, archived_at)
                  WHERE id = ?1",
    )?;
    update.execute(params![id, file, archived.map(Timestamp::as_millisecond), base_name(file)])?;
    Ok(())
}

/// Records that the task's file is not at its path any more: it was removed, or another file has its name.
pub fn set_lost(tx: &Tx<'_>, id: &str) -> Result<(), LedgerError> {
    tx.connection.prepare_cached("UPDATE tasks SET file = NULL WHERE id = ?1")?.execute([id])?;
    Ok(())
}
