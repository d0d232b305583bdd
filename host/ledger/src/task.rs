//! Tasks: their rows, the queue, leases, and the ways to name one. Each change of state appends its event in the same
//! transaction, through [`transition`] and nothing else.

use std::time::Duration;

use baton_core::State;
use baton_core::handoff::Priority;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::event::{self, Event};

/// What made a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file in an inbox.
    Handoff,
    /// A trigger of a plugin.
    Trigger,
    /// A person at the command line.
    Call,
}

impl Origin {
    fn as_str(self) -> &'static str {
        match self {
            Self::Handoff => "handoff",
            Self::Trigger => "trigger",
            Self::Call => "call",
        }
    }
}

/// A task as it is first written down.
#[derive(Clone, Debug)]
pub struct New {
    /// The agent that is to do it.
    pub agent: String,
    /// What made it.
    pub origin: Origin,
    /// `HANDOFF`, `RETURN`, …
    pub kind: String,
    /// The sender's id for it.
    pub handoff_id: Option<String>,
    /// The sender, as a canonical name where known.
    pub sender: Option<String>,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// A JSON object.
    pub args: String,
    /// Markdown.
    pub body: String,
    /// When the sender says that it was made.
    pub made_at: Option<Timestamp>,
    /// Of a trigger: the paths that fired it.
    pub paths: Vec<String>,
    /// How urgent.
    pub priority: Priority,
    /// Its first state.
    pub state: State,
    /// Why that state.
    pub reason: String,
    /// Where the file lies, as [`Task::file`].
    pub file: Option<String>,
    /// SHA-256 of the file's bytes; absent when it was not read.
    pub input: Option<String>,
    /// Equal for equal requests.
    pub dedupe_key: Option<String>,
    /// Equal for equal content.
    pub substance: Option<String>,
    /// Who wrote it down, for the event.
    pub actor: String,
}

/// A task as it stands.
#[derive(Clone, Debug)]
pub struct Task {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// The agent that is to do it.
    pub agent: String,
    /// What made it.
    pub origin: Origin,
    /// `HANDOFF`, `RETURN`, …
    pub kind: String,
    /// The sender's id for it.
    pub handoff_id: Option<String>,
    /// The sender.
    pub sender: Option<String>,
    /// One line.
    pub title: String,
    /// The action; absent for the agent's default.
    pub action: Option<String>,
    /// A JSON object.
    pub args: String,
    /// Markdown.
    pub body: String,
    /// When the sender says that it was made.
    pub made_at: Option<Timestamp>,
    /// Of a trigger: the paths that fired it.
    pub paths: Vec<String>,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub state: State,
    /// Why, in a sentence; may be empty.
    pub reason: String,
    /// How many attempts began.
    pub attempts: u32,
    /// Where its file lies now: relative to the workspace inside it, else absolute.
    pub file: Option<String>,
    /// SHA-256 of the file's bytes.
    pub input: Option<String>,
    /// SHA-256 of the content without its times.
    pub substance: Option<String>,
    /// When the next attempt is due, for `waiting`.
    pub due_at: Option<Timestamp>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When its RETURN was delivered.
    pub returned_at: Option<Timestamp>,
    /// When its file was archived.
    pub archived_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, agent, origin, kind, handoff_id, sender, title, action, args, body, made_at, paths, priority, \
                       state, reason, attempts, file, input, substance, due_at, created_at, returned_at, archived_at";

/// Writes a task down together with the bytes that it came from and its first event; gives its id.
///
/// # Errors
/// When the database fails.
pub fn insert(tx: &Tx<'_>, new: &New, bytes: Option<&[u8]>, now: Timestamp) -> Result<String, LedgerError> {
    let id: String = tx.connection.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
    keep_input(tx, new, bytes)?;
    let file_name = new.file.as_deref().map(base_name);
    let paths = serde_json::to_string(&new.paths).unwrap_or_else(|_| "[]".to_owned());
    let mut insert = tx.connection.prepare_cached(
        "INSERT INTO tasks (id, agent, origin, kind, handoff_id, sender, title, action, args, body, made_at, paths, priority,
                            state, reason, file, file_name, input, dedupe_key, substance, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
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
        now.as_millisecond()
    ])?;
    event::append(tx, &first_event(&id, new, "captured", now))?;
    Ok(id)
}

