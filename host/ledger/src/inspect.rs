//! Queries for checks of a ledger: its format, its pages, open deliveries, leases, recorded files. The queries only read,
//! and work with and without a daemon.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::LedgerError;
use crate::database::{self, Reader};
use crate::task::timestamp;

/// The format of a ledger file, and the newest format that this version of Baton supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    pub found: i64,
    pub known: i64,
}

/// The format of the ledger.
pub fn form(reader: &Reader) -> Result<Form, LedgerError> {
    Ok(Form { found: baton_sqlite::form(&reader.connection)?, known: database::known() })
}

/// Whether the ledger has the format `wanted` or a later format. The next write migrates a ledger of an older format.
pub(crate) fn has_form(reader: &Reader, wanted: i64) -> Result<bool, LedgerError> {
    Ok(form(reader)?.found >= wanted)
}

/// The pragma that checks only the pages, not the indexes, and reports the first 20 problems.
const QUICK_CHECK: &str = "quick_check(20)";

/// The problems that SQLite finds in the pages of the ledger. Reads the whole file.
///
/// # Errors
/// When the file is too damaged to be checked.
pub fn quick_check(reader: &Reader) -> Result<Vec<String>, LedgerError> {
    Ok(database::damage(&reader.connection, QUICK_CHECK)?)
}

/// As [`quick_check`], for another SQLite file, such as the catalog or a plugin's database.
///
/// # Errors
/// When the file cannot be opened, is not a database, or is too damaged to be checked.
pub fn quick_check_of(path: &Path) -> rusqlite::Result<Vec<String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    database::damage(&Connection::open_with_flags(path, flags)?, QUICK_CHECK)
}

/// The number of events, computed from the event numbers.
pub fn events(reader: &Reader) -> Result<u64, LedgerError> {
    let sql = "SELECT coalesce(max(seq) - min(seq) + 1, 0) FROM events";
    Ok(reader.connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// An open delivery of a task that had no event for too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StalledDelivery {
    pub task: String,
    pub kind: String,
    /// The folder of the delivered file. A folder inside the workspace is stored as a relative path, any other folder as an
    /// absolute path.
    pub folder: String,
    /// The planned name of the delivered file. If another file in the folder has this name, the delivered file gets another
    /// name.
    pub name: String,
    pub since: Timestamp,
}

/// The open deliveries whose tasks had no event for longer than `limit`.
pub fn undelivered(reader: &Reader, now: Timestamp, limit: Duration) -> Result<Vec<StalledDelivery>, LedgerError> {
    let mut select = reader.connection.prepare(
        "SELECT task, kind, folder, name, since FROM (
             SELECT o.id, o.task, o.kind, o.folder, o.name,
                    coalesce((SELECT at FROM events WHERE task = o.task ORDER BY seq DESC LIMIT 1), 0) AS since
             FROM outbox AS o WHERE o.state IN ('pending', 'staged'))
         WHERE since <= ?1 ORDER BY id",
    )?;
    let limit = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    let rows = select.query_map([now.as_millisecond().saturating_sub(limit)], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    rows.map(|row| {
        let (task, kind, folder, name, since) = row?;
        Ok(StalledDelivery { task, kind, folder, name, since: timestamp(since)? })
    })
    .collect()
}

/// The folder of a delivery, and whether the delivery is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The folder. A folder inside the workspace is stored as a relative path, any other folder as an absolute path.
    pub folder: String,
    /// True if the delivery is not finished.
    pub is_open: bool,
}

/// The delivery of this number.
pub fn delivery(reader: &Reader, number: i64) -> Result<Option<Delivery>, LedgerError> {
    let sql = "SELECT folder, state IN ('pending', 'staged') FROM outbox WHERE id = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok(Delivery { folder: row.get(0)?, is_open: row.get(1)? });
    Ok(reader.connection.prepare_cached(sql)?.query_row([number], row).optional()?)
}

/// A running task and the process that runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningTask {
    pub task: String,
    pub agent: String,
    /// The title of the task, in one line.
    pub title: String,
    /// The lease owner of the process that runs the task: the kind of the process, its process id and other parts, separated
    /// by colons.
    pub owner: String,
}

