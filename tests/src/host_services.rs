//! The host's databases and locks for native tests of plugins, without a component: the real catalog and the real sessions of
//! `baton_plugin_sql`, with authorizer, quotas and limits.
//!
//! No other file of `tests/src` calls the host's code.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{PipeReader, PipeWriter, Write as _, pipe};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use baton_core::grants::Database;
use baton_plugin_kit::host::{HeldLock, Locks, Rows, Tables, Writable};
use baton_plugin_sdk::Error as TaskError;
use baton_plugin_sdk::sql::{Error, Row, Table, Value};
use baton_plugin_sql::worker::{Answer, Reply, Request, encode, read, serve};
use baton_plugin_sql::{Access, GuestError, Session, StopHandle};

/// A database in a file.
pub struct HostDatabase {
    access: Access,
    session: Session,
}

impl HostDatabase {
    /// The music catalog in a folder; created if it is missing.
    #[must_use]
    pub fn catalog(folder: &Path) -> Self {
        Self::open(Database::Catalog, folder.join("catalog.db"), true)
    }

    /// A plugin's own database in a folder; created if it is missing.
    #[must_use]
    pub fn own(folder: &Path) -> Self {
        Self::open(Database::Own, folder.join("own.db"), true)
    }

    /// An SQLite file of another program, read-only.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self::open(Database::Own, path.to_owned(), false)
    }

    /// As `file`, for a file that may be damaged.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn try_file(path: &Path) -> Result<Self, Error> {
        Self::try_open(Database::Own, path.to_owned(), false)
    }

    /// Records a file as `baton library scan` does, with its path, length, artist and title, but without a track.
    pub fn scan(&self, path: &str, [artist, title]: [&str; 2], duration_ms: i64) -> anyhow::Result<()> {
        let tables = rusqlite::Connection::open(&self.access.path)?;
        tables.execute(
            "INSERT INTO put_file (source, said_at, path, size, modified_at, format, duration_ms, missing)
             VALUES ('library', 1, ?1, 1000, 1, 'mp3', ?2, 0)",
            rusqlite::params![path, duration_ms],
        )?;
        tables.execute(
            "INSERT OR IGNORE INTO library_sources (id, path, kind, added_at) VALUES (1, '/', 'folder', 1)",
            [],
        )?;
        tables.execute(
            "INSERT INTO library_items (source, key, file, path, name, size, mtime_ns, inode, state, duration_ms, title, artist,
                 scan, seen_at)
             SELECT 1, ?1, id, ?1, ?1, 1000, 1000000, 1, 'fingerprinted', ?2, ?3, ?4, 1, 1 FROM files WHERE path = ?1",
            rusqlite::params![path, duration_ms, title, artist],
        )?;
        Ok(())
    }

    /// Records that `baton library scan` has listed a folder completely.
    pub fn listed(&self, folder: &str) -> anyhow::Result<()> {
        let tables = rusqlite::Connection::open(&self.access.path)?;
        let put = "INSERT INTO library_sources (path, kind, added_at, listed_at) VALUES (?1, 'folder', 1, 1)";
        tables.execute(put, [folder])?;
        Ok(())
    }

    fn open(database: Database, path: PathBuf, writable: bool) -> Self {
        Self::try_open(database, path, writable).expect("the database opens")
    }

    fn try_open(database: Database, path: PathBuf, writable: bool) -> Result<Self, Error> {
        let access = Access { database, path, writable, writer: None, denial: "writing is not granted".to_owned() };
        let session = Session::open(&access, &StopHandle::default()).map_err(error_out)?;
        Ok(Self { access, session })
    }
}

impl Tables for HostDatabase {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        let found = self.session.query(statement, &row_in(parameters)).map_err(error_out)?;
        Ok(Table { columns: found.columns, rows: found.rows.into_iter().map(row_out).collect() })
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error> {
        let mut worker = Worker::start();
        let access = Access { writable: false, ..self.access.clone() };
        worker.ask(&Request::Open(access)).map_err(error_out)?;
        let walk = Request::OpenCursor { statement: statement.to_owned(), parameters: row_in(parameters) };
        worker.ask(&walk).map_err(error_out)?;
        let mut over = false;
        let pieces = std::iter::from_fn(move || {
            if over {
                return None;
            }
            match worker.ask(&Request::Next { most: 1_000 }) {
                Ok(Answer::Rows(rows)) if rows.is_empty() => None,
                Ok(Answer::Rows(rows)) => Some(rows.into_iter().map(|row| Ok(row_out(row))).collect::<Vec<_>>()),
                Ok(_) => None,
                Err(error) => {
                    over = true;
                    Some(vec![Err(error_out(error))])
                }
            }
        });
        Ok(Box::new(pieces.flatten()))
    }
}