/// Replaces what a task asks for: its waiting file was edited. The id, the history and the time of capture stay.
///
/// # Errors
/// When the database fails.
pub fn revise(tx: &Tx<'_>, id: &str, new: &New, bytes: &[u8], now: Timestamp) -> Result<(), LedgerError> {
    keep_input(tx, new, Some(bytes))?;
    let mut update = tx.connection.prepare_cached(
        "UPDATE tasks SET kind = ?2, handoff_id = ?3, sender = ?4, title = ?5, action = ?6, args = ?7, body = ?8,
         made_at = ?9, priority = ?10, input = ?11, dedupe_key = ?12, substance = ?13, attempts = 0 WHERE id = ?1",
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
        new.substance
    ])?;
    transition(tx, &first_event(id, new, "revised", now)).map(drop)
}

fn keep_input(tx: &Tx<'_>, new: &New, bytes: Option<&[u8]>) -> Result<(), LedgerError> {
    if let (Some(hash), Some(bytes)) = (&new.input, bytes) {
        let mut keep = tx.connection.prepare_cached("INSERT OR IGNORE INTO inputs (hash, bytes) VALUES (?1, ?2)")?;
        keep.execute(params![hash, bytes])?;
    }
    Ok(())
}

fn first_event(id: &str, new: &New, action: &str, now: Timestamp) -> Event {
    Event {
        task: id.to_owned(),
        at: now,
        actor: new.actor.clone(),
        action: action.to_owned(),
        reason: new.reason.clone(),
        state: new.state,
        input_hash: new.input.clone(),
        output_hash: None,
        plugin_digest: None,
    }
}

/// Sets the state and the reason that `event` carries and appends it. The lease and the due time end with it.
///
/// # Errors
/// When the database fails.
pub fn transition(tx: &Tx<'_>, event: &Event) -> Result<String, LedgerError> {
    let mut update = tx.connection.prepare_cached(
        "UPDATE tasks SET state = ?2, reason = ?3, due_at = NULL, lease_owner = NULL, lease_until = NULL WHERE id = ?1",
    )?;
    update.execute(params![event.task, event.state.as_str(), event.reason])?;
    event::append(tx, event)
}

/// Sets when a `waiting` task is due.
///
/// # Errors
/// When the database fails.
pub fn set_due(tx: &Tx<'_>, id: &str, due: Timestamp) -> Result<(), LedgerError> {
    let mut update = tx.connection.prepare_cached("UPDATE tasks SET due_at = ?2 WHERE id = ?1")?;
    update.execute(params![id, due.as_millisecond()])?;
    Ok(())
}

/// Records that the RETURN was delivered.
///
/// # Errors
/// When the database fails.
pub fn set_returned(tx: &Tx<'_>, id: &str, at: Timestamp) -> Result<(), LedgerError> {
    let mut update = tx.connection.prepare_cached("UPDATE tasks SET returned_at = ?2 WHERE id = ?1")?;
    update.execute(params![id, at.as_millisecond()])?;
    Ok(())
}

/// Records where the file lies now; with a time, that it is archived there.
///
/// # Errors
/// When the database fails.
pub fn set_file(tx: &Tx<'_>, id: &str, file: &str, archived: Option<Timestamp>) -> Result<(), LedgerError> {
    let mut update = tx
        .connection
        .prepare_cached("UPDATE tasks SET file = ?2, archived_at = coalesce(?3, archived_at) WHERE id = ?1")?;
    update.execute(params![id, file, archived.map(Timestamp::as_millisecond)])?;
    Ok(())
}

/// Takes the next queued task of `agent`, the most urgent and then the oldest first: it becomes `running` under a lease of
/// `owner`. `None` when there is nothing to take.
///
/// # Errors
/// When the database fails.
pub fn lease_next(
    tx: &Tx<'_>,
    agent: &str,
    owner: &str,
    lease: Duration,
    now: Timestamp,
) -> Result<Option<Task>, LedgerError> {
    let mut select = tx.connection.prepare_cached(
        "SELECT id FROM tasks WHERE state = 'queued' AND agent = ?1 ORDER BY priority DESC, created_at, id LIMIT 1",
    )?;
    let id: Option<String> = select.query_row([agent], |row| row.get(0)).optional()?;
    id.map(|id| lease_task(tx, &id, owner, lease, now)).transpose()
}

