//! The requests that an agent has sent, and the RETURNs to them.

use baton_core::State;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::Task;
use super::claim::RETURN_PENDING;
use super::row::{light_sql, select_sql, state_list, task};
use crate::LedgerError;
use crate::database::Reader;
use crate::return_check;

/// The number of a task's newest event.
const NEWEST: &str = "coalesce((SELECT max(seq) FROM events WHERE events.task = tasks.id), 0)";

/// Selects requests of one sender.
#[derive(Clone, Debug, Default)]
pub struct SentFilter {
    pub sender: String,
    /// Only requests to this agent.
    pub agent: Option<String>,
    /// Only requests of this chain. A request without a chain counts as a chain whose id is the id of the request's task.
    pub chain: Option<String>,
    /// Only requests in one of these states; requests in any state if this list is empty. While the RETURN to a succeeded
    /// request waits to be captured or checked, the request counts as delivered.
    pub states: Vec<State>,
    /// Only requests with an event after this time.
    pub since: Option<Timestamp>,
}

impl SentFilter {
    fn sql(&self) -> String {
        let states = if self.states.is_empty() { String::new() } else { self.states_sql() };
        format!(
            "WHERE sender = ?1 AND kind <> 'RETURN' AND (?2 IS NULL OR agent = ?2)
             AND (?3 IS NULL OR coalesce(chain_id, id) = ?3) {states}
             AND (?4 IS NULL OR EXISTS (SELECT 1 FROM events WHERE events.task = tasks.id AND at > ?4))"
        )
    }

    fn states_sql(&self) -> String {
        let checks = return_check::pending_condition("tasks.id");
        format!(
            "AND CASE WHEN state = 'succeeded' AND ({RETURN_PENDING} OR {checks}) THEN 'delivered' ELSE state END IN ({})",
            state_list(&self.states)
        )
    }

    pub(super) fn list_sql(&self) -> String {
        light_sql(&format!("{} AND (?5 IS NULL OR {NEWEST} < ?5) ORDER BY {NEWEST} DESC LIMIT ?6", self.sql()))
    }

    pub(super) fn count_sql(&self) -> String {
        format!("SELECT count(*) FROM tasks {}", self.sql())
    }
}

