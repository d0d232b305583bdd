//! Queries over past tasks: the newest tasks of a period, open requests of external agents, refuted RETURNs, the bytes of a
//! task's handoff. They only read. Each query uses an index, so its cost does not depend on the length of the ledger.

use baton_core::file_name::cut;
use baton_core::{Evidence, OutcomeKind, State};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::Origin;
use super::row::{evidence, origin, outcome, state, timestamp};
use crate::LedgerError;
use crate::database::Reader;

/// The maximum length of titles, reasons and other texts of agents, in bytes. Longer texts are cut.
pub const TEXT_BYTES: usize = 1 << 10;

/// The columns of a [`HistoryEntry`], in the order that [`entry`] reads. A task ends with the first event that has its
/// current state. Later events (the RETURN, the archive) have the same state. Old events have the former name of the state
/// `rejected`.
const COLUMNS: &str =
    "id, agent, sender, title, kind, origin, action, state, reason, attempts, created_at, deadline, file,
     CASE WHEN state IN ('succeeded', 'disputed', 'failed', 'dead', 'cancelled', 'duplicate', 'rejected') THEN coalesce(
       (SELECT at FROM events WHERE task = tasks.id
          AND (state = tasks.state OR state = 'quarantined' AND tasks.state = 'rejected') ORDER BY seq LIMIT 1),
       returned_at, archived_at) END,
     outcome, evidence";

/// A task in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    pub id: String,
    pub agent: String,
    pub sender: Option<String>,
    /// The title of the task, in one line.
    pub title: String,
    /// The kind of the task: `HANDOFF`, `RETURN`, …
    pub kind: String,
    pub origin: Origin,
    /// The requested action; `None` for the agent's default action.
    pub action: Option<String>,
    pub state: State,
    /// The outcome kind; `None` if the plugin reported no outcome.
    pub outcome: Option<OutcomeKind>,
    /// As [`Task::evidence`](super::Task::evidence).
    pub evidence: Option<Evidence>,
    /// The reason of the current state as a sentence; may be empty.
    pub reason: String,
    /// The number of attempts that have started.
    pub attempts: u32,
    pub created_at: Timestamp,
    /// When the task reached its final state.
    pub ended_at: Option<Timestamp>,
    /// The deadline of the sender.
    pub deadline: Option<Timestamp>,
    /// As [`Task::file`](super::Task::file).
    pub file: Option<String>,
}

impl HistoryEntry {
    /// The size of an entry in bytes: its texts and its other fields.
    fn bytes(&self) -> usize {
        let optional = [&self.sender, &self.action, &self.file];
        let optional: usize = optional.into_iter().flatten().map(String::len).sum();
        [&self.id, &self.agent, &self.title, &self.kind, &self.reason].map(String::len).iter().sum::<usize>()
            + optional
            + 128
    }
}

/// The limits of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimit {
    /// The maximum number of tasks.
    pub most: u32,
    /// The maximum number of bytes of all entries together.
    pub bytes: usize,
}

/// The result of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    pub entries: Vec<HistoryEntry>,
    /// True if entries were left out because of [`HistoryLimit::bytes`].
    pub is_full: bool,
}

/// The tasks that were captured at `since` or later and before `until`, newest first.
pub fn newest(
    reader: &Reader,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    room: HistoryLimit,
) -> Result<HistoryPage, LedgerError> {
    let since = since.map_or(i64::MIN, from_millisecond);
    let until = until.map_or(i64::MAX, from_millisecond);
    read(reader, &newest_sql(), params![since, until, room.most], room)
}

pub(super) fn newest_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM tasks WHERE created_at >= ?1 AND created_at < ?2 ORDER BY created_at DESC, rowid DESC LIMIT ?3"
    )
}

/// The requests that external agents have not answered, oldest first.
pub fn unanswered(reader: &Reader, room: HistoryLimit) -> Result<HistoryPage, LedgerError> {
    read(reader, &unanswered_sql(), params![room.most], room)
}

pub(super) fn unanswered_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM tasks WHERE state = 'delivered' AND kind <> 'RETURN' ORDER BY created_at, rowid LIMIT ?1"
    )
}

/// The newest refuted RETURN of each disputed request, in the order of the requests, oldest first.
pub fn disputed(reader: &Reader, room: HistoryLimit) -> Result<HistoryPage, LedgerError> {
    read(reader, &disputed_sql(), params![room.most], room)
}

