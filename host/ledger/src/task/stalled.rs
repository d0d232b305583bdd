//! Stalled tasks: queued work that no agent starts, attempts without events, questions without an answer.
//!
//! A workspace with a stalled task looks like an idle one. So this query returns each stalled task with the reason, and the
//! time since which it has been stalled. It changes nothing; the current time is an argument.
//!
//! Later events of a task can leave its state unchanged, so `since` is the time of the first event of the current state.
//! Exceptions: for a running task, `since` is the time of the last event; for a waiting task, it is the due time. A call
//! (`baton run`) counts only while it runs, because the caller has seen the result of an ended call. A delivered RETURN
//! does not count, because it requests nothing.

use std::time::Duration;

use baton_core::{State, names};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::row::{state, timestamp};
use crate::LedgerError;
use crate::database::{Reader, Tx};

/// The condition for tasks that have not ended. It must be identical to the condition of the index `tasks_unended`.
const UNENDED: &str = "state IN
  ('captured', 'queued', 'running', 'waiting', 'needs_grant', 'needs_human', 'needs_approval', 'delivered')";

/// The time when the current state of a task began, or the time when the task was created if its events were pruned.
const BEGAN: &str = "coalesce((SELECT at FROM events WHERE task = t.id AND seq > coalesce(
    (SELECT max(seq) FROM events WHERE task = t.id AND state <> t.state), 0) ORDER BY seq LIMIT 1), t.created_at)";

/// The time of a task's last event.
const LAST: &str = "coalesce((SELECT at FROM events WHERE task = t.id ORDER BY seq DESC LIMIT 1), t.created_at)";

const NO_CALL: &str = "t.origin <> 'call'";

/// The agents that have queued tasks and ended no attempt since `?2`. Events have no index by time, so the query
/// reads from the newest event backwards and stops at the first one that is old enough.
const IDLE: &str = "SELECT agent FROM (SELECT DISTINCT agent FROM tasks WHERE state IN
  ('captured', 'queued', 'running', 'waiting', 'needs_grant', 'needs_human', 'needs_approval', 'delivered')
  AND state = 'queued' AND created_at <= ?2) AS a
  WHERE NOT EXISTS (SELECT 1 FROM events AS e JOIN tasks AS o ON o.id = e.task
    WHERE e.seq > coalesce((SELECT seq FROM events WHERE at < ?2 ORDER BY seq DESC LIMIT 1), 0)
    AND e.actor = a.agent AND o.agent = a.agent AND e.state <> 'running' AND e.action NOT IN ('captured', 'revised'))";

/// How long a task may stay in a state before it counts as stalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StallLimits {
    /// The limit for a queued task while no attempt of its agent ends.
    pub queued: Duration,
    /// The limit for a running task without a new event.
    pub running: Duration,
    /// The limit for a task that waits for a person.
    pub person: Duration,
    /// The limit for a waiting task, counted from its due time.
    pub overdue: Duration,
    /// The limit for a task in the inbox of an external agent.
    pub delivered: Duration,
    /// The limit for a captured task.
    pub captured: Duration,
    /// The maximum number of tasks of each state, the oldest first.
    pub at_most: u32,
}

impl Default for StallLimits {
    /// Limits that are much longer than a healthy workspace needs: an attempt of a plugin takes seconds, a retry is due
    /// within a minute, a person answers on the same day, an agent within a week.
    fn default() -> Self {
        Self {
            queued: Duration::from_mins(10),
            running: Duration::from_hours(1),
            person: Duration::from_hours(24),
            overdue: Duration::from_mins(5),
            delivered: Duration::from_hours(7 * 24),
            captured: Duration::from_mins(5),
            at_most: 1_000,
        }
    }
}

/// Why a task counts as stalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StallReason {
    /// The task is queued, and its agent has ended no attempt in the meantime.
    NotBegun,
    /// The task is running, and it has no new event.
    Silent,
    /// The task waits for a person.
    Unanswered,
    /// The due time of the task's next attempt has passed.
    Overdue,
    /// The task was delivered to an external agent, which has not answered.
    NotDone,
    /// The task was captured and not processed.
    NotRouted,
}

