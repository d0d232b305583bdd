//! Claims: leases of requests on which external agents work.
//!
//! A claimed request keeps its state `delivered` or `disputed`. Its lease has the name of the holder (one session of the
//! agent) and the time at which the claim ends if nobody renews it. Every transition of the task ends the claim, see
//! [`super::transition`].

use baton_core::State;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Task;
use super::row::{light_sql, sql_list, task, timestamp};
use crate::LedgerError;
use crate::database::{Reader, Tx};

/// The condition for requests that an agent can claim.
const CLAIMABLE: &str = "state IN ('delivered', 'disputed') AND kind <> 'RETURN'";

/// The claims. The index `tasks_claimed` contains only claimed tasks.
const CLAIMS: &str = "SELECT id, agent, lease_owner, lease_until FROM tasks
                      WHERE state IN ('delivered', 'disputed') AND lease_owner IS NOT NULL";

/// Whether a RETURN to the request `tasks.id` was written and is not captured yet. If a task has an outcome, its delivered
/// handoffs are requests of its plugin, not RETURNs.
pub(super) const RETURN_PENDING: &str =
    "(outcome IS NULL AND (SELECT count(*) FROM outbox WHERE task = tasks.id AND kind = 'handoff' AND state <> 'lost')
    > (SELECT count(*) FROM tasks AS r WHERE r.request = tasks.id AND r.kind = 'RETURN'))";

/// The open tasks of an agent: requests without a RETURN, and RETURNs. The most urgent tasks come first, then the oldest.
/// `only` is an additional condition.
fn inbox_sql(only: &str) -> String {
    light_sql(&format!(
        "WHERE state IN ('delivered', 'disputed') AND agent = ?1 AND NOT ({RETURN_PENDING}) {only}
         ORDER BY priority DESC, created_at, rowid LIMIT ?2"
    ))
}

/// The frequent queries, for the test of their query plans.
#[cfg(test)]
pub(super) fn frequent_queries() -> [String; 2] {
    [CLAIMS.to_owned(), format!("{CLAIMS} AND id = ?1")]
}

/// A claim of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The task id of the request.
    pub task: String,
    /// The agent of the request.
    pub agent: String,
    /// The session that holds the claim.
    pub holder: String,
    /// When the claim ends.
    pub until: Timestamp,
}

/// Claims a delivered request for `holder`, or renews its claim. The caller checks that no other session holds the
/// claim. Returns whether the request can be claimed.
pub fn claim(tx: &Tx<'_>, id: &str, holder: &str, until: Timestamp) -> Result<bool, LedgerError> {
    let sql = format!("UPDATE tasks SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1 AND {CLAIMABLE}");
    let changed = tx.connection.prepare_cached(&sql)?.execute(params![id, holder, until.as_millisecond()])?;
    Ok(changed > 0)
}

/// Renews every claim of `holder`.
pub fn renew_claims(tx: &Tx<'_>, holder: &str, until: Timestamp) -> Result<(), LedgerError> {
    let sql = "UPDATE tasks SET lease_until = ?2 WHERE state IN ('delivered', 'disputed') AND lease_owner = ?1";
    tx.connection.prepare_cached(sql)?.execute(params![holder, until.as_millisecond()])?;
    Ok(())
}