pub(super) fn disputed_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM (SELECT (SELECT id FROM tasks WHERE request = asked.id AND evidence = 'refuted'
           ORDER BY created_at DESC, rowid DESC LIMIT 1) AS refuted
           FROM tasks AS asked WHERE state = 'disputed' ORDER BY created_at, rowid LIMIT ?1)
         JOIN tasks ON tasks.id = refuted"
    )
}

/// The stored file of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputCopy {
    /// The ledger has no task with this id.
    NoTask,
    /// The task had no file, or the file was not read, or its bytes were pruned.
    Nothing,
    /// The bytes of the file.
    Bytes(Vec<u8>),
}

/// The captured bytes of the task with exactly this id.
pub fn captured(reader: &Reader, id: &str) -> Result<InputCopy, LedgerError> {
    let mut select = reader.connection.prepare_cached(CAPTURED)?;
    let bytes: Option<Option<Vec<u8>>> = select.query_row([id], |row| row.get(0)).optional()?;
    Ok(match bytes {
        None => InputCopy::NoTask,
        Some(None) => InputCopy::Nothing,
        Some(Some(bytes)) => InputCopy::Bytes(bytes),
    })
}

pub(super) const CAPTURED: &str =
    "SELECT inputs.bytes FROM tasks LEFT JOIN inputs ON inputs.hash = tasks.input WHERE tasks.id = ?1";

/// Rounds up to whole milliseconds, because the ledger stores whole milliseconds.
fn from_millisecond(at: Timestamp) -> i64 {
    let floor = at.as_nanosecond().div_euclid(1_000_000);
    let whole = if at.as_nanosecond().rem_euclid(1_000_000) == 0 { floor } else { floor + 1 };
    i64::try_from(whole).unwrap_or(i64::MAX)
}

fn read(
    reader: &Reader,
    sql: &str,
    params: impl rusqlite::Params,
    room: HistoryLimit,
) -> Result<HistoryPage, LedgerError> {
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let (mut entries, mut left) = (Vec::new(), room.bytes);
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        match left.checked_sub(entry.bytes()) {
            Some(rest) => left = rest,
            None => return Ok(HistoryPage { entries, is_full: true }),
        }
        entries.push(entry);
    }
    Ok(HistoryPage { entries, is_full: false })
}

