//! Claims and databases that do what real ones do at the worst moment.

use std::cell::Cell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use baton_plugin_kit::host::{HeldLock, Locks, Rows, Tables, Writable};
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{self, Row, Table, Value};
use baton_tests::host_services::HostDatabase;
use baton_tests::sha256;

pub(crate) const PROCESSES: usize = 16;

/// Waits until all sixteen are at the same point.
pub(crate) fn barrier(root: &Path, point: &str, number: usize) {
    let marks = root.join("marks");
    fs::write(marks.join(format!("{point}-{number}")), "").unwrap();
    let begun = Instant::now();
    while (0..PROCESSES).any(|other| !marks.join(format!("{point}-{other}")).exists()) {
        assert!(begun.elapsed() < Duration::from_mins(1), "the others do not come to {point}");
        sleep(Duration::from_millis(1));
    }
}

/// Claims between processes: a lock on a file of the name.
pub(crate) struct FileClaims(pub(crate) PathBuf);

struct FileHeld(#[expect(dead_code, reason = "holds the lock until it is dropped")] File);

impl Locks for FileClaims {
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        let file = File::create(self.0.join(sha256(name.as_bytes()))).unwrap();
        Ok(file.try_lock().is_ok().then(|| Box::new(FileHeld(file)) as Box<dyn HeldLock>))
    }
}

impl HeldLock for FileHeld {
    fn holds(&self) -> Result<bool, Error> {
        Ok(true)
    }
}

/// Claims that everybody gets, once all sixteen ask: what the plugin does then shows whether a test would notice that they are missing.
pub(crate) struct NoClaims<'a> {
    pub(crate) root: &'a Path,
    pub(crate) number: usize,
}

struct NotHeld;

impl Locks for NoClaims<'_> {
    fn take(&self, _: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        barrier(self.root, "take", self.number);
        Ok(Some(Box::new(NotHeld)))
    }
}

impl HeldLock for NotHeld {
    fn holds(&self) -> Result<bool, Error> {
        Ok(true)
    }
}

/// A database before whose nth writing the program stands still, to be killed there.
pub(crate) struct Halts<'a> {
    pub(crate) own: &'a HostDatabase,
    pub(crate) root: &'a Path,
    pub(crate) left: Cell<usize>,
}

impl Tables for Halts<'_> {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, sql::Error> {
        self.own.query(statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, sql::Error> {
        self.own.rows(statement, parameters)
    }
}

impl Writable for Halts<'_> {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, sql::Error> {
        if self.left.get() == 0 {
            fs::write(self.root.join("marks/halted"), "").unwrap();
            sleep(Duration::from_mins(5));
        }
        self.left.set(self.left.get() - 1);
        self.own.execute(statement, parameters)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, sql::Error> {
        self.own.batch(statement, rows)
    }
}

/// Claims of which one cannot be asked for.
pub(crate) struct Fails<'a>(pub(crate) &'static str, pub(crate) &'a dyn Locks);

impl Locks for Fails<'_> {
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        if name == self.0 { Err(Error::Retryable("the ledger is away".to_owned())) } else { self.1.take(name) }
    }
}

/// A database in which somebody saves the CSV just when a sync remembers what it is about to write.
pub(crate) struct Saves<'a> {
    pub(crate) own: &'a HostDatabase,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) done: Cell<bool>,
}

impl Tables for Saves<'_> {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, sql::Error> {
        self.own.query(statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, sql::Error> {
        self.own.rows(statement, parameters)
    }
}

impl Writable for Saves<'_> {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, sql::Error> {
        if statement.starts_with("INSERT OR REPLACE INTO databases") && !self.done.replace(true) {
            fs::write(&self.path, &self.text).unwrap();
        }
        self.own.execute(statement, parameters)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, sql::Error> {
        self.own.batch(statement, rows)
    }
}
