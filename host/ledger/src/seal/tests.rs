//! Tests of sums and seals after writes by Baton, and after changes by other programs.

use std::path::Path;

use baton_core::State;
use jiff::Timestamp;
use rusqlite::Connection;

use super::*;
use crate::event::Event;
use crate::finding::Finding;
use crate::task::{self, NewTask, Origin};
use crate::verify::{Report, verify};
use crate::{Ledger, LedgerError, Reader, Tx, finding, mark};

fn report(path: &Path) -> Report {
    verify(&Reader::open(path).unwrap(), None).unwrap()
}

fn tables(report: &Report) -> Vec<&str> {
    report.rows.problems.iter().map(|problem| problem.table.as_str()).collect()
}

/// Makes a ledger with a task, its input, a finding and a mark.
fn make_ledger(path: &Path) -> Ledger {
    let ledger = Ledger::open(path, "test").unwrap();
    let job = |tx: &Tx<'_>| {
        let input = baton_core::Digest::of(b"bytes").to_string();
        let new = NewTask { input: Some(input), ..NewTask::blank("a", Origin::Handoff, State::Captured) };
        let id = task::insert(tx, &new, Some(b"bytes"), Timestamp::UNIX_EPOCH)?;
        let task = task::get_in(tx, &id)?;
        let done = Event::of(&task, "a", "succeeded", String::new(), State::Succeeded, Timestamp::UNIX_EPOCH);
        task::transition(tx, &done)?;
        let found = Finding {
            id: "f".to_owned(),
            severity: "low".to_owned(),
            title: "found".to_owned(),
            evidence: String::new(),
        };
        // Record the finding twice, so that the second finding replaces the first.
        finding::record(tx, &id, &found)?;
        finding::record(tx, &id, &Finding { title: "found again".to_owned(), ..found })?;
        mark::set(tx, "t", "p", "h")
    };
    ledger.write_blocking(job).unwrap();
    ledger
}

fn raw(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

#[test]
fn rows_match_their_sums_after_commits_and_rollbacks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = make_ledger(&path);
    let failed = ledger.write_blocking(|tx| {
        mark::set(tx, "t", "p", "other")?;
        Err::<(), _>(LedgerError::Closed)
    });
    assert!(failed.is_err());
    let rows = report(&path).rows;
    assert!(rows.problems.is_empty() && !rows.sealed && rows.rows > 5, "{rows:?}");
    assert!(is_due(&ledger.reader().unwrap()).unwrap());
    ledger.write_blocking(|tx| seal(tx, Timestamp::UNIX_EPOCH)).unwrap();
    let sealed = report(&path);
    assert!(sealed.is_sound() && sealed.rows.sealed, "{sealed:?}");
    assert!(!is_due(&ledger.reader().unwrap()).unwrap());
    ledger.write_blocking(|tx| mark::clear(tx, "t", "p")).unwrap();
    let changed = report(&path);
    assert!(changed.is_sound() && !changed.rows.sealed, "{changed:?}");
}

#[test]
fn changes_by_other_programs_are_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    drop(make_ledger(&path));
    for (sql, table) in [
        ("UPDATE tasks SET sender = 'somebody'", "tasks"),
        ("UPDATE tasks SET state = 'failed'", "tasks"),
        ("DELETE FROM tasks", "tasks"),
        ("UPDATE inputs SET bytes = x'00'", "inputs"),
        ("DELETE FROM inputs", "inputs"),
        ("UPDATE findings SET title = 'nothing'", "findings"),
        ("INSERT INTO findings VALUES ('t', 'g', 'high', 'forged', '')", "findings"),
        ("UPDATE marks SET hash = 'x'", "marks"),
        ("INSERT INTO outbox (task, kind, state, folder, name) VALUES ('t', 'return', 'done', 'f', 'n')", "outbox"),
        ("UPDATE identity SET id = 'x'", "identity"),
        ("UPDATE sums SET rows = rows + 1 WHERE name = 'marks'", "marks"),
        ("DELETE FROM sums WHERE name = 'marks'", "marks"),
        ("DROP INDEX tasks_created", "sqlite_schema"),
        ("CREATE TRIGGER t AFTER INSERT ON marks BEGIN DELETE FROM marks; END", "sqlite_schema"),
    ] {
        let copy = folder.path().join("copy.db");
        drop(std::fs::remove_file(&copy));
        crate::backup::copy(&Reader::open(&path).unwrap(), &copy).unwrap();
        raw(&copy).execute_batch(sql).unwrap();
        let report = report(&copy);
        assert!(tables(&report).contains(&table) && !report.is_sound(), "{sql}: {report:?}");
    }
}

