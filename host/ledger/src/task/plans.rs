//! Tests the query plans of frequent statements: each statement must use an index. A statement that reads every row would be
//! fast in all other tests, but slow in a ledger that is a year old.

use baton_core::State;
use rusqlite::Connection;

use super::depend::TITLED;
use super::find::{ASKED_SQL, REQUESTS_WITH_ID, in_state_sql, recent_sql};
use super::history::{CAPTURED, disputed_sql, newest_sql, unanswered_sql};
use super::reference::{OF_AGENT, range_sql, with_sql};
use super::row::select_sql;
use super::sent::{SENT_AS, SENT_WITH_ID};
use super::{SentFilter, TaskFilter};
use crate::database::known;
use crate::return_check;

fn ledger() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let connection = crate::open::open(&folder.path().join("l.db")).unwrap();
    (folder, connection)
}

/// The steps of a statement's query plan, as SQLite reports them.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![rusqlite::types::Null; explain.parameter_count()];
    let rows = explain.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Asserts that each step of the query plan finds its rows with an index.
#[track_caller]
fn assert_uses_index(connection: &Connection, sql: &str) {
    let steps = plan(connection, sql);
    let reads = |step: &&String| !step.starts_with("USE TEMP B-TREE") && !step.starts_with("CORRELATED");
    assert!(!steps.is_empty());
    for step in steps.iter().filter(reads) {
        assert!(step.starts_with("SEARCH ") && step.contains("USING"), "{sql}\n{steps:?}");
    }
}

#[test]
fn status_reads_tasks_in_the_order_of_an_index() {
    let (_folder, connection) = ledger();
    // The statement reads tasks from the newest one up to the limit, so it reads only the displayed rows.
    let all = recent_sql(&TaskFilter::default(), known());
    assert_eq!(plan(&connection, &all), ["SCAN tasks USING INDEX tasks_created"]);
    assert!(all.ends_with("LIMIT ?1"));
    let filter = TaskFilter {
        states: vec![State::Failed, State::Dead],
        agent: Some("a".to_owned()),
        since: Some(jiff::Timestamp::UNIX_EPOCH),
        ..TaskFilter::default()
    };
    let filtered = plan(&connection, &recent_sql(&filter, known()));
    assert!(filtered.iter().all(|step| step.contains("INDEX tasks_created")), "{filtered:?}");
}

#[test]
fn the_command_agents_reads_an_index_of_open_tasks() {
    let (_folder, connection) = ledger();
    assert_eq!(plan(&connection, ASKED_SQL), ["SCAN tasks USING COVERING INDEX tasks_asked"]);
}

#[test]
fn the_command_why_uses_indexes() {
    let (_folder, connection) = ledger();
    for column in ["id", "handoff_id", "file_name", "title"] {
        assert_uses_index(&connection, &with_sql(column, ""));
        assert_uses_index(&connection, &with_sql(column, OF_AGENT));
    }
    assert_uses_index(&connection, &select_sql(TITLED));
    assert_uses_index(&connection, &range_sql(""));
    assert_uses_index(&connection, &range_sql(OF_AGENT));
    assert_uses_index(&connection, &select_sql("WHERE id = ?1"));
    assert_uses_index(&connection, crate::event::OF_TASK);
    assert_uses_index(&connection, crate::finding::OF_TASK);
}

#[test]
fn tasks_in_a_state_that_is_not_final_are_found_by_an_index() {
    let (_folder, connection) = ledger();
    for state in State::ALL.into_iter().filter(|state| !state.is_final()) {
        let steps = plan(&connection, &select_sql(&in_state_sql(state)));
        assert!(steps.first().is_some_and(|step| step.contains("USING INDEX tasks_")), "{state}: {steps:?}");
    }
}

#[test]
fn frequent_queries_of_the_daemon_use_indexes() {
    let (_folder, connection) = ledger();
    for sql in super::queue::asked() {
        assert_uses_index(&connection, &sql);
    }
}

#[test]
fn claims_are_found_by_an_index() {
    let (_folder, connection) = ledger();
    for sql in super::claim::frequent_queries() {
        let steps = plan(&connection, &sql);
        assert!(steps.iter().all(|step| step.contains("USING INDEX")), "{sql}\n{steps:?}");
    }
}

#[test]
fn plugins_read_past_tasks_in_the_order_of_an_index() {
    let (_folder, connection) = ledger();
    let ended = ["CORRELATED SCALAR SUBQUERY 1", "SEARCH events USING INDEX events_task (task=?)"];
    let newest = "SEARCH tasks USING INDEX tasks_created (created_at>? AND created_at<?)";
    // The statement reads only delivered tasks, up to the limit.
    let unanswered = "SCAN tasks USING INDEX tasks_delivered";
    for (sql, first) in [(newest_sql(), newest), (unanswered_sql(), unanswered)] {
        assert_eq!(plan(&connection, &sql), [&[first], &ended[..]].concat());
        assert!(sql.contains(" LIMIT ?"));
    }
    assert_uses_index(&connection, CAPTURED);
}

#[test]
fn requests_of_plugins_are_found_by_an_index() {
    let (_folder, connection) = ledger();
    for sql in crate::plugin_requests::ASKED {
        assert_uses_index(&connection, sql);
    }
    assert_uses_index(&connection, &select_sql(REQUESTS_WITH_ID));
}

#[test]
fn requests_of_an_agent_are_found_by_an_index() {
    let (_folder, connection) = ledger();
    let filter = SentFilter { states: vec![State::Delivered], ..SentFilter::default() };
    for sql in [filter.list_sql(), filter.count_sql()] {
        let steps = plan(&connection, &sql);
        assert!(steps.iter().any(|step| step.contains("USING INDEX tasks_sent (sender=?)")), "{sql}\n{steps:?}");
        let is_scan = |step: &String| ["SCAN tasks", "SCAN outbox"].iter().any(|scan| step.starts_with(scan));
        assert!(!steps.iter().any(is_scan), "{sql}\n{steps:?}");
    }
    for rest in [SENT_WITH_ID, SENT_AS, REQUESTS_WITH_ID] {
        let steps = plan(&connection, &select_sql(rest));
        assert!(steps.iter().any(|step| step.contains("id=?")), "{rest}\n{steps:?}");
    }
    assert_uses_index(&connection, &format!("{} DESC LIMIT 1", crate::event::OF_TASK));
}

#[test]
fn checks_of_returns_are_found_by_an_index() {
    let (_folder, connection) = ledger();
    for sql in [return_check::NEWEST.to_owned(), return_check::pending_sql()] {
        let steps = plan(&connection, &sql);
        assert!(steps.iter().any(|step| step.contains("tasks_request")), "{sql}\n{steps:?}");
        assert!(steps.iter().all(|step| !step.starts_with("SCAN tasks")), "{sql}\n{steps:?}");
    }
    let steps = plan(&connection, return_check::OF_TASK);
    assert!(steps.iter().any(|step| step.starts_with("SEARCH return_checks")), "{steps:?}");
    let steps = plan(&connection, crate::command_check::PENDING);
    assert!(
        steps
            .iter()
            .all(|step| step.starts_with("SEARCH") || step.starts_with("SCALAR") || step.starts_with("SCAN CONSTANT")),
        "{steps:?}"
    );
    let steps = plan(&connection, crate::command_check::NEXT);
    assert!(steps.iter().all(|step| step.contains("command_checks_pending")), "{steps:?}");
    let steps = plan(&connection, &disputed_sql());
    assert!(steps.iter().any(|step| step.contains("tasks_disputed")), "{steps:?}");
}
