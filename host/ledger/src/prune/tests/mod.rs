//! Tests of prunes: deleted and kept rows, faked prunes, changed archives, interrupted prunes.

mod archives;
mod chain;
mod meanwhile;
mod retention;

use std::fs;
use std::path::{Path, PathBuf};

use baton_core::State;
use jiff::Timestamp;
use rusqlite::Connection;

use crate::backup;
use crate::database::Reader;
use crate::event::Event;
use crate::prune::{Plan, PruneResult, Target, plan, prune};
use crate::task::{self, NewTask, Origin};
use crate::verify::{self, Head, Report, RowFault};
use crate::{Ledger, LedgerError, Tx};

/// A ledger in which every task has two events, and a folder for archives.
struct Fixture {
    folder: tempfile::TempDir,
    ledger: Ledger,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn new(title: &str, kind: &str) -> NewTask {
    NewTask {
        kind: kind.to_owned(),
        handoff_id: Some(title.to_owned()),
        title: title.to_owned(),
        args: "{\"plans\":1}".to_owned(),
        body: "long".to_owned(),
        file: Some(format!("handoffs/a/01_inbox/{title}.json")),
        input: Some(title.to_owned()),
        dedupe_key: Some(title.to_owned()),
        substance: Some(title.to_owned()),
        ..NewTask::blank("a", Origin::Handoff, State::Queued)
    }
}

/// Records a task and moves it to `state` a second later.
fn put(tx: &Tx<'_>, new: &NewTask, second: i64, state: State) -> Result<String, LedgerError> {
    let id = task::insert(tx, new, Some(b"bytes"), at(second))?;
    let task = task::get_in(tx, &id)?;
    task::transition(tx, &Event::of(&task, "a", "ended", "well".to_owned(), state, at(second + 1)))?;
    Ok(id)
}

impl Fixture {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        Self { folder, ledger }
    }

    /// Tasks `t0`, `t1`, … that succeeded, ten seconds apart: the events 1 and 2, 3 and 4, …
    fn with_done(tasks: i64) -> Self {
        let fixture = Self::empty();
        (0..tasks).for_each(|number| drop(fixture.put(&format!("t{number}"), number * 10, State::Succeeded)));
        fixture
    }

    fn put(&self, title: &str, second: i64, state: State) -> String {
        let new = new(title, "HANDOFF");
        self.ledger.write_blocking(move |tx| put(tx, &new, second, state)).unwrap()
    }

    fn plan(&self, before: i64) -> Plan {
        plan(&self.reader(), at(before)).unwrap()
    }

    fn prune(&self, before: i64) -> PruneResult {
        prune(&self.ledger, &self.plan(before), &self.target(), at(before)).unwrap()
    }

    fn target(&self) -> Target {
        Target::Folder(self.folder.path().join("archive"))
    }

    fn reader(&self) -> Reader {
        self.ledger.reader().unwrap()
    }

    fn report(&self, head: Option<&str>, archives: &[&Path]) -> Report {
        report(&self.reader(), head, archives)
    }

    fn hashes(&self) -> Vec<String> {
        let mut hashes = Vec::new();
        verify::each::<LedgerError>(&self.reader(), |row| {
            hashes.push(row.hash.clone());
            Ok(())
        })
        .unwrap();
        hashes
    }

    fn count(&self, sql: &str) -> i64 {
        self.reader().connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The report of a check of a copy of the ledger, after running `sql` on the copy.
    fn after(&self, sql: &str) -> Report {
        let path = self.folder.path().join("tampered.db");
        drop(fs::remove_file(&path));
        backup::copy(&self.reader(), &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        report(&Reader::open(&path).unwrap(), None, &[])
    }
}

fn report(reader: &Reader, head: Option<&str>, archives: &[&Path]) -> Report {
    let head: Option<Head> = head.map(|head| head.parse().unwrap());
    let archives: Vec<PathBuf> = archives.iter().map(|path| path.to_path_buf()).collect();
    verify::verify_with(reader, head.as_ref(), &archives).unwrap()
}

#[track_caller]
fn breaks(report: &Report, seq: i64, wrong: RowFault) {
    assert_eq!(report.broken.as_ref().map(|broken| (broken.seq, broken.wrong)), Some((seq, wrong)), "{report:?}");
    assert!(!report.is_sound());
}
