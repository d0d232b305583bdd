//! Databases and claims as the host lends them, as traits: a plugin's rooms take these, so that native tests run them on real
//! databases (`tests/src/lent`) and the component runs them on what `wit/sql.wit` and `wit/claims.wit` offer.

use baton_plugin_sdk::sql::{Database, Error, Row, Snapshot, Table, Value};
use baton_plugin_sdk::{Error as TaskError, claims};

/// Rows that come one after another.
pub type Rows<'a> = Box<dyn Iterator<Item = Result<Row, Error>> + 'a>;

/// Tables for reading: a database, or a snapshot of another program's.
pub trait Tables {
    /// All rows at once: at most 10,000 and 4 MiB.
    ///
    /// # Errors
    /// As `query` in `wit/sql.wit`.
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error>;

    /// A result of any size, row by row. An error later on is an item, and the last.
    ///
    /// # Errors
    /// As `open` in `wit/sql.wit`.
    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error>;
}

/// Tables for writing too.
pub trait Writable: Tables {
    /// Writes; gives the changed rows.
    ///
    /// # Errors
    /// As `execute` in `wit/sql.wit`.
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error>;

    /// Writes any number of rows, some thousands a transaction.
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

/// Names that one attempt at a time holds.
pub trait Locks {
    /// Takes a name; nothing when another has it. Dropping what comes gives it back.
    ///
    /// # Errors
    /// As `take` in `wit/claims.wit`.
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, TaskError>;
}

/// A name that is held.
pub trait HeldLock {
    /// Whether it still is.
    fn holds(&self) -> Result<bool, TaskError>;
}

/// The claims of the host.
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
