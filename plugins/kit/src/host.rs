//! The host's databases and locks as traits. A plugin's modules use these traits, so native tests run them on real databases
//! (`tests/src/host_services.rs`), and the component runs them on `wit/sql.wit` and `wit/claims.wit`.

use baton_plugin_sdk::sql::{Database, Error, Row, Snapshot, Table, Value};
use baton_plugin_sdk::{Error as TaskError, claims};

/// Rows, one after another.
pub type Rows<'a> = Box<dyn Iterator<Item = Result<Row, Error>> + 'a>;

/// Tables for reading: a database, or a snapshot of another program's database.
pub trait Tables {
    /// All rows at once: at most 10,000 and 4 MiB.
    ///
    /// # Errors
    /// As `query` in `wit/sql.wit`.
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error>;

    /// A result of any size, row by row. A later error is the last item.
    ///
    /// # Errors
    /// As `open` in `wit/sql.wit`.
    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error>;
}

/// Tables for reading and writing.
pub trait Writable: Tables {
    /// Runs a statement and returns the number of changed rows.
    ///
    /// # Errors
    /// As `execute` in `wit/sql.wit`.
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error>;

    /// Writes any number of rows in transactions of some thousands.
    ///
    /// # Errors
    /// As `batch` in `wit/sql.wit`; the transactions before the failed one stay.
    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, Error>;
}

impl Tables for Database {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        Self::query(*self, statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error> {
        Ok(Box::new(Self::rows(*self, statement, parameters)?))
    }
}

impl Writable for Database {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error> {
        Self::execute(*self, statement, parameters)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, Error> {
        Self::batch(*self, statement, rows)
    }
}

impl Tables for Snapshot {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        Self::query(self, statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error> {
        Ok(Box::new(Self::rows(self, statement, parameters)?))
    }
}

/// Exclusive named locks.
pub trait Locks {
    /// Acquires a lock; `None` if another attempt holds it. Dropping the result releases it.
    ///
    /// # Errors
    /// As `take` in `wit/claims.wit`.
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, TaskError>;
}

/// A lock that is held.
pub trait HeldLock {
    /// False after somebody broke the lock by hand.
    fn holds(&self) -> Result<bool, TaskError>;
}

/// The locks of the host.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostLocks;

impl Locks for HostLocks {
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, TaskError> {
        Ok(claims::take(name)?.map(|claim| Box::new(claim) as Box<dyn HeldLock>))
    }
}

impl HeldLock for claims::Claim {
    fn holds(&self) -> Result<bool, TaskError> {
        Ok(Self::holds(self)?)
    }
}