/// Ends the claim of a request.
pub fn end_claim(tx: &Tx<'_>, id: &str) -> Result<(), LedgerError> {
    let sql =
        "UPDATE tasks SET lease_owner = NULL, lease_until = NULL WHERE id = ?1 AND state IN ('delivered', 'disputed')";
    tx.connection.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

/// The claim of a request; `None` if no session has claimed the request.
pub fn claim_of(tx: &Tx<'_>, id: &str) -> Result<Option<Claim>, LedgerError> {
    let mut select = tx.connection.prepare_cached(&format!("{CLAIMS} AND id = ?1"))?;
    select.query_row([id], |row| Ok(read(row))).optional()?.transpose()
}

/// All claims, including claims that have expired.
pub fn claims_in(tx: &Tx<'_>) -> Result<Vec<Claim>, LedgerError> {
    read_claims(tx.connection)
}

/// As [`claims_in`], for a reader.
pub fn claims(reader: &Reader) -> Result<Vec<Claim>, LedgerError> {
    read_claims(&reader.connection)
}

fn read_claims(connection: &Connection) -> Result<Vec<Claim>, LedgerError> {
    let mut select = connection.prepare_cached(CLAIMS)?;
    let rows = select.query_map([], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Whether a RETURN to this request was written through Baton and is not captured yet.
pub fn is_return_pending_in(tx: &Tx<'_>, id: &str) -> Result<bool, LedgerError> {
    read_return_pending(tx.connection, id)
}

/// As [`is_return_pending_in`], for a reader.
pub fn is_return_pending(reader: &Reader, id: &str) -> Result<bool, LedgerError> {
    read_return_pending(&reader.connection, id)
}

fn read_return_pending(connection: &Connection, id: &str) -> Result<bool, LedgerError> {
    let sql = format!("SELECT {RETURN_PENDING} FROM tasks WHERE id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?)
}

/// The open tasks of `agent` (requests and RETURNs) without arguments and bodies, at most `limit`. The most urgent tasks
/// come first, then the oldest.
pub fn inbox(reader: &Reader, agent: &str, limit: u32) -> Result<Vec<Task>, LedgerError> {
    select_inbox(reader, "", agent, limit)
}

/// As [`inbox`], without RETURNs.
pub fn requests_in_inbox(reader: &Reader, agent: &str, limit: u32) -> Result<Vec<Task>, LedgerError> {
    select_inbox(reader, "AND kind <> 'RETURN'", agent, limit)
}

fn select_inbox(reader: &Reader, only: &str, agent: &str, limit: u32) -> Result<Vec<Task>, LedgerError> {
    let mut select = reader.connection.prepare_cached(&inbox_sql(only))?;
    let rows = select.query_map(params![agent, limit], |row| Ok(task(row)))?;
    rows.map(|row| row?).collect()
}

/// The newest tasks that `agent` received or sent, newest first, among the newest ten thousand of the ledger.
pub fn of_agent(reader: &Reader, agent: &str, limit: usize) -> Result<Vec<Task>, LedgerError> {
    let newest = "WHERE rowid IN (SELECT rowid FROM tasks ORDER BY created_at DESC, rowid DESC LIMIT 10000)";
    let sql =
        light_sql(&format!("{newest} AND (agent = ?1 OR sender = ?1) ORDER BY created_at DESC, rowid DESC LIMIT ?2"));
    let mut select = reader.connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = select.query_map(params![agent, limit], |row| Ok(task(row)))?;
    rows.map(|row| row?).collect()
}

/// The tasks of `agent` that became available after event number `seq`: by a new file, an answer, a retry, or a claim that
/// ended.
pub fn changed_after(reader: &Reader, agent: &str, seq: i64) -> Result<Vec<String>, LedgerError> {
    let sql = "SELECT DISTINCT e.task FROM events AS e JOIN tasks AS t ON t.id = e.task
               WHERE e.seq > ?2 AND t.agent = ?1 AND t.state IN ('delivered', 'disputed')
               AND e.action NOT IN ('claimed', 'progress', 'handed_off', 'reminded', 'escalated', 'review', 'run_started')";
    let mut select = reader.connection.prepare_cached(sql)?;
    let rows = select.query_map(params![agent, seq], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The requests that `agent` sent and that ended after event number `seq`, if a plugin or Baton ended them. At most 200.
/// (The RETURN of an external agent is a separate task in the inbox of `agent`.)
pub fn ended_after(reader: &Reader, agent: &str, seq: i64) -> Result<Vec<Task>, LedgerError> {
    let ended = State::ALL.into_iter().filter(|state| state.is_final() && *state != State::Duplicate);
    let ended = sql_list(ended.map(State::as_str));
    let rest = format!(
        "WHERE +sender = ?1 AND agent <> ?1 AND kind <> 'RETURN' AND evidence IS NULL AND state IN ({ended})
         AND id IN (SELECT task FROM events WHERE seq > ?2) ORDER BY created_at, rowid LIMIT 200"
    );
    let mut select = reader.connection.prepare_cached(&light_sql(&rest))?;
    let rows = select.query_map(params![agent, seq], |row| Ok(task(row)))?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<Claim, LedgerError> {
    let until: Option<i64> = row.get(3)?;
    Ok(Claim {
        task: row.get(0)?,
        agent: row.get(1)?,
        holder: row.get(2)?,
        until: until.map_or(Ok(Timestamp::UNIX_EPOCH), timestamp)?,
    })
}

#[cfg(test)]
mod tests {
    use baton_core::OutcomeKind;

    use super::*;
    use crate::Ledger;
    use crate::event::Event;
    use crate::outbox::{self, DeliveryKind, NewDelivery};
    use crate::task::{NewTask, Origin, get_in, insert, set_outcome, transition};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_claim_is_held_renewed_and_ended_by_every_transition() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            let new =
                |kind: &str, state| NewTask { kind: kind.to_owned(), ..NewTask::blank("a", Origin::Handoff, state) };
            let request = insert(tx, &new("HANDOFF", State::Delivered), None, at(1))?;
            let answer = insert(tx, &new("RETURN", State::Delivered), None, at(1))?;
            let queued = insert(tx, &new("HANDOFF", State::Queued), None, at(1))?;
            let claimed = [&request, &answer, &queued].map(|id| claim(tx, id, "mcp:1", at(60)));
            let claimed: Vec<bool> = claimed.into_iter().collect::<Result<_, _>>()?;
            renew_claims(tx, "mcp:2", at(90))?;
            renew_claims(tx, "mcp:1", at(80))?;
            let held = claim_of(tx, &request)?;
            let all = claims_in(tx)?;
            let request = get_in(tx, &request)?;
            transition(tx, &Event::of(&request, "a", "asked", String::new(), State::NeedsHuman, at(5)))?;
            transition(tx, &Event::of(&request, "operator", "answered", String::new(), State::Delivered, at(6)))?;
            Ok((claimed, held, all, claim_of(tx, &request.id)?))
        };
        let (claimed, held, all, later) = ledger.write_blocking(job).unwrap();
        assert_eq!(claimed, [true, false, false]);
        let held = held.unwrap();
        assert_eq!((held.holder.as_str(), held.until), ("mcp:1", at(80)));
        assert_eq!((all, later), (vec![held], None));
    }

    #[test]
    fn requests_of_a_plugin_are_not_returns() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            let id = insert(tx, &NewTask::blank("a", Origin::Handoff, State::Delivered), None, at(1))?;
            let written = NewDelivery::written(DeliveryKind::Handoff, "in".to_owned(), "r.json".to_owned(), vec![1]);
            outbox::add(tx, &id, &written)?;
            let of_agent = is_return_pending_in(tx, &id)?;
            set_outcome(tx, &id, OutcomeKind::Done, &[])?;
            Ok((of_agent, is_return_pending_in(tx, &id)?))
        };
        assert_eq!(ledger.write_blocking(job).unwrap(), (true, false));
    }

    #[test]
    fn what_became_available_after_an_event_is_listed_once() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            let first = insert(tx, &NewTask::blank("a", Origin::Handoff, State::Delivered), None, at(1))?;
            let second = insert(tx, &NewTask::blank("a", Origin::Handoff, State::Delivered), None, at(2))?;
            insert(tx, &NewTask::blank("b", Origin::Handoff, State::Delivered), None, at(3))?;
            let task = get_in(tx, &first)?;
            crate::event::append(tx, &Event::of(&task, "a", "claimed", String::new(), State::Delivered, at(4)))?;
            Ok((first, second))
        };
        let (first, second) = ledger.write_blocking(job).unwrap();
        let reader = ledger.reader().unwrap();
        let mut all = changed_after(&reader, "a", 0).unwrap();
        all.sort();
        let mut both = [first, second.clone()];
        both.sort();
        assert_eq!(all, both);
        assert_eq!(changed_after(&reader, "a", 1).unwrap(), [second]);
        assert!(changed_after(&reader, "a", 2).unwrap().is_empty(), "a claim makes nothing available");
        assert_eq!(inbox(&reader, "a", 9).unwrap().len(), 2);
    }
}