/// The agents that have queued tasks.
///
/// # Errors
/// When the database fails.
pub fn agents_with_work(tx: &Tx<'_>) -> Result<Vec<String>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT DISTINCT agent FROM tasks WHERE state = 'queued'")?;
    let rows = select.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes this very task: it becomes `running` under a lease of `owner`.
///
/// # Errors
/// When the database fails or there is no such task.
pub fn lease_task(tx: &Tx<'_>, id: &str, owner: &str, lease: Duration, now: Timestamp) -> Result<Task, LedgerError> {
    let until = now.as_millisecond().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
    let mut update = tx.connection.prepare_cached(
        "UPDATE tasks SET state = 'running', reason = '', attempts = attempts + 1, due_at = NULL, lease_owner = ?2,
         lease_until = ?3 WHERE id = ?1",
    )?;
    update.execute(params![id, owner, until])?;
    get_in(tx, id)
}

/// Prolongs the lease of a running task.
///
/// # Errors
/// When the database fails.
pub fn heartbeat(tx: &Tx<'_>, id: &str, until: Timestamp) -> Result<(), LedgerError> {
    let mut update =
        tx.connection.prepare_cached("UPDATE tasks SET lease_until = ?2 WHERE id = ?1 AND state = 'running'")?;
    update.execute(params![id, until.as_millisecond()])?;
    Ok(())
}

/// Running tasks that nobody runs any more: the lease has ended, or it belongs to an owner whose name begins with
/// `gone` (the caller knows that such owners cannot be alive).
///
/// # Errors
/// When the database fails.
pub fn abandoned(tx: &Tx<'_>, gone: Option<&str>, now: Timestamp) -> Result<Vec<Task>, LedgerError> {
    let rest = "WHERE state = 'running' AND (lease_until IS NULL OR lease_until < ?1
                OR substr(lease_owner, 1, length(?2)) = ?2) ORDER BY created_at, id";
    select_in(tx, rest, params![now.as_millisecond(), gone])
}

/// Every task in `state`.
///
/// # Errors
/// When the database fails.
pub fn in_state(tx: &Tx<'_>, state: State) -> Result<Vec<Task>, LedgerError> {
    select_in(tx, "WHERE state = ?1 ORDER BY created_at, id", [state.as_str()])
}

/// Waiting tasks whose time has come.
///
/// # Errors
/// When the database fails.
pub fn due(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<Task>, LedgerError> {
    let rest = "WHERE state = 'waiting' AND (due_at IS NULL OR due_at <= ?1) ORDER BY created_at, id";
    select_in(tx, rest, [now.as_millisecond()])
}

/// When the next waiting task is due.
///
/// # Errors
/// When the database fails.
pub fn next_due(tx: &Tx<'_>) -> Result<Option<Timestamp>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT min(due_at) FROM tasks WHERE state = 'waiting'")?;
    let due: Option<i64> = select.query_row([], |row| row.get(0))?;
    due.map(timestamp).transpose()
}

/// The task with exactly this id.
///
/// # Errors
/// When the database fails or there is no such task.
pub fn get_in(tx: &Tx<'_>, id: &str) -> Result<Task, LedgerError> {
    let mut tasks = select_in(tx, "WHERE id = ?1", [id])?;
    tasks.pop().ok_or_else(|| LedgerError::Corrupt { what: "a task", value: id.to_owned() })
}

/// The first task with this dedupe key that is open or was done. A task that failed, died or was cancelled does not
/// count: dropping its file again is the way to ask again.
///
/// # Errors
/// When the database fails.
pub fn first_with_key(tx: &Tx<'_>, key: &str) -> Result<Option<Task>, LedgerError> {
    let rest = "WHERE dedupe_key = ?1 AND state NOT IN ('duplicate', 'failed', 'dead', 'cancelled', 'quarantined')
                ORDER BY created_at, id LIMIT 1";
    Ok(select_in(tx, rest, [key])?.pop())
}

/// The newest task whose file lies at `file`.
///
/// # Errors
/// When the database fails.
pub fn at_file(tx: &Tx<'_>, file: &str) -> Result<Option<Task>, LedgerError> {
    let rest = "WHERE file = ?1 AND archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1";
    Ok(select_in(tx, rest, [file])?.pop())
}

/// The open task of an external agent that a RETURN by `agent` answers: by handoff id, else by file name.
///
/// # Errors
/// When the database fails.
pub fn answered_by(tx: &Tx<'_>, handoff_id: Option<&str>, file_name: Option<&str>) -> Result<Vec<Task>, LedgerError> {
    let rest = "WHERE state = 'delivered' AND kind <> 'RETURN' AND (handoff_id = ?1 OR file_name = ?2)
                ORDER BY (handoff_id = ?1) DESC, created_at, id";
    select_in(tx, rest, params![handoff_id, file_name])
}

/// The bytes of a captured file.
///
/// # Errors
/// When the database fails.
pub fn input(tx: &Tx<'_>, hash: &str) -> Result<Option<Vec<u8>>, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT bytes FROM inputs WHERE hash = ?1")?;
    Ok(select.query_row([hash], |row| row.get(0)).optional()?)
}

/// The newest `limit` tasks, newest first.
///
/// # Errors
/// When the database fails.
pub fn recent(reader: &Reader, limit: u32) -> Result<Vec<Task>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM tasks ORDER BY created_at DESC, id LIMIT ?1");
    let mut select = reader.connection.prepare_cached(&sql)?;
    let rows = select.query_map([limit], |row| Ok(task(row)))?;
    rows.map(|row| row?).collect()
}

