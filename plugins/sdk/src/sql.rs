//! Databases with typed values: `sql::own()` for the plugin's own tables, `sql::catalog()` for the shared music catalog.
//! `wit/sql.wit` defines permissions and costs.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, sql};
//!
//! fn count(name: &str) -> Result<i64, Error> {
//!     let own = sql::own();
//!     own.migrate(&[&["CREATE TABLE seen (name TEXT PRIMARY KEY, times INTEGER NOT NULL)"]])?;
//!     let sql = "INSERT INTO seen VALUES (?1, 1) ON CONFLICT DO UPDATE SET times = times + 1";
//!     own.execute(sql, &[name.into()])?;
//!     Ok(own.query("SELECT times FROM seen WHERE name = ?1", &[name.into()])?.integer().unwrap_or(0))
//! }
//! ```

pub use crate::bindings::baton::plugin::sql::{Error, Row, Statement, Table, Value};

use crate::bindings::baton::plugin::sql as generated;

/// A database.
#[derive(Clone, Copy, Debug)]
pub struct Database(generated::Database);

/// The plugin's own tables.
#[must_use]
pub fn own() -> Database {
    Database(generated::Database::Own)
}

/// The music catalog.
#[must_use]
pub fn catalog() -> Database {
    Database(generated::Database::Catalog)
}

impl Database {
    /// Reads all rows at once.
    ///
    /// # Errors
    /// As `query` in `wit/sql.wit`.
    pub fn query(self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        generated::query(self.0, statement, parameters)
    }

    /// Writes. Returns the number of changed rows.
    ///
    /// # Errors
    /// As `execute` in `wit/sql.wit`.
    pub fn execute(self, statement: &str, parameters: &[Value]) -> Result<u64, Error> {
        generated::execute(self.0, statement, parameters)
    }

    /// Writes any number of rows, in transactions of 2,000 rows or 8 MiB. Returns the number of changed rows.
    ///
    /// # Errors
    /// As `batch` in `wit/sql.wit`. If a transaction fails, the rows of earlier transactions are kept, so use a statement that
    /// can be repeated.
    pub fn batch(self, statement: &str, rows: impl IntoIterator<Item = Row>) -> Result<u64, Error> {
        let (mut piece, mut bytes, mut changed) = (Vec::new(), 0, 0);
        for row in rows {
            bytes += row.iter().map(size).sum::<usize>();
            piece.push(row);
            if piece.len() >= 2_000 || bytes >= 8 << 20 {
                changed += generated::batch(self.0, statement, &piece)?;
                (piece, bytes) = (Vec::new(), 0);
            }
        }
        if piece.is_empty() { Ok(changed) } else { Ok(changed + generated::batch(self.0, statement, &piece)?) }
    }

    /// Writes with several [`statement`]s in one transaction: all of them or none. Returns the number of changed rows of each.
    ///
    /// # Errors
    /// As `transaction` in `wit/sql.wit`.
    pub fn transaction(self, statements: &[Statement]) -> Result<Vec<u64>, Error> {
        generated::transaction(self.0, statements)
    }

    /// Migrates the plugin's own tables. Each entry of `steps` is a list of statements that runs in one transaction; `PRAGMA
    /// user_version` has the number of completed steps. Call it at the beginning of every task, and add new steps only at the end. Any
    /// number of attempts may call it at once: each transaction checks that its step is the next one, so each step is done once. A step
    /// has at most 998 statements.
    ///
    /// # Errors
    /// The errors of [`Database::transaction`]. If a step fails, the completed steps are kept. [`Error::Invalid`] if a newer
    /// revision of the plugin has completed more steps than `steps` contains.
    pub fn migrate(self, steps: &[&[&str]]) -> Result<(), Error> {
        let mut done = self.completed_steps()?;
        while let Some(step) = steps.get(done) {
            let mut statements: Vec<Statement> = step.iter().map(|text| statement(text, [])).collect();
            // The check comes after the step's statements, so that an error names the position of a statement within the step.
            statements.push(statement(&check_completed_steps(done), []));
            statements.push(statement(&format!("PRAGMA user_version = {}", done + 1), []));
            let made = self.transaction(&statements);
            let completed = self.completed_steps()?;
            match made {
                Err(error) if completed <= done => return Err(error),
                // If the transaction failed here, it wrote nothing, because another attempt has done this step.
                _ => done = completed,
            }
        }
        let known = steps.len();
        if done > known {
            let text = format!(
                "the plugin's tables have version {done}, and this revision of the plugin supports versions up to {known}: \
                 install the newer revision again"
            );
            return Err(Error::Invalid(text));
        }
        Ok(())
    }