fn entry(row: &Row<'_>) -> Result<HistoryEntry, LedgerError> {
    let short = |column| {
        row.get_ref(column)?.as_str().map(|text| cut(text, TEXT_BYTES).to_owned()).map_err(rusqlite::Error::from)
    };
    let optional = |column| -> Result<Option<String>, rusqlite::Error> {
        let text = row.get_ref(column)?.as_str_or_null()?;
        Ok(text.map(|text| cut(text, TEXT_BYTES).to_owned()))
    };
    let at = |column| row.get::<_, Option<i64>>(column)?.map(timestamp).transpose();
    Ok(HistoryEntry {
        id: row.get(0)?,
        agent: row.get(1)?,
        sender: optional(2)?,
        title: short(3)?,
        kind: short(4)?,
        origin: origin(&short(5)?)?,
        action: optional(6)?,
        state: state(&short(7)?)?,
        reason: short(8)?,
        attempts: row.get(9)?,
        created_at: timestamp(row.get(10)?)?,
        deadline: at(11)?,
        file: row.get(12)?,
        ended_at: at(13)?,
        outcome: outcome(row.get(14)?)?,
        evidence: evidence(row.get(15)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{self, Event};
    use crate::task::{self, NewTask};
    use crate::{Ledger, Tx};

    const ALL: HistoryLimit = HistoryLimit { most: 100, bytes: 1 << 20 };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn new(title: &str, state: State) -> NewTask {
        NewTask { title: title.to_owned(), ..NewTask::blank("a", Origin::Handoff, state) }
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        (folder, ledger)
    }

    fn titles(found: &HistoryPage) -> Vec<&str> {
        found.entries.iter().map(|entry| entry.title.as_str()).collect()
    }

    #[test]
    fn a_period_lists_its_tasks_newest_first_within_both_bounds() {
        let (_folder, ledger) = ledger();
        let insert = |tx: &Tx<'_>| {
            for (title, second) in [("one", 1), ("two", 2), ("two again", 2), ("three", 3)] {
                task::insert(tx, &new(title, State::Queued), None, at(second))?;
            }
            Ok(())
        };
        ledger.write_blocking(insert).unwrap();
        let reader = ledger.reader().unwrap();
        let newest = |since, until, most| newest(&reader, since, until, HistoryLimit { most, ..ALL }).unwrap();
        assert_eq!(titles(&newest(None, None, 9)), ["three", "two again", "two", "one"]);
        assert_eq!(titles(&newest(None, None, 1)), ["three"]);
        assert_eq!(titles(&newest(Some(at(2)), Some(at(3)), 9)), ["two again", "two"]);
        let after = Timestamp::from_nanosecond(2_000_000_001).unwrap();
        assert_eq!(titles(&newest(Some(after), None, 9)), ["three"], "between two milliseconds");
        assert_eq!(titles(&newest(None, Some(after), 9)), ["two again", "two", "one"]);
        assert!(newest(Some(at(3)), Some(at(1)), 9).entries.is_empty());
    }

    #[test]
    fn a_task_ends_with_the_first_event_of_its_final_state() {
        let (_folder, ledger) = ledger();
        let live = |tx: &Tx<'_>| {
            let id = task::insert(tx, &new("done", State::Queued), None, at(1))?;
            let known = task::get_in(tx, &id)?;
            let step = |action: &str, state, second| Event::of(&known, "a", action, String::new(), state, at(second));
            task::transition(tx, &step("started", State::Running, 2))?;
            task::transition(tx, &step("succeeded", State::Succeeded, 3))?;
            event::append(tx, &step("returned", State::Succeeded, 4))?;
            task::insert(tx, &new("open", State::Queued), None, at(5))?;
            task::insert(tx, &new("twice", State::Duplicate), None, at(6))
        };
        ledger.write_blocking(live).unwrap();
        let found = newest(&ledger.reader().unwrap(), None, None, ALL).unwrap();
        let ended: Vec<_> = found.entries.iter().map(|entry| entry.ended_at).collect();
        assert_eq!(ended, [Some(at(6)), None, Some(at(3))]);
    }

    #[test]
    fn omitted_entries_are_reported_and_long_texts_are_cut() {
        let (_folder, ledger) = ledger();
        let long = "ä".repeat(TEXT_BYTES);
        let insert = move |tx: &Tx<'_>| {
            let (first, second) = (new(&long, State::Queued), new("short", State::Queued));
            task::insert(tx, &first, None, at(1))?;
            task::insert(tx, &second, None, at(2))
        };
        ledger.write_blocking(insert).unwrap();
        let reader = ledger.reader().unwrap();
        let found = newest(&reader, None, None, ALL).unwrap();
        assert!(!found.is_full && found.entries[1].title.len() == TEXT_BYTES);
        let found = newest(&reader, None, None, HistoryLimit { most: 9, bytes: 1_000 }).unwrap();
        assert!(found.is_full && titles(&found) == ["short"], "{found:?}");
    }

    #[test]
    fn only_delivered_requests_are_unanswered() {
        let (_folder, ledger) = ledger();
        let insert = |tx: &Tx<'_>| {
            let answer = NewTask { kind: "RETURN".to_owned(), ..new("answer", State::Delivered) };
            for (one, second) in [
                (new("second", State::Delivered), 2),
                (new("first", State::Delivered), 1),
                (new("queued", State::Queued), 3),
                (answer, 4),
            ] {
                task::insert(tx, &one, None, at(second))?;
            }
            Ok(())
        };
        ledger.write_blocking(insert).unwrap();
        assert_eq!(titles(&unanswered(&ledger.reader().unwrap(), ALL).unwrap()), ["first", "second"]);
    }

    #[test]
    fn a_task_without_bytes_differs_from_a_missing_task() {
        let (_folder, ledger) = ledger();
        let insert = |tx: &Tx<'_>| {
            let with = NewTask { input: Some("h".to_owned()), ..new("with", State::Queued) };
            let pruned = NewTask { input: Some("gone".to_owned()), ..new("pruned", State::Queued) };
            let with = task::insert(tx, &with, Some(b"bytes"), at(1))?;
            Ok([
                with,
                task::insert(tx, &pruned, None, at(1))?,
                task::insert(tx, &new("without", State::Queued), None, at(1))?,
            ])
        };
        let [with, pruned, without] = ledger.write_blocking(insert).unwrap();
        let reader = ledger.reader().unwrap();
        assert_eq!(captured(&reader, &with).unwrap(), InputCopy::Bytes(b"bytes".to_vec()));
        assert_eq!(captured(&reader, &pruned).unwrap(), InputCopy::Nothing);
        assert_eq!(captured(&reader, &without).unwrap(), InputCopy::Nothing);
        assert_eq!(captured(&reader, &with[..6]).unwrap(), InputCopy::NoTask, "the beginning of an id is not an id");
    }
}
