//! The chain of events: what happened, when it happened, who did it and why. Each event has the hash of the previous event.
//!
//! The hash covers every column and the previous hash. So a check finds every row that was edited, deleted or moved. The
//! hash is computed inside the transaction that appends the event. So two processes cannot append two successors of the same
//! event.
//!
//! An event's hash is SHA-256, as 64 lower-case hexadecimal digits, over ten texts in this order: `prev` (the hash of
//! the previous event; 64 zeros for the first event), `task`, `at` (milliseconds since 1970 in UTC, in decimal),
//! `actor`, `action`, `reason`, `state`, `input_hash`, `output_hash`, `plugin_digest`. For each text, its length in
//! bytes is hashed as an unsigned 64-bit little-endian number, followed by its UTF-8 bytes. A null is the empty text.
//! `seq` is not hashed: it counts from 1 without gaps in the order of the chain.

use baton_core::{Digest, State};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::task::{Task, sql_list, state_list};

/// The previous hash of the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An event before it is appended to the chain.
#[derive(Clone, Debug)]
pub struct Event {
    pub task: String,
    pub at: Timestamp,
    /// `baton`, `operator` or an agent.
    pub actor: String,
    /// What happened: `captured`, `started`, `returned`, …
    pub action: String,
    /// The reason of the event as a sentence; may be empty.
    pub reason: String,
    /// The state of the task after the event.
    pub state: State,
    /// SHA-256 of the handoff's bytes.
    pub input_hash: Option<String>,
    /// SHA-256 of the output.
    pub output_hash: Option<String>,
    /// SHA-256 of the plugin's component that ran.
    pub plugin_digest: Option<String>,
}

impl Event {
    /// An event without hashes. `task` is the id of a task, or a fixed word for an event without a task.
    #[must_use]
    pub fn new(task: String, actor: &str, action: &str, reason: String, state: State, at: Timestamp) -> Self {
        Self {
            task,
            at,
            actor: actor.to_owned(),
            action: action.to_owned(),
            reason,
            state,
            input_hash: None,
            output_hash: None,
            plugin_digest: None,
        }
    }

    /// An event of `task` by `actor`.
    #[must_use]
    pub fn of(task: &Task, actor: &str, action: &str, reason: String, state: State, at: Timestamp) -> Self {
        Self { input_hash: task.input.clone(), ..Self::new(task.id.clone(), actor, action, reason, state, at) }
    }
}

/// An event in the chain.
#[derive(Clone, Debug)]
pub struct RecordedEvent {
    /// The number of the event, from 1 without gaps.
    pub seq: i64,
    pub event: Event,
    pub hash: String,
}

/// Appends `event` and returns the new head of the chain.
pub fn append(tx: &Tx<'_>, event: &Event) -> Result<String, LedgerError> {
    let prev = head(tx)?;
    let at = event.at.as_millisecond();
    let hash = hash(&prev, event);
    let mut insert = tx.connection.prepare_cached(
        "INSERT INTO events (task, at, actor, action, reason, state, input_hash, output_hash, plugin_digest, prev, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    insert.execute(params![
        event.task,
        at,
        event.actor,
        event.action,
        event.reason,
        event.state.as_str(),
        event.input_hash,
        event.output_hash,
        event.plugin_digest,
        prev,
        hash
    ])?;
    Ok(hash)
}

/// The hash of the newest event.
pub fn head(tx: &Tx<'_>) -> Result<String, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT hash FROM events ORDER BY seq DESC LIMIT 1")?;
    let head = select.query_row([], |row| row.get(0)).optional()?;
    Ok(head.unwrap_or_else(|| GENESIS.to_owned()))
}

/// The SQL of [`of_task`].
pub(crate) const OF_TASK: &str =
    "SELECT seq, task, at, actor, action, reason, state, input_hash, output_hash, plugin_digest, hash
     FROM events WHERE task = ?1 ORDER BY seq";

/// The events of a task, oldest first. Pruned events are missing.
pub fn of_task(reader: &Reader, task: &str) -> Result<Vec<RecordedEvent>, LedgerError> {
    let mut select = reader.connection.prepare_cached(OF_TASK)?;
    let rows = select.query_map([task], |row| Ok(recorded(row)))?;
    rows.map(|row| row?).collect()
}

/// The newest event of a task.
pub fn newest_of(reader: &Reader, task: &str) -> Result<Option<RecordedEvent>, LedgerError> {
    let mut select = reader.connection.prepare_cached(&format!("{OF_TASK} DESC LIMIT 1"))?;
    select.query_row([task], |row| Ok(recorded(row))).optional()?.transpose()
}

/// The actor of the newest event of a task with this action.
pub fn newest_actor(tx: &Tx<'_>, task: &str, action: &str) -> Result<Option<String>, LedgerError> {
    let sql = "SELECT actor FROM events WHERE task = ?1 AND action = ?2 ORDER BY seq DESC LIMIT 1";
    Ok(tx.connection.prepare_cached(sql)?.query_row([task, action], |row| row.get(0)).optional()?)
}

/// The number of the newest event; 0 when the chain is empty.
pub fn newest(reader: &Reader) -> Result<i64, LedgerError> {
    read_newest(&reader.connection)
}