names!(
    StallReason,
    "reason of a stall",
    NotBegun = "not_begun",
    Silent = "silent",
    Unanswered = "unanswered",
    Overdue = "overdue",
    NotDone = "not_done",
    NotRouted = "not_routed",
);

/// A stalled task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StalledTask {
    pub id: String,
    pub agent: String,
    /// The title of the task, on one line.
    pub title: String,
    pub state: State,
    pub why: StallReason,
    /// The time of the last event of a running task, the due time of a waiting task, otherwise the beginning of the current
    /// state.
    pub since: Timestamp,
}

/// The stalled tasks at `now`, grouped by state, the oldest first.
pub fn stalled(reader: &Reader, now: Timestamp, limits: &StallLimits) -> Result<Vec<StalledTask>, LedgerError> {
    find_stalled(&reader.connection, now, limits)
}

/// As [`stalled`], in a write transaction.
pub fn stalled_in(tx: &Tx<'_>, now: Timestamp, limits: &StallLimits) -> Result<Vec<StalledTask>, LedgerError> {
    find_stalled(tx.connection, now, limits)
}

/// The query for one state.
struct StallQuery {
    state: State,
    why: StallReason,
    /// The SQL expression for [`StalledTask::since`].
    since: String,
    /// The SQL of a further condition; `?2` is the latest time that counts.
    only: String,
    limit: Duration,
}

fn queries(limits: &StallLimits) -> [StallQuery; 8] {
    let ask = |state, why, since: &str, only: &str, limit| {
        let (since, only) = (since.to_owned(), only.to_owned());
        StallQuery { state, why, since, only, limit }
    };
    let person = |state| ask(state, StallReason::Unanswered, BEGAN, NO_CALL, limits.person);
    let idle = format!("{NO_CALL} AND t.agent IN ({IDLE})");
    // A task that waits for other tasks has no due time.
    let due = format!("coalesce(t.due_at, {BEGAN})");
    let alone = format!("{NO_CALL} AND NOT EXISTS (SELECT 1 FROM dependencies WHERE task = t.id)");
    [
        ask(State::Captured, StallReason::NotRouted, BEGAN, NO_CALL, limits.captured),
        ask(State::Queued, StallReason::NotBegun, BEGAN, &idle, limits.queued),
        ask(State::Running, StallReason::Silent, LAST, "true", limits.running),
        ask(State::Waiting, StallReason::Overdue, &due, &alone, limits.overdue),
        person(State::NeedsGrant),
        person(State::NeedsHuman),
        person(State::NeedsApproval),
        ask(State::Delivered, StallReason::NotDone, BEGAN, "t.kind <> 'RETURN'", limits.delivered),
    ]
}

fn find_stalled(
    connection: &Connection,
    now: Timestamp,
    limits: &StallLimits,
) -> Result<Vec<StalledTask>, LedgerError> {
    let mut found = Vec::new();
    for question in queries(limits) {
        let mut select = connection.prepare_cached(&sql(&question))?;
        let asked = params![question.state.as_str(), before(now, question.limit), limits.at_most];
        let rows = select.query_map(asked, |row| Ok(read(row, question.why)))?;
        for row in rows {
            found.push(row??);
        }
    }
    Ok(found)
}

/// A state cannot be older than its task, so the condition on `created_at` excludes tasks that are too young.
fn sql(question: &StallQuery) -> String {
    let StallQuery { since, only, .. } = question;
    format!(
        "SELECT id, agent, title, state, {since} AS since FROM tasks AS t
         WHERE {UNENDED} AND state = ?1 AND created_at <= ?2 AND {since} <= ?2 AND {only}
         ORDER BY created_at LIMIT ?3"
    )
}

fn read(row: &Row<'_>, why: StallReason) -> Result<StalledTask, LedgerError> {
    let name: String = row.get(3)?;
    Ok(StalledTask {
        id: row.get(0)?,
        agent: row.get(1)?,
        title: row.get(2)?,
        state: state(&name)?,
        why,
        since: timestamp(row.get(4)?)?,
    })
}