    /// The number of completed steps of the migration.
    fn completed_steps(self) -> Result<usize, Error> {
        let steps = self.query("PRAGMA user_version", &[])?.integer().unwrap_or_default();
        Ok(usize::try_from(steps).unwrap_or_default())
    }

    /// Reads a result of any size, row by row.
    ///
    /// # Errors
    /// As `open` in `wit/sql.wit`. A later error is the last item of the iterator.
    pub fn rows(self, statement: &str, parameters: &[Value]) -> Result<Rows, Error> {
        let cursor = generated::open(self.0, statement, parameters)?;
        Ok(Rows { cursor, ready: Vec::new().into_iter(), over: false })
    }
}

/// A statement that fails (by an integer overflow) unless the migration had `completed` steps when its transaction began.
fn check_completed_steps(completed: usize) -> String {
    format!("SELECT abs({} - (user_version <> {completed})) FROM pragma_user_version", -i64::MAX)
}

/// A statement with its parameters, for [`Database::transaction`].
#[must_use]
pub fn statement(text: &str, parameters: impl IntoIterator<Item = Value>) -> Statement {
    Statement { text: text.to_owned(), parameters: parameters.into_iter().collect() }
}

/// A snapshot of an SQLite file of another program.
#[derive(Debug)]
pub struct Snapshot(generated::Snapshot);

impl Snapshot {
    /// Takes a snapshot of the SQLite file at a path of the plugin's file system.
    ///
    /// # Errors
    /// As `snapshot-of` in `wit/sql.wit`.
    pub fn open(path: &str) -> Result<Self, Error> {
        generated::snapshot_of(path).map(Self)
    }

    /// Reads all rows at once.
    ///
    /// # Errors
    /// As `query` in `wit/sql.wit`.
    pub fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        self.0.query(statement, parameters)
    }

    /// Reads a result of any size, row by row.
    ///
    /// # Errors
    /// As `open` in `wit/sql.wit`. A later error is the last item of the iterator.
    pub fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows, Error> {
        Ok(Rows { cursor: self.0.open(statement, parameters)?, ready: Vec::new().into_iter(), over: false })
    }
}

/// The rows of a large result.
#[derive(Debug)]
pub struct Rows {
    cursor: generated::Cursor,
    ready: std::vec::IntoIter<Row>,
    over: bool,
}

impl Iterator for Rows {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.ready.next() {
            return Some(Ok(row));
        }
        if self.over {
            return None;
        }
        match self.cursor.next(1_000) {
            Ok(rows) => {
                self.over = rows.is_empty();
                self.ready = rows.into_iter();
                self.ready.next().map(Ok)
            }
            Err(error) => {
                self.over = true;
                Some(Err(error))
            }
        }
    }
}

impl Table {
    /// The first value of the first row as an integer.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        self.rows.first()?.first()?.as_integer()
    }

    /// The first value of the first row as text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_text()
    }
}

impl Value {
    /// The integer, if the value is an integer.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    /// The number, if the value is a number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "SQLite converts integers in the same way")]
    pub fn as_real(&self) -> Option<f64> {
        match self {
            Self::Real(number) => Some(*number),
            Self::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The text, if the value is a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The bytes, if the value is a blob.
    #[must_use]
    pub fn as_blob(&self) -> Option<&[u8]> {
        if let Self::Blob(bytes) = self { Some(bytes) } else { None }
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Integer(_) | Value::Real(_) => 16,
        Value::Text(text) => 16 + text.len(),
        Value::Blob(bytes) => 16 + bytes.len(),
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Integer(flag.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A missing grant is `needs-grant`, a temporary failure `retryable`, the rest `permanent`.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::NeedsGrant(text),
            Error::Busy(text) | Error::Timeout(text) | Error::Failed(text) => Self::Retryable(text),
            Error::Constraint(text) | Error::TooLarge(text) | Error::Full(text) | Error::Invalid(text) => {
                Self::Permanent(text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_made_from_rust_types() {
        assert_eq!(Value::from(Some("a")), Value::Text("a".to_owned()));
        assert_eq!(Value::from(None::<i64>), Value::Null);
        assert_eq!((Value::from(true).as_integer(), Value::from(2_i64).as_real()), (Some(1), Some(2.0)));
        assert_eq!(Value::from(vec![1_u8]).as_blob(), Some([1].as_slice()));
    }

    #[test]
    fn a_missing_grant_asks_for_it() {
        let error = crate::Error::from(Error::Denied("baton plugin grant …".to_owned()));
        assert_eq!(error, crate::Error::NeedsGrant("baton plugin grant …".to_owned()));
    }
}
