//! The original chain, and the chain after many kinds of changes by other programs.

use std::path::PathBuf;

use baton_core::State;
use jiff::Timestamp;

use rusqlite::Connection;

use super::*;
use crate::database::Reader;
use crate::event::{self, Event, GENESIS};
use crate::{Ledger, LedgerError};

const EVENTS: i64 = 6;

/// A sound ledger of six events, and copies of it to change.
struct Original {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Original {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.db");
        let ledger = Ledger::open(&path, "test").unwrap();
        for number in 1..=EVENTS {
            ledger.write_blocking(move |tx| event::append(tx, &event(number))).unwrap();
        }
        crate::backup::copy(&ledger.reader().unwrap(), &folder.path().join("whole.db")).unwrap();
        Self { path: folder.path().join("whole.db"), folder }
    }

    /// The report on a copy after running `sql` on it.
    fn after(&self, sql: &str) -> Report {
        self.after_with(sql, None)
    }

    fn after_with(&self, sql: &str, head: Option<&Head>) -> Report {
        let reader = self.tampered(sql);
        verify(&reader, head).unwrap()
    }

    fn tampered(&self, sql: &str) -> Reader {
        let path = self.folder.path().join("tampered.db");
        for ending in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{ending}", path.display())));
        }
        std::fs::copy(&self.path, &path).unwrap();
        // The sums are updated too, because these tests check only the chain.
        let connection = Connection::open(&path).unwrap();
        crate::seal::keep(&connection).unwrap();
        connection.execute_batch(sql).unwrap();
        Reader::open(&path).unwrap()
    }

    fn rows(&self) -> Vec<Row> {
        rows(&Reader::open(&self.path).unwrap())
    }
}

fn rows(reader: &Reader) -> Vec<Row> {
    let mut rows = Vec::new();
    each::<LedgerError>(reader, |row| {
        rows.push(row.clone());
        Ok(())
    })
    .unwrap();
    rows
}

fn event(number: i64) -> Event {
    Event {
        task: format!("task-{number}"),
        at: Timestamp::from_millisecond(1_000 + number).unwrap(),
        actor: "baton".to_owned(),
        action: "started".to_owned(),
        reason: format!("attempt {number}"),
        state: State::Running,
        input_hash: (number % 2 == 0).then(|| "ab".repeat(32)),
        output_hash: None,
        plugin_digest: (number % 3 == 0).then(|| "cd".repeat(32)),
    }
}

/// The statement that gives a row another reason and the matching hash.
fn replace(row: &Row) -> String {
    let forged = Row { reason: "forged".to_owned(), ..row.clone() };
    format!("UPDATE events SET reason = 'forged', hash = '{}' WHERE seq = {}", forged.computed_hash(), row.seq)
}

fn delete_and_renumber(gone: i64) -> String {
    let moved: String =
        (gone + 1..=EVENTS).map(|n| format!("UPDATE events SET seq = {n} - 1 WHERE seq = {n};")).collect();
    format!("DELETE FROM events WHERE seq = {gone}; {moved}")
}

#[track_caller]
fn breaks(report: &Report, seq: i64, wrong: RowFault) {
    let broken = report.broken.as_ref().map(|broken| (broken.seq, broken.wrong));
    assert_eq!(broken, Some((seq, wrong)), "{report:?}");
    assert!(!report.is_sound());
}

#[test]
fn an_unchanged_ledger_is_sound() {
    let report = Original::new().after("");
    assert!(report.is_sound());
    assert_eq!((report.tip.events, report.broken, report.found), (6, None, None));
}

#[test]
fn a_ledger_without_events_is_sound_and_its_head_is_before_the_first() {
    let original = Original::new();
    let genesis: Head = GENESIS.parse().unwrap();
    let report = original.after_with("DELETE FROM events", Some(&genesis));
    assert_eq!(
        report,
        Report {
            tip: ChainTip::genesis(),
            broken: None,
            found: Some(HeadPosition::At(0)),
            pruned: None,
            archived: None,
            rows: report.rows.clone()
        }
    );
    assert_eq!(tip(&original.tampered("DELETE FROM events").connection).unwrap(), ChainTip::genesis());
}