#[test]
fn rows_and_sums_that_were_changed_together_do_not_match_the_seal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = make_ledger(&path);
    ledger.write_blocking(|tx| seal(tx, Timestamp::UNIX_EPOCH)).unwrap();
    // The forger knows how sums work: the sums match the rows and are marked as sealed.
    ledger.write_blocking(|tx| mark::set(tx, "t", "p", "forged")).unwrap();
    drop(ledger);
    raw(&path).execute("UPDATE sums SET sealed = 1", []).unwrap();
    let forged = report(&path);
    assert_eq!(tables(&forged), ["sums"], "{forged:?}");
    // A forger cannot avoid the check by making a migration compute the sums again.
    raw(&path).execute_batch("DROP TABLE sums; PRAGMA user_version = 12").unwrap();
    assert!(!report(&path).is_sound());
    assert!(matches!(Ledger::open(&path, "test"), Err(LedgerError::Corrupt { .. })));
}

#[test]
fn a_ledger_of_the_previous_format_is_migrated_and_gets_sums() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let connection = raw(&path);
    for step in crate::database::MIGRATIONS.iter().take(8) {
        connection.execute_batch(step).unwrap();
    }
    connection.pragma_update(None, "user_version", 8).unwrap();
    let old = "INSERT INTO tasks (id, agent, origin, kind, title, priority, state, created_at)
               VALUES ('t', 'a', 'handoff', 'HANDOFF', 'old', 1, 'succeeded', 0)";
    connection.execute(old, []).unwrap();
    let event = Event::new("t".to_owned(), "a", "succeeded", String::new(), State::Succeeded, Timestamp::UNIX_EPOCH);
    let head = crate::event::append(&Tx { connection: &connection, owner: "test" }, &event).unwrap();
    drop(connection);
    let before = report(&path);
    assert!(before.is_sound() && before.rows.tables == 0, "{before:?}");
    drop(Ledger::open(&path, "test").unwrap());
    let after = report(&path);
    assert!(after.is_sound() && after.rows.tables > 10 && after.tip.head == head, "{after:?}");
    raw(&path).execute("UPDATE tasks SET title = 'edited'", []).unwrap();
    assert_eq!(tables(&report(&path)), ["tasks"]);
    // Opening the ledger again does not update the sums.
    drop(Ledger::open(&path, "test").unwrap());
    assert_eq!(tables(&report(&path)), ["tasks"]);
}

#[test]
fn a_ledger_with_the_former_name_of_a_state_is_migrated_and_its_chain_is_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let mut connection = raw(&path);
    let before = |connection: &Connection, form| before_migration(connection, form, 17);
    let migrations = &crate::database::MIGRATIONS[..17];
    baton_sqlite::migrate_around::<_, LedgerError>(&mut connection, migrations, before, after_migration).unwrap();
    keep(&connection).unwrap();
    let old = "INSERT INTO tasks (id, agent, origin, kind, title, priority, state, created_at)
               VALUES ('t', 'a', 'handoff', 'HANDOFF', 'old', 1, 'quarantined', 0)";
    connection.execute(old, []).unwrap();
    let genesis = crate::event::GENESIS;
    let hash = crate::event::hash_of([genesis, "t", "0", "baton", "captured", "", "quarantined", "", "", ""]);
    let event = "INSERT INTO events (task, at, actor, action, reason, state, prev, hash)
                 VALUES ('t', 0, 'baton', 'captured', '', 'quarantined', ?1, ?2)";
    connection.execute(event, [genesis, &hash]).unwrap();
    seal(&Tx { connection: &connection, owner: "test" }, Timestamp::UNIX_EPOCH).unwrap();
    drop(connection);
    let before = report(&path);
    assert!(before.is_sound() && before.rows.sealed, "{before:?}");

    let ledger = Ledger::open(&path, "test").unwrap();
    let after = report(&path);
    assert!(after.is_sound() && after.tip == before.tip, "{after:?}");
    let state = |sql: &str| raw(&path).query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(state("SELECT state FROM tasks"), "rejected");
    assert_eq!(state("SELECT state FROM events WHERE seq = 1"), "quarantined", "the hash covers the state");
    assert_eq!(ledger.write_blocking(|tx| task::get_in(tx, "t")).unwrap().state, State::Rejected);
    let events = crate::event::of_task(&ledger.reader().unwrap(), "t").unwrap();
    assert_eq!(events[0].event.state, State::Rejected);
    raw(&path).execute("UPDATE tasks SET title = 'edited'", []).unwrap();
    assert_eq!(tables(&report(&path)), ["tasks"], "only the sum does not match, not the state");
}