fn before(now: Timestamp, limit: Duration) -> i64 {
    now.as_millisecond().saturating_sub(i64::try_from(limit.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {

    use super::super::{NewTask, Origin, insert, set_due, transition};
    use super::*;
    use crate::Ledger;
    use crate::event::Event;

    /// The time this many minutes after the beginning.
    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + minute * 60).unwrap()
    }

    fn new(agent: &str, state: State) -> NewTask {
        NewTask {
            sender: Some("Claude-MM1".to_owned()),
            title: format!("{agent} {state}"),
            actor: "Claude-MM1".to_owned(),
            ..NewTask::blank(agent, Origin::Handoff, state)
        }
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        (folder, ledger)
    }

    fn make(ledger: &Ledger, new: NewTask, minute: i64) -> String {
        ledger.write_blocking(move |tx| insert(tx, &new, None, at(minute))).unwrap()
    }

    /// Appends an event of the task, which sets `state`.
    fn append_event(ledger: &Ledger, id: &str, (actor, action): (&str, &str), state: State, minute: i64) {
        let (id, actor, action) = (id.to_owned(), actor.to_owned(), action.to_owned());
        let job = move |tx: &Tx<'_>| {
            let task = super::super::get_in(tx, &id)?;
            transition(tx, &Event::of(&task, &actor, &action, String::new(), state, at(minute))).map(drop)
        };
        ledger.write_blocking(job).unwrap();
    }

    fn found(ledger: &Ledger, minute: i64) -> Vec<(String, StallReason, Timestamp)> {
        let found = stalled(&ledger.reader().unwrap(), at(minute), &StallLimits::default()).unwrap();
        found.into_iter().map(|task| (task.title, task.why, task.since)).collect()
    }

    fn only_task(title: &str, why: StallReason, since: i64) -> Vec<(String, StallReason, Timestamp)> {
        vec![(title.to_owned(), why, at(since))]
    }

    #[test]
    fn each_state_has_its_own_limit() {
        let day = 24 * 60;
        for (state, why, limit) in [
            (State::Captured, StallReason::NotRouted, 5),
            (State::Queued, StallReason::NotBegun, 10),
            (State::Running, StallReason::Silent, 60),
            (State::NeedsGrant, StallReason::Unanswered, day),
            (State::NeedsHuman, StallReason::Unanswered, day),
            (State::NeedsApproval, StallReason::Unanswered, day),
            (State::Delivered, StallReason::NotDone, 7 * day),
        ] {
            let (_folder, ledger) = ledger();
            make(&ledger, new("a", state), 0);
            assert_eq!(found(&ledger, limit - 1), [], "{state}");
            assert_eq!(found(&ledger, limit), only_task(&format!("a {state}"), why, 0), "{state}");
        }
    }

    #[test]
    fn an_ended_task_is_never_stalled() {
        let (_folder, ledger) = ledger();
        for state in State::ALL.into_iter().filter(|state| state.is_final()) {
            make(&ledger, new("a", state), 0);
        }
        assert_eq!(found(&ledger, 1_000_000), []);
    }

    #[test]
    fn a_queue_with_progress_is_not_stalled() {
        let (_folder, ledger) = ledger();
        make(&ledger, new("a", State::Queued), 0);
        make(&ledger, new("b", State::Queued), 0);
        let done = make(&ledger, new("a", State::Queued), 0);
        append_event(&ledger, &done, ("baton", "started"), State::Running, 14);
        assert_eq!(found(&ledger, 15).len(), 2, "a started attempt has not ended");
        append_event(&ledger, &done, ("a", "succeeded"), State::Succeeded, 15);
        assert_eq!(found(&ledger, 16), only_task("b queued", StallReason::NotBegun, 0));
        assert_eq!(found(&ledger, 26).len(), 2, "ten minutes later it is stalled again");
    }

    #[test]
    fn a_request_that_an_agent_sends_is_not_an_ended_attempt() {
        let (_folder, ledger) = ledger();
        make(&ledger, new("a", State::Queued), 0);
        make(&ledger, NewTask { actor: "a".to_owned(), ..new("a", State::Queued) }, 9);
        assert_eq!(found(&ledger, 10), only_task("a queued", StallReason::NotBegun, 0));
    }

    #[test]
    fn a_task_is_stalled_since_its_current_state_began() {
        let (_folder, ledger) = ledger();
        let id = make(&ledger, new("a", State::Queued), 0);
        append_event(&ledger, &id, ("a", "failed"), State::NeedsHuman, 100);
        append_event(&ledger, &id, ("baton", "reminded"), State::NeedsHuman, 900);
        let day = 24 * 60;
        assert_eq!(found(&ledger, day), []);
        assert_eq!(found(&ledger, 100 + day), only_task("a queued", StallReason::Unanswered, 100));
    }

    #[test]
    fn a_running_task_is_stalled_since_its_last_event() {
        let (_folder, ledger) = ledger();
        let id = make(&ledger, new("a", State::Running), 0);
        append_event(&ledger, &id, ("a", "progress"), State::Running, 30);
        assert_eq!(found(&ledger, 89), []);
        assert_eq!(found(&ledger, 90), only_task("a running", StallReason::Silent, 30));
    }

    #[test]
    fn a_waiting_task_is_stalled_after_its_due_time() {
        let (_folder, ledger) = ledger();
        let id = make(&ledger, new("a", State::Waiting), 0);
        ledger.write_blocking(move |tx| set_due(tx, &id, at(100))).unwrap();
        let dependent = make(&ledger, new("b", State::Waiting), 0);
        let job = move |tx: &Tx<'_>| {
            tx.connection.execute("INSERT INTO dependencies (task, needs) VALUES (?1, 'x')", [dependent])?;
            Ok(())
        };
        ledger.write_blocking(job).unwrap();
        assert_eq!(found(&ledger, 104), []);
        assert_eq!(found(&ledger, 105), only_task("a waiting", StallReason::Overdue, 100));
    }

    #[test]
    fn returns_are_never_stalled_and_calls_only_while_they_run() {
        let (_folder, ledger) = ledger();
        make(&ledger, NewTask { kind: "RETURN".to_owned(), ..new("a", State::Delivered) }, 0);
        for state in [State::Queued, State::NeedsHuman, State::Waiting, State::Running] {
            make(&ledger, NewTask { origin: Origin::Call, ..new("a", state) }, 0);
        }
        assert_eq!(found(&ledger, 100_000), only_task("a running", StallReason::Silent, 0));
    }

    #[test]
    fn stalled_tasks_are_found_inside_a_write_and_without_events() {
        let (_folder, ledger) = ledger();
        make(&ledger, new("a", State::Queued), 0);
        let job = |tx: &Tx<'_>| {
            tx.connection.execute("DELETE FROM events", [])?;
            stalled_in(tx, at(10), &StallLimits::default())
        };
        assert_eq!(
            ledger.write_blocking(job).unwrap(),
            stalled(&ledger.reader().unwrap(), at(10), &StallLimits::default()).unwrap()
        );
        assert_eq!(found(&ledger, 10), only_task("a queued", StallReason::NotBegun, 0));
    }

    #[test]
    fn the_oldest_of_many_are_returned() {
        let (_folder, ledger) = ledger();
        for minute in [3, 1, 2] {
            make(&ledger, new("a", State::Queued), minute);
        }
        let limits = StallLimits { at_most: 2, ..StallLimits::default() };
        let found = stalled(&ledger.reader().unwrap(), at(60), &limits).unwrap();
        assert_eq!(found.iter().map(|task| task.since).collect::<Vec<_>>(), [at(1), at(2)]);
    }

    #[test]
    fn every_query_uses_the_index() {
        let (_folder, ledger) = ledger();
        make(&ledger, new("a", State::Queued), 0);
        let reader = ledger.reader().unwrap();
        for question in queries(&StallLimits::default()) {
            let explain = format!("EXPLAIN QUERY PLAN {}", sql(&question));
            let mut select = reader.connection.prepare(&explain).unwrap();
            let steps = select.query_map(params!["x", 1, 1], |row| row.get::<_, String>(3)).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            let tasks = |name: &str| steps.iter().any(|step| step.starts_with(name));
            assert!(tasks("SEARCH t USING INDEX tasks_unended (state=? AND created_at<?)"), "{steps:#?}");
            assert!(!tasks("SCAN t") && !tasks("SCAN tasks"), "{steps:#?}");
        }
    }
}