#[test]
fn an_edit_of_any_column_of_any_row_is_found_there() {
    let original = Original::new();
    for seq in 1..=EVENTS {
        for column in ["task", "actor", "action", "reason", "state", "prev", "hash"] {
            let sql = format!("UPDATE events SET {column} = {column} || 'x' WHERE seq = {seq}");
            breaks(&original.after(&sql), seq, RowFault::Edited);
        }
        for column in ["input_hash", "output_hash", "plugin_digest"] {
            for (column, value) in [(column, "'x'"), (column, "''")] {
                let sql = format!("UPDATE events SET {column} = {value} WHERE seq = {seq}");
                breaks(&original.after(&sql), seq, RowFault::Edited);
            }
        }
        breaks(&original.after(&format!("UPDATE events SET at = at + 1 WHERE seq = {seq}")), seq, RowFault::Edited);
    }
}

#[test]
fn a_byte_that_moves_to_the_next_column_is_an_edit() {
    let sql = "UPDATE events SET actor = 'bato', action = 'nstarted' WHERE seq = 2";
    breaks(&Original::new().after(sql), 2, RowFault::Edited);
}

#[test]
fn a_column_that_is_not_text_is_an_edit_and_the_rest_is_read() {
    let original = Original::new();
    for column in ["reason", "task", "hash"] {
        let sql = format!("UPDATE events SET {column} = CAST(x'ff' AS TEXT) WHERE seq = 3");
        let report = original.after(&sql);
        breaks(&report, 3, RowFault::Edited);
        assert_eq!(report.tip.events, 6);
        let exported = each::<LedgerError>(&original.tampered(&sql), |_| Ok(()));
        assert!(matches!(exported, Err(LedgerError::Corrupt { value, .. }) if value == "number 3"));
    }
}

#[test]
fn the_broken_row_is_named_with_its_task() {
    let report = Original::new().after("UPDATE events SET reason = 'all went well' WHERE seq IN (4, 5)");
    let expected = BrokenRow { seq: 4, task: "task-4".to_owned(), wrong: RowFault::Edited };
    assert_eq!(report.broken, Some(expected));
}

#[test]
fn a_deleted_row_is_reported_as_missing() {
    let original = Original::new();
    for gone in 1..EVENTS {
        breaks(&original.after(&format!("DELETE FROM events WHERE seq = {gone}")), gone + 1, RowFault::Missing);
    }
    breaks(&original.after("DELETE FROM events WHERE seq IN (2, 3, 4)"), 5, RowFault::Missing);
}

#[test]
fn a_deleted_row_is_found_after_renumbering() {
    let original = Original::new();
    for gone in 1..EVENTS {
        breaks(&original.after(&delete_and_renumber(gone)), gone, RowFault::Replaced);
    }
}

#[test]
fn rows_cut_from_the_end_are_found_only_with_a_head() {
    let original = Original::new();
    let rows = original.rows();
    for left in 0..EVENTS {
        let cut = format!("DELETE FROM events WHERE seq > {left}");
        assert!(original.after(&cut).is_sound());
        for row in &rows {
            let report = original.after_with(&cut, Some(&row.hash.parse().unwrap()));
            let expected = if row.seq <= left { HeadPosition::At(row.seq) } else { HeadPosition::Nowhere };
            assert_eq!(report.found, Some(expected));
            assert_eq!(report.is_sound(), row.seq <= left);
        }
    }
}