#[test]
fn a_ledger_without_evidence_is_migrated_and_every_answered_request_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let mut connection = raw(&path);
    let before = |connection: &Connection, form| before_migration(connection, form, 18);
    let migrations = &crate::database::MIGRATIONS[..18];
    baton_sqlite::migrate_around::<_, LedgerError>(&mut connection, migrations, before, after_migration).unwrap();
    keep(&connection).unwrap();
    let row = |id: &str, kind: &str, state: &str, attempts: u32, closing: &str, request: &str| {
        let sql = "INSERT INTO tasks (id, agent, origin, kind, title, priority, state, attempts, closing, request, created_at)
                   VALUES (?1, 'a', 'handoff', ?2, 'old', 1, ?3, ?4, nullif(?5, ''), nullif(?6, ''), 0)";
        connection.execute(sql, rusqlite::params![id, kind, state, attempts, closing, request]).unwrap();
    };
    row("agent", "HANDOFF", "succeeded", 0, "answered", "");
    row("other", "HANDOFF", "failed", 0, "by_other", "");
    row("plugin", "HANDOFF", "succeeded", 1, "answered", "");
    row("stale", "HANDOFF", "cancelled", 0, "stale", "");
    row("open", "HANDOFF", "delivered", 0, "", "");
    row("return", "RETURN", "delivered", 0, "", "agent");
    row("return of a plugin", "RETURN", "delivered", 0, "", "plugin");
    seal(&Tx { connection: &connection, owner: "test" }, Timestamp::UNIX_EPOCH).unwrap();
    drop(connection);
    // Commands read a ledger of the previous format without migrating it.
    let reader = Reader::open(&path).unwrap();
    assert!(task::recent(&reader, &task::TaskFilter::default(), 9).unwrap().iter().all(|task| task.evidence.is_none()));
    assert!(crate::return_check::of_task(&reader, "agent").unwrap().is_empty());
    let (first, now) = (Timestamp::MIN, Timestamp::UNIX_EPOCH);
    task::obligations(&reader, first, now, now).unwrap();
    drop(reader);

    let ledger = Ledger::open(&path, "test").unwrap();
    assert!(report(&path).is_sound());
    let known = task::recent(&ledger.reader().unwrap(), &task::TaskFilter::default(), 9).unwrap();
    let mut reported: Vec<String> =
        known.into_iter().filter(|task| task.evidence.is_some()).map(|task| task.id).collect();
    reported.sort();
    assert_eq!(reported, ["agent", "other", "return"]);
}

#[test]
fn a_changed_check_of_a_return_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.db");
    let ledger = make_ledger(&path);
    let job = |tx: &Tx<'_>| {
        let new = NewTask { kind: "RETURN".to_owned(), ..NewTask::blank("a", Origin::Handoff, State::Succeeded) };
        let answer = task::insert(tx, &new, None, Timestamp::UNIX_EPOCH)?;
        let by =
            task::insert(tx, &NewTask::blank("audit", Origin::Trigger, State::Running), None, Timestamp::UNIX_EPOCH)?;
        let (by, reasons) = (task::get_in(tx, &by)?, ["no a.py".to_owned()]);
        crate::return_check::record(
            tx,
            &answer,
            (&by).into(),
            baton_core::Evidence::Refuted,
            &reasons,
            Timestamp::UNIX_EPOCH,
        )?;
        crate::return_check::set_evidence(tx, &answer, baton_core::Evidence::Refuted)
    };
    ledger.write_blocking(job).unwrap();
    drop(ledger);
    assert!(report(&path).is_sound());
    for (sql, table) in [
        ("UPDATE return_checks SET evidence = 'verified'", "return_checks"),
        ("UPDATE return_checks SET reasons = '[]'", "return_checks"),
        ("DELETE FROM return_checks", "return_checks"),
        ("UPDATE tasks SET evidence = 'verified' WHERE evidence IS NOT NULL", "tasks"),
    ] {
        let copy = folder.path().join("copy.db");
        drop(std::fs::remove_file(&copy));
        crate::backup::copy(&Reader::open(&path).unwrap(), &copy).unwrap();
        raw(&copy).execute_batch(sql).unwrap();
        let report = report(&copy);
        assert!(tables(&report).contains(&table) && !report.is_sound(), "{sql}: {report:?}");
    }
}
