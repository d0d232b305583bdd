//! A real SQLite database behind the traits of the host services, with the limits of the host.

use std::cell::{Cell, RefCell};

use baton_plugin_kit::host::{Rows, Tables, Writable};
use baton_plugin_sdk::sql::{Error, Row, Table, Value};
use rusqlite::types::{Value as Cellule, ValueRef};
use rusqlite::{Connection, params_from_iter};

/// A database in memory that counts its calls and can be made to fail.
pub(crate) struct Sqlite {
    connection: RefCell<Connection>,
    pub(crate) calls: Cell<usize>,
    /// The number of writes after which every write fails, as if the host was killed.
    pub(crate) breaks_after: Cell<Option<usize>>,
}

impl Sqlite {
    /// An empty database.
    pub(crate) fn new() -> Self {
        let connection = RefCell::new(Connection::open_in_memory().unwrap());
        Self { connection, calls: Cell::new(0), breaks_after: Cell::new(None) }
    }

    /// The only number that a query returns.
    pub(crate) fn number(&self, statement: &str) -> i64 {
        self.connection.borrow().query_row(statement, [], |row| row.get(0)).unwrap()
    }

    /// Runs any statements.
    pub(crate) fn execute(&self, statements: &str) {
        self.connection.borrow().execute_batch(statements).unwrap();
    }
}

fn to_sqlite(value: &Value) -> Cellule {
    match value {
        Value::Null => Cellule::Null,
        Value::Integer(number) => Cellule::Integer(*number),
        Value::Real(number) => Cellule::Real(*number),
        Value::Text(text) => Cellule::Text(text.clone()),
        Value::Blob(bytes) => Cellule::Blob(bytes.clone()),
    }
}

fn from_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Failed(error.to_string())
}

impl Tables for Sqlite {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        self.calls.set(self.calls.get() + 1);
        let connection = self.connection.borrow();
        let mut prepared = connection.prepare_cached(statement).map_err(refused)?;
        let width = prepared.column_count();
        let mut found = prepared.query(params_from_iter(parameters.iter().map(to_sqlite))).map_err(refused)?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while let Some(row) = found.next().map_err(refused)? {
            let row: Vec<Value> = (0..width).map(|at| from_sqlite(row.get_ref_unwrap(at))).collect();
            bytes += row.iter().filter_map(Value::as_text).map(str::len).sum::<usize>();
            rows.push(row);
        }
        assert!(rows.len() <= 10_000 && bytes <= 4 << 20, "the host would refuse {} rows of {bytes} bytes", rows.len());
        Ok(Table { columns: Vec::new(), rows })
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error> {
        Ok(Box::new(self.query(statement, parameters)?.rows.into_iter().map(Ok)))
    }
}

impl Writable for Sqlite {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.batch(statement, &mut std::iter::once(parameters.to_vec()))
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, Error> {
        let rows: Vec<Row> = rows.collect();
        self.calls.set(self.calls.get() + 1);
        match self.breaks_after.get() {
            Some(0) => return Err(refused("it broke")),
            Some(left) => self.breaks_after.set(Some(left - 1)),
            None => {}
        }
        assert!(rows.len() <= 10_000, "the host would refuse {} rows", rows.len());
        let mut connection = self.connection.borrow_mut();
        let transaction = connection.transaction().map_err(refused)?;
        {
            let mut prepared = transaction.prepare_cached(statement).map_err(refused)?;
            for row in &rows {
                prepared.execute(params_from_iter(row.iter().map(to_sqlite))).map_err(refused)?;
            }
        }
        transaction.commit().map_err(refused)?;
        Ok(rows.len() as u64)
    }
}