/// The running tasks.
pub fn leases(reader: &Reader) -> Result<Vec<RunningTask>, LedgerError> {
    let mut select = reader.connection.prepare(
        "SELECT id, agent, title, coalesce(lease_owner, '') FROM tasks
         WHERE state IN ('running', 'waiting', 'needs_grant') AND state = 'running' ORDER BY created_at, rowid",
    )?;
    let rows = select.query_map([], |row| {
        Ok(RunningTask { task: row.get(0)?, agent: row.get(1)?, title: row.get(2)?, owner: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether `file` is or was the file of a task (in the form of [`Task::file`](crate::task::Task::file)).
pub fn knows_file(reader: &Reader, file: &str) -> Result<bool, LedgerError> {
    let mut select = reader.connection.prepare_cached("SELECT 1 FROM tasks WHERE file = ?1 LIMIT 1")?;
    Ok(select.query_row([file], |_| Ok(())).optional()?.is_some())
}

/// A file that the ledger has recorded for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFile {
    pub task: String,
    /// The path of the file. A path inside the workspace is relative, any other path is absolute.
    pub file: String,
}

/// The files of queued and waiting tasks, which must be in the inbox. Does not include files that were delivered to an
/// external agent, because the agent may move them.
pub fn waiting_files(reader: &Reader) -> Result<Vec<RecordedFile>, LedgerError> {
    recorded(
        reader,
        "WHERE state IN
  ('captured', 'queued', 'running', 'waiting', 'needs_grant', 'needs_human', 'needs_approval', 'delivered')
         AND state <> 'delivered' AND file IS NOT NULL AND archived_at IS NULL ORDER BY created_at, rowid LIMIT ?1",
        i64::MAX,
    )
}

/// The archived files of the newest `most` tasks.
pub fn archived_files(reader: &Reader, most: u32) -> Result<Vec<RecordedFile>, LedgerError> {
    let rest = "WHERE rowid IN (SELECT rowid FROM tasks ORDER BY created_at DESC LIMIT ?1)
                AND archived_at IS NOT NULL AND file IS NOT NULL ORDER BY created_at, rowid";
    recorded(reader, rest, i64::from(most))
}

fn recorded(reader: &Reader, rest: &str, most: i64) -> Result<Vec<RecordedFile>, LedgerError> {
    let mut select = reader.connection.prepare(&format!("SELECT id, file FROM tasks {rest}"))?;
    let rows = select.query_map(params![most], |row| Ok(RecordedFile { task: row.get(0)?, file: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use baton_core::State;
    use rusqlite::Connection;

    use super::*;
    use crate::task::{self, NewTask, Origin};
    use crate::{Ledger, Tx, outbox};

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        (folder, ledger)
    }

    fn task(tx: &Tx<'_>, title: &str, state: State, second: i64) -> Result<String, LedgerError> {
        let new = NewTask {
            title: title.to_owned(),
            file: Some(format!("handoffs/a/01_inbox/{title}.json")),
            ..NewTask::blank("a", Origin::Handoff, state)
        };
        task::insert(tx, &new, None, Timestamp::from_second(second).unwrap())
    }

    fn delivery(name: &str) -> outbox::NewDelivery {
        let folder = "reports".to_owned();
        outbox::NewDelivery {
            kind: outbox::DeliveryKind::Artifact,
            source: None,
            folder,
            name: name.to_owned(),
            hash: None,
            bytes: None,
        }
    }

    #[test]
    fn a_sound_ledger_has_the_newest_format_and_no_problems() {
        let (_folder, ledger) = ledger();
        let reader = ledger.reader().unwrap();
        let newest = database::known();
        assert_eq!((form(&reader).unwrap(), events(&reader).unwrap()), (Form { found: newest, known: newest }, 0));
        assert_eq!(quick_check(&reader).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn damaged_pages_are_found() {
        let (folder, ledger) = ledger();
        ledger.write_blocking(|tx| task(tx, "x", State::Queued, 1)).unwrap();
        let path = folder.path().join("l.db");
        // Deletes the definition of an index, so that the index lacks entries of its table.
        let sql = "PRAGMA writable_schema = ON;
                   UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'tasks_handoff')
                   WHERE name = 'tasks_created'";
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let said = quick_check(&Reader::open(&path).unwrap());
        assert!(said.is_err() || said.is_ok_and(|said| !said.is_empty()));
    }

    #[test]
    fn an_open_delivery_is_reported_when_its_task_has_no_new_events() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let (old, young) = (task(tx, "old", State::Succeeded, 0)?, task(tx, "young", State::Succeeded, 500)?);
            let done = outbox::add(tx, &old, &delivery("done"))?;
            outbox::done(tx, done, "done")?;
            Ok((outbox::add(tx, &old, &delivery("stuck"))?, outbox::add(tx, &young, &delivery("fresh"))?))
        };
        let (stuck, fresh) = ledger.write_blocking(job).unwrap();
        let reader = ledger.reader().unwrap();
        let now = Timestamp::from_second(600).unwrap();
        let found = undelivered(&reader, now, Duration::from_mins(10)).unwrap();
        let names: Vec<_> = found.iter().map(|open| (open.name.as_str(), open.kind.as_str(), open.since)).collect();
        assert_eq!(names, [("stuck", "artifact", Timestamp::UNIX_EPOCH)]);
        let open = |number| super::delivery(&reader, number).unwrap().is_some_and(|delivery| delivery.is_open);
        assert!(open(stuck) && open(fresh) && super::delivery(&reader, 999).unwrap().is_none());
    }

    #[test]
    fn leases_and_files_are_listed() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let run = task(tx, "run", State::Queued, 1)?;
            task::lease_task(tx, &run, "up:7:1", Duration::from_secs(1), Timestamp::UNIX_EPOCH)?;
            let done = task(tx, "done", State::Succeeded, 2)?;
            task::set_file(tx, &done, "handoffs/a/02_processed/done.json", Some(Timestamp::UNIX_EPOCH))?;
            task(tx, "theirs", State::Delivered, 3)
        };
        ledger.write_blocking(job).unwrap();
        let reader = ledger.reader().unwrap();
        let owners: Vec<_> = leases(&reader).unwrap().into_iter().map(|lease| (lease.title, lease.owner)).collect();
        assert_eq!(owners, [("run".to_owned(), "up:7:1".to_owned())]);
        let files = |found: Vec<RecordedFile>| found.into_iter().map(|found| found.file).collect::<Vec<_>>();
        assert_eq!(files(waiting_files(&reader).unwrap()), ["handoffs/a/01_inbox/run.json"]);
        assert_eq!(files(archived_files(&reader, 2).unwrap()), ["handoffs/a/02_processed/done.json"]);
        assert!(archived_files(&reader, 1).unwrap().is_empty(), "only the newest are checked");
        assert!(knows_file(&reader, "handoffs/a/01_inbox/theirs.json").unwrap());
        assert!(!knows_file(&reader, "handoffs/a/01_inbox/done.json").unwrap());
    }
}