/// How many tasks each agent has that are not final.
///
/// # Errors
/// When the database fails.
pub fn open_by_agent(reader: &Reader) -> Result<Vec<(String, u64)>, LedgerError> {
    let sql =
        "SELECT agent, count(*) FROM tasks WHERE state IN ('captured', 'queued', 'running', 'waiting', 'needs_grant',
               'needs_human', 'needs_approval', 'delivered') GROUP BY agent";
    let mut select = reader.connection.prepare_cached(sql)?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The task that `id` means: a task id or a unique prefix of one, a handoff id, or a file name. Of several with one
/// handoff id or file name, the newest.
///
/// # Errors
/// When the database fails or a prefix is not unique.
pub fn find(reader: &Reader, id: &str) -> Result<Option<Task>, LedgerError> {
    let sql = |rest: &str| format!("SELECT {COLUMNS} FROM tasks {rest}");
    let select = |rest: &str, key: &str| -> Result<Vec<Task>, LedgerError> {
        let mut select = reader.connection.prepare_cached(&sql(rest))?;
        let rows = select.query_map([key], |row| Ok(task(row)))?;
        rows.map(|row| row?).collect()
    };
    let hexadecimal = id.len() >= 2 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal {
        let end = format!("{}g", id.to_ascii_lowercase());
        let range = format!("WHERE id >= lower(?1) AND id < '{end}' LIMIT 100");
        let mut found = select(&range, id)?;
        match found.len() {
            0 => {}
            1 => return Ok(found.pop()),
            count => return Err(LedgerError::Ambiguous { id: id.to_owned(), count }),
        }
    }
    for column in ["handoff_id", "file_name"] {
        let key = if column == "file_name" { base_name(id) } else { id };
        let newest = format!("WHERE {column} = ?1 ORDER BY state = 'duplicate', created_at DESC, id LIMIT 1");
        if let Some(found) = select(&newest, key)?.pop() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn select_in<P: rusqlite::Params>(tx: &Tx<'_>, rest: &str, params: P) -> Result<Vec<Task>, LedgerError> {
    let mut select = tx.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM tasks {rest}"))?;
    let rows = select.query_map(params, |row| Ok(task(row)))?;
    rows.map(|row| row?).collect()
}

fn task(row: &Row<'_>) -> Result<Task, LedgerError> {
    let (origin, state_name): (String, String) = (row.get(2)?, row.get(13)?);
    let paths: String = row.get(11)?;
    let optional = |at: Option<i64>| at.map(timestamp).transpose();
    Ok(Task {
        id: row.get(0)?,
        agent: row.get(1)?,
        origin: self::origin(&origin)?,
        kind: row.get(3)?,
        handoff_id: row.get(4)?,
        sender: row.get(5)?,
        title: row.get(6)?,
        action: row.get(7)?,
        args: row.get(8)?,
        body: row.get(9)?,
        made_at: optional(row.get(10)?)?,
        paths: serde_json::from_str(&paths).unwrap_or_default(),
        priority: priority(row.get(12)?),
        state: state(&state_name)?,
        reason: row.get(14)?,
        attempts: row.get(15)?,
        file: row.get(16)?,
        input: row.get(17)?,
        substance: row.get(18)?,
        due_at: optional(row.get(19)?)?,
        created_at: timestamp(row.get(20)?)?,
        returned_at: optional(row.get(21)?)?,
        archived_at: optional(row.get(22)?)?,
    })
}

pub(crate) fn timestamp(millisecond: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_millisecond(millisecond)
        .map_err(|_| LedgerError::Corrupt { what: "a time", value: millisecond.to_string() })
}

pub(crate) fn state(name: &str) -> Result<State, LedgerError> {
    name.parse().map_err(|_| LedgerError::Corrupt { what: "a state", value: name.to_owned() })
}

fn origin(name: &str) -> Result<Origin, LedgerError> {
    [Origin::Handoff, Origin::Trigger, Origin::Call]
        .into_iter()
        .find(|origin| origin.as_str() == name)
        .ok_or_else(|| LedgerError::Corrupt { what: "an origin", value: name.to_owned() })
}

fn priority(number: i64) -> Priority {
    match number {
        0 => Priority::Low,
        2 => Priority::High,
        3 => Priority::Critical,
        _ => Priority::Medium,
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    fn new(agent: &str, title: &str, priority: Priority) -> New {
        New {
            agent: agent.to_owned(),
            origin: Origin::Handoff,
            kind: "HANDOFF".to_owned(),
            handoff_id: Some(format!("id-{title}")),
            sender: None,
            title: title.to_owned(),
            action: None,
            args: "{}".to_owned(),
            body: String::new(),
            made_at: None,
            paths: Vec::new(),
            priority,
            state: State::Queued,
            reason: String::new(),
            file: Some(format!("handoffs/{agent}/01_inbox/{title}.json")),
            input: None,
            dedupe_key: Some(title.to_owned()),
            substance: None,
            actor: "baton".to_owned(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db")).unwrap();
        (folder, ledger)
    }

    #[test]
    fn the_most_urgent_goes_first_then_the_oldest() {
        let (_folder, ledger) = ledger();
        let order = ledger.write_blocking(|tx| {
            insert(tx, &new("a", "old", Priority::Medium), None, at(1))?;
            insert(tx, &new("a", "new", Priority::Medium), None, at(2))?;
            insert(tx, &new("a", "urgent", Priority::Critical), None, at(3))?;
            insert(tx, &new("b", "other", Priority::Critical), None, at(0))?;
            let mut order = Vec::new();
            while let Some(task) = lease_next(tx, "a", "me", Duration::from_secs(1), at(4))? {
                order.push(task.title);
            }
            Ok(order)
        });
        assert_eq!(order.unwrap(), ["urgent", "old", "new"]);
    }

    #[test]
    fn a_lease_that_ended_is_abandoned_and_a_heartbeat_prevents_it() {
        let (_folder, ledger) = ledger();
        let (before, after, gone) = ledger
            .write_blocking(|tx| {
                let id = insert(tx, &new("a", "x", Priority::Low), None, at(1))?;
                lease_task(tx, &id, "me", Duration::from_secs(5), at(1))?;
                heartbeat(tx, &id, at(20))?;
                let gone = abandoned(tx, Some("m"), at(10))?.len();
                Ok((abandoned(tx, None, at(10))?.len(), abandoned(tx, Some("up:"), at(21))?.len(), gone))
            })
            .unwrap();
        assert_eq!((before, after, gone), (0, 1, 1));
    }

    #[test]
    fn a_task_is_found_by_prefix_handoff_id_and_file_name() {
        let (_folder, ledger) = ledger();
        let id = ledger.write_blocking(|tx| insert(tx, &new("a", "x", Priority::Low), None, at(1))).unwrap();
        let reader = ledger.reader().unwrap();
        for name in [&id, &id[..6], "id-x", "x.json", "handoffs/a/01_inbox/x.json"] {
            assert_eq!(find(&reader, name).unwrap().map(|task| task.id).as_ref(), Some(&id), "{name}");
        }
        assert!(find(&reader, "nothing").unwrap().is_none());
    }
}