/// The requests that the filter selects, at most `limit`. The requests with the newest events come first. With `before`,
/// selects only requests whose newest event has a smaller number.
pub fn sent_by(
    reader: &Reader,
    filter: &SentFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Task>, LedgerError> {
    let mut select = reader.connection.prepare_cached(&filter.list_sql())?;
    let since = filter.since.map(Timestamp::as_millisecond);
    let rows = select
        .query_map(params![filter.sender, filter.agent, filter.chain, since, before, limit], |row| Ok(task(row)))?;
    rows.map(|row| row?).collect()
}

/// The number of requests that the filter selects.
pub fn count_sent(reader: &Reader, filter: &SentFilter) -> Result<u64, LedgerError> {
    let mut select = reader.connection.prepare_cached(&filter.count_sql())?;
    let since = filter.since.map(Timestamp::as_millisecond);
    let count: i64 = select.query_row(params![filter.sender, filter.agent, filter.chain, since], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// The request with exactly this task id, if `sender` sent it.
pub fn sent_with_id(reader: &Reader, sender: &str, id: &str) -> Result<Option<Task>, LedgerError> {
    select_one(reader, SENT_WITH_ID, sender, id)
}

/// The newest request of `sender` with exactly this `handoff_id`. Returns a duplicate only if all matching requests are
/// duplicates.
pub fn sent_as(reader: &Reader, sender: &str, handoff_id: &str) -> Result<Option<Task>, LedgerError> {
    select_one(reader, SENT_AS, sender, handoff_id)
}

/// The condition of [`sent_with_id`]. The `+` prevents the use of the index of senders, because a sender has many tasks.
pub(super) const SENT_WITH_ID: &str = "WHERE id = ?2 AND +sender = ?1 AND kind <> 'RETURN'";

/// The condition of [`sent_as`].
pub(super) const SENT_AS: &str = "WHERE handoff_id = ?2 AND +sender = ?1 AND kind <> 'RETURN'
     ORDER BY state = 'duplicate', created_at DESC, rowid DESC LIMIT 1";

fn select_one(reader: &Reader, rest: &str, sender: &str, id: &str) -> Result<Option<Task>, LedgerError> {
    let mut select = reader.connection.prepare_cached(&select_sql(rest))?;
    select.query_row([sender, id], |row| Ok(task(row))).optional()?.transpose()
}

/// The newest RETURN of an agent to a request.
pub fn newest_return(reader: &Reader, request: &str) -> Result<Option<Task>, LedgerError> {
    let rest = "WHERE request = ?1 AND kind = 'RETURN' ORDER BY created_at DESC, rowid DESC LIMIT 1";
    let mut select = reader.connection.prepare_cached(&select_sql(rest))?;
    select.query_row([request], |row| Ok(task(row))).optional()?.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{self, Event};
    use crate::outbox::{self, DeliveryKind, NewDelivery};
    use crate::task::{NewTask, Origin, insert, transition};
    use crate::{Ledger, Tx};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn requests_of_a_sender_are_listed_by_their_newest_event_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            let new = |sender: &str, title: &str| NewTask {
                sender: Some(sender.to_owned()),
                title: title.to_owned(),
                chain_id: (title != "one").then(|| "c".to_owned()),
                ..NewTask::blank("a", Origin::Handoff, State::Delivered)
            };
            let one = insert(tx, &new("me", "one"), None, at(1))?;
            insert(tx, &new("me", "two"), None, at(2))?;
            insert(tx, &new("other", "three"), None, at(3))?;
            let done = Event::new(one.clone(), "a", "answered", String::new(), State::Succeeded, at(9));
            transition(tx, &done).map(|_| one)
        };
        let one = ledger.write_blocking(job).unwrap();
        let reader = ledger.reader().unwrap();
        let mine = SentFilter { sender: "me".to_owned(), ..SentFilter::default() };
        let titles = |filter: &SentFilter, before, limit| {
            let tasks = sent_by(&reader, filter, before, limit).unwrap();
            tasks.into_iter().map(|task| task.title).collect::<Vec<_>>()
        };
        assert_eq!(titles(&mine, None, 10), ["one", "two"]);
        assert_eq!(titles(&mine, None, 1), ["one"]);
        let newest = event::of_task(&reader, &one).unwrap().last().unwrap().seq;
        assert_eq!(titles(&mine, Some(newest), 10), ["two"]);
        assert_eq!(count_sent(&reader, &mine).unwrap(), 2);
        for (filter, found) in [
            (SentFilter { states: vec![State::Delivered], ..mine.clone() }, "two"),
            (SentFilter { chain: Some(one.clone()), ..mine.clone() }, "one"),
            (SentFilter { chain: Some("c".to_owned()), ..mine.clone() }, "two"),
            (SentFilter { since: Some(at(5)), ..mine.clone() }, "one"),
        ] {
            assert_eq!(titles(&filter, None, 10), [found], "{filter:?}");
            assert_eq!(count_sent(&reader, &filter).unwrap(), 1, "{filter:?}");
        }
        assert!(titles(&SentFilter { agent: Some("b".to_owned()), ..mine.clone() }, None, 10).is_empty());

        // The next RETURN to the request is not captured yet.
        let written = NewDelivery::written(DeliveryKind::Handoff, "in".to_owned(), "r.json".to_owned(), vec![1]);
        let id = one.clone();
        ledger.write_blocking(move |tx: &Tx<'_>| outbox::add(tx, &id, &written).map(drop)).unwrap();
        let states = |states: &[State]| SentFilter { states: states.to_vec(), ..mine.clone() };
        assert_eq!(count_sent(&reader, &states(&[State::Succeeded])).unwrap(), 0);
        assert_eq!(titles(&states(&[State::Delivered]), None, 10), ["one", "two"]);
    }

    #[test]
    fn a_request_is_found_by_exactly_its_id_and_sender() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            let new = |state| NewTask {
                sender: Some("me".to_owned()),
                handoff_id: Some("h".to_owned()),
                title: "title".to_owned(),
                ..NewTask::blank("a", Origin::Handoff, state)
            };
            let first = insert(tx, &new(State::Delivered), None, at(1))?;
            insert(tx, &new(State::Duplicate), None, at(2))?;
            Ok(first)
        };
        let id = ledger.write_blocking(job).unwrap();
        let reader = ledger.reader().unwrap();
        assert_eq!(sent_with_id(&reader, "me", &id).unwrap().unwrap().id, id);
        assert_eq!(sent_as(&reader, "me", "h").unwrap().unwrap().id, id);
        assert!(sent_with_id(&reader, "other", &id).unwrap().is_none());
        for name in ["title", &id[..8], ""] {
            assert!(sent_with_id(&reader, "me", name).unwrap().is_none(), "{name}");
            assert!(sent_as(&reader, "me", name).unwrap().is_none(), "{name}");
        }
    }
}