/// As [`newest`], in a transaction.
pub fn newest_in(tx: &Tx<'_>) -> Result<i64, LedgerError> {
    read_newest(tx.connection)
}

fn read_newest(connection: &Connection) -> Result<i64, LedgerError> {
    let sql = "SELECT coalesce(max(seq), 0) FROM events";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Selects events.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFilter {
    /// Only events that set one of these states or have one of [`EventFilter::actions`]. If both lists are empty, all
    /// events.
    pub states: &'static [State],
    /// See [`EventFilter::states`].
    pub actions: &'static [&'static str],
}

impl EventFilter {
    fn sql(self) -> String {
        if self.states.is_empty() && self.actions.is_empty() {
            return "true".to_owned();
        }
        let (states, actions) = (state_list(self.states), sql_list(self.actions.iter().copied()));
        format!("(state IN ({states}) OR action IN ({actions}))")
    }
}

/// A range of event numbers: greater than `after`, up to and including `last`.
#[derive(Clone, Copy, Debug)]
pub struct EventRange {
    pub after: i64,
    pub last: i64,
}

/// Calls `each` for every event of the range that matches the filter, oldest first.
pub fn each_in(
    reader: &Reader,
    range: EventRange,
    choice: EventFilter,
    mut each: impl FnMut(RecordedEvent) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let sql = format!(
        "SELECT seq, task, at, actor, action, reason, state, input_hash, output_hash, plugin_digest, hash
         FROM events WHERE seq > ?1 AND seq <= ?2 AND {} ORDER BY seq",
        choice.sql()
    );
    let mut select = reader.connection.prepare_cached(&sql)?;
    let mut rows = select.query([range.after, range.last])?;
    while let Some(row) = rows.next()? {
        each(recorded(row)?)?;
    }
    Ok(())
}

/// The state of a task before this event. `None` for the task's first event, or if the task's earlier events were pruned.
pub fn state_before(reader: &Reader, task: &str, seq: i64) -> Result<Option<State>, LedgerError> {
    let sql = "SELECT state FROM events WHERE task = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT 1";
    let mut select = reader.connection.prepare_cached(sql)?;
    let state: Option<String> = select.query_row(params![task, seq], |row| row.get(0)).optional()?;
    state.map(|state| crate::task::state(&state)).transpose()
}

/// Whether a task has an event with this action since that time.
pub fn has_since(tx: &Tx<'_>, task: &str, action: &str, since: Timestamp) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM events WHERE task = ?1 AND action = ?2 AND at >= ?3 LIMIT 1";
    let mut select = tx.connection.prepare_cached(sql)?;
    Ok(select.query_row(params![task, action, since.as_millisecond()], |_| Ok(())).optional()?.is_some())
}

/// Whether a task has an event with this action at exactly this time.
pub fn has(reader: &Reader, task: &str, action: &str, at: Timestamp) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM events WHERE task = ?1 AND action = ?2 AND at = ?3 LIMIT 1";
    let mut select = reader.connection.prepare_cached(sql)?;
    Ok(select.query_row(params![task, action, at.as_millisecond()], |_| Ok(())).optional()?.is_some())
}

fn recorded(row: &Row<'_>) -> Result<RecordedEvent, LedgerError> {
    let state: String = row.get(6)?;
    let event = Event {
        task: row.get(1)?,
        at: crate::task::timestamp(row.get(2)?)?,
        actor: row.get(3)?,
        action: row.get(4)?,
        reason: row.get(5)?,
        state: crate::task::state(&state)?,
        input_hash: row.get(7)?,
        output_hash: row.get(8)?,
        plugin_digest: row.get(9)?,
    };
    Ok(RecordedEvent { seq: row.get(0)?, event, hash: row.get(10)? })
}

fn hash(prev: &str, event: &Event) -> String {
    let at = event.at.as_millisecond().to_string();
    let optional = [&event.input_hash, &event.output_hash, &event.plugin_digest];
    let [input, output, plugin] = optional.map(|column| column.as_deref().unwrap_or_default());
    let state = event.state.as_str();
    let Event { task, actor, action, reason, .. } = event;
    hash_of([prev, task, &at, actor, action, reason, state, input, output, plugin])
}

/// The hash over the columns, in the order that the module documentation states. NULL counts as the empty text.
pub(crate) fn hash_of(columns: [&str; 10]) -> String {
    Digest::of_parts(&columns.map(str::as_bytes)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    fn event(action: &str) -> Event {
        Event::new("t".to_owned(), "baton", action, String::new(), State::Queued, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn each_event_has_the_hash_of_the_previous_event() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let first = ledger.write_blocking(|tx| append(tx, &event("captured"))).unwrap();
        let second = ledger.write_blocking(|tx| append(tx, &event("queued"))).unwrap();
        assert_eq!(first, hash(GENESIS, &event("captured")));
        assert_eq!(second, hash(&first, &event("queued")));
        let events = of_task(&ledger.reader().unwrap(), "t").unwrap();
        assert_eq!(events.iter().map(|e| e.event.action.as_str()).collect::<Vec<_>>(), ["captured", "queued"]);
    }
}
