//! Databases: the plugin's own database, the music catalog, snapshots of other programs' files. `wit/sql.wit` defines the
//! errors.

use baton_plugin_sdk::sql::{Database, Error, Row, Snapshot, Table, Value};

/// Rows, one after another.
pub type Rows<'a> = Box<dyn Iterator<Item = Result<Row, Error>> + 'a>;

/// Tables for reading: a database, or a snapshot of another program's database.
pub trait Tables {
    /// Reads a result at once: at most 10,000 rows and 4 MiB.
    ///
    /// # Errors
    /// As `query` in `wit/sql.wit`.
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error>;

    /// A result of any size, row by row. If reading fails later, the error is the last item.
    ///
    /// # Errors
    /// As `open` in `wit/sql.wit`.
    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error>;

    /// A result of any size as a list.
    ///
    /// # Errors
    /// As [`Self::rows`].
    fn all(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, Error> {
        self.rows(statement, parameters)?.collect()
    }
}

/// Tables for reading and writing.
pub trait Writable: Tables {
    /// Runs a statement and returns the number of changed rows.
    ///
    /// # Errors
    /// As `execute` in `wit/sql.wit`.
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error>;

    /// Writes any number of rows in transactions of some thousand rows each.
    ///
    /// # Errors
    /// As `batch` in `wit/sql.wit`; the transactions before the failed one stay.
    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, Error>;

    /// Writes a list of rows as [`Self::batch`] does.
    ///
    /// # Errors
    /// As [`Self::batch`].
    fn write(&self, statement: &str, rows: Vec<Row>) -> Result<(), Error> {
        self.batch(statement, &mut rows.into_iter()).map(drop)
    }
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