/// A database worker of the host on a thread.
struct Worker {
    requests: PipeWriter,
    replies: PipeReader,
}

impl Worker {
    fn start() -> Self {
        let ((input, requests), (replies, output)) = (pipe().expect("a pipe"), pipe().expect("a pipe"));
        std::thread::spawn(move || serve(input, output, |_| ()));
        Self { requests, replies }
    }

    fn ask(&mut self, request: &Request) -> Reply {
        let message = encode(request).expect("a message");
        self.requests.write_all(&message).expect("the worker reads");
        read(&mut self.replies).expect("the worker answers").expect("an answer")
    }
}

impl Writable for HostDatabase {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.session.execute(statement, &row_in(parameters)).map_err(error_out)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, Error> {
        let mut changed = 0;
        loop {
            let piece: Vec<_> = rows.take(2_000).map(|row| row_in(&row)).collect();
            if piece.is_empty() {
                return Ok(changed);
            }
            changed += self.session.batch(statement, &piece).map_err(error_out)?;
        }
    }
}

fn row_in(row: &[Value]) -> Vec<baton_plugin_sql::Value> {
    let value = |value: &Value| match value {
        Value::Null => baton_plugin_sql::Value::Null,
        Value::Integer(number) => baton_plugin_sql::Value::Integer(*number),
        Value::Real(number) => baton_plugin_sql::Value::Real(*number),
        Value::Text(text) => baton_plugin_sql::Value::Text(text.clone()),
        Value::Blob(bytes) => baton_plugin_sql::Value::Blob(bytes.clone()),
    };
    row.iter().map(value).collect()
}

fn row_out(row: Vec<baton_plugin_sql::Value>) -> Row {
    let value = |value: baton_plugin_sql::Value| match value {
        baton_plugin_sql::Value::Null => Value::Null,
        baton_plugin_sql::Value::Integer(number) => Value::Integer(number),
        baton_plugin_sql::Value::Real(number) => Value::Real(number),
        baton_plugin_sql::Value::Text(text) => Value::Text(text),
        baton_plugin_sql::Value::Blob(bytes) => Value::Blob(bytes),
    };
    row.into_iter().map(value).collect()
}

fn error_out(error: GuestError) -> Error {
    match error {
        GuestError::Denied(text) => Error::Denied(text),
        GuestError::Constraint(text) => Error::Constraint(text),
        GuestError::Busy(text) => Error::Busy(text),
        GuestError::TooLarge(text) => Error::TooLarge(text),
        GuestError::Timeout(text) => Error::Timeout(text),
        GuestError::Full(text) => Error::Full(text),
        GuestError::Invalid(text) => Error::Invalid(text),
        GuestError::Failed(text) | GuestError::Damaged(text) => Error::Failed(text),
    }
}

/// The method of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `query`.
    Query,
    /// `rows`.
    Rows,
    /// `execute`.
    Execute,
    /// `batch`.
    Batch,
}

/// A database with a function that runs before each call and can make it fail.
pub struct HookedDatabase<'a, F> {
    database: &'a HostDatabase,
    before: F,
}

impl<'a, F: Fn(Call, &str) -> Result<(), Error>> HookedDatabase<'a, F> {
    /// Calls `before` with the method and the statement before each call.
    pub const fn new(database: &'a HostDatabase, before: F) -> Self {
        Self { database, before }
    }
}

impl<F: Fn(Call, &str) -> Result<(), Error>> Tables for HookedDatabase<'_, F> {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        (self.before)(Call::Query, statement)?;
        self.database.query(statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error> {
        (self.before)(Call::Rows, statement)?;
        self.database.rows(statement, parameters)
    }
}

impl<F: Fn(Call, &str) -> Result<(), Error>> Writable for HookedDatabase<'_, F> {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error> {
        (self.before)(Call::Execute, statement)?;
        self.database.execute(statement, parameters)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, Error> {
        (self.before)(Call::Batch, statement)?;
        self.database.batch(statement, rows)
    }
}

/// Locks within one process. `tests/e2e/locks.rs` tests the real locks between processes.
#[derive(Clone, Debug, Default)]
pub struct HostLocks(Rc<RefCell<BTreeSet<String>>>);

struct TestLock(HostLocks, String);

impl Locks for HostLocks {
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, TaskError> {
        let new = self.0.borrow_mut().insert(name.to_owned());
        Ok(new.then(|| Box::new(TestLock(self.clone(), name.to_owned())) as Box<dyn HeldLock>))
    }
}

impl HeldLock for TestLock {
    fn holds(&self) -> Result<bool, TaskError> {
        Ok(self.0.0.borrow().contains(&self.1))
    }
}

impl Drop for TestLock {
    fn drop(&mut self) {
        self.0.0.borrow_mut().remove(&self.1);
    }
}