#[test]
fn two_rows_that_were_swapped_are_out_of_order() {
    let original = Original::new();
    for (a, b) in (1..=EVENTS).flat_map(|a| (a + 1..=EVENTS).map(move |b| (a, b))) {
        let sql = format!(
            "UPDATE events SET seq = -1 WHERE seq = {a}; UPDATE events SET seq = {a} WHERE seq = {b};
             UPDATE events SET seq = {b} WHERE seq = -1"
        );
        breaks(&original.after(&sql), a, RowFault::Order);
    }
}

#[test]
fn numbers_that_do_not_count_from_one_are_out_of_order() {
    let original = Original::new();
    let shifted = |by: i64| {
        let away = "UPDATE events SET seq = seq + 100 WHERE seq > 3;";
        original.after(&format!("{away} UPDATE events SET seq = seq - 100 + {by} WHERE seq > 100"))
    };
    breaks(&shifted(1), 5, RowFault::Order);
    assert!(shifted(0).is_sound());
    breaks(&original.after("UPDATE events SET seq = 0 WHERE seq = 1"), 0, RowFault::Order);
    breaks(&original.after("UPDATE events SET seq = 100 WHERE seq = 2"), 3, RowFault::Order);
}

#[test]
fn a_rehashed_row_is_found_at_its_successor() {
    let original = Original::new();
    for row in original.rows() {
        let report = original.after(&replace(&row));
        if row.seq < EVENTS {
            breaks(&report, row.seq + 1, RowFault::Replaced);
        } else {
            assert!(report.is_sound(), "no row follows the last one");
            let report = original.after_with(&replace(&row), Some(&row.hash.parse().unwrap()));
            assert_eq!(report.found, Some(HeadPosition::Nowhere));
        }
    }
}

#[test]
fn a_rewritten_chain_is_found_only_with_a_head() {
    let original = Original::new();
    let (mut sql, mut prev) = (String::new(), GENESIS.to_owned());
    for mut row in original.rows() {
        row.prev.clone_from(&prev);
        row.reason = "forged".to_owned();
        prev = row.computed_hash();
        sql += &format!(
            "UPDATE events SET reason = 'forged', prev = '{}', hash = '{prev}' WHERE seq = {};",
            row.prev, row.seq
        );
    }
    assert!(original.after(&sql).is_sound());
    for row in original.rows() {
        let report = original.after_with(&sql, Some(&row.hash.parse().unwrap()));
        assert_eq!(
            (report.broken.clone(), report.found, report.is_sound()),
            (None, Some(HeadPosition::Nowhere), false)
        );
    }
}

#[test]
fn a_head_is_found_by_its_beginning_in_upper_and_lower_case() {
    let original = Original::new();
    let hash = original.rows()[3].hash.clone();
    for text in [&hash[..12], &hash[..40], &hash, &hash.to_uppercase()] {
        let report = original.after_with("", Some(&text.parse().unwrap()));
        assert_eq!(report.found, Some(HeadPosition::At(4)), "{text}");
    }
    for text in ["", "abc", &hash[..11], &format!("{hash}0"), "not hexadecimal at all", "0123456789aé"] {
        assert_eq!(text.parse::<Head>(), Err(HeadParseError), "{text}");
    }
}

#[test]
fn a_beginning_that_several_hashes_share_is_ambiguous() {
    let original = Original::new();
    let sql = "UPDATE events SET hash = 'aaaaaaaaaaaa' || substr(hash, 13) WHERE seq > 3";
    let report = original.after_with(sql, Some(&"aaaaaaaaaaaa".parse().unwrap()));
    assert_eq!((report.found, report.is_sound()), (Some(HeadPosition::Several(3)), false));
}

#[test]
fn every_function_returns_the_same_tip() {
    let original = Original::new();
    let reader = Reader::open(&original.path).unwrap();
    let walked = each::<LedgerError>(&reader, |_| Ok(())).unwrap();
    assert_eq!(walked, tip(&reader.connection).unwrap());
    assert_eq!(walked, verify(&reader, None).unwrap().tip);
}
