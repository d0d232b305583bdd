//! One task's connection to one database.

use std::cell::Cell;

use baton_core::grants::Database;
use rusqlite::{Connection, Statement};

use super::authorizer::Authorizer;
use super::open::open;
use super::read::{PageEnd, ResultPages};
use super::worker::{log_bytes, log_is_full};
use super::{Access, GuestError, Row, Step, StopHandle, Table, Value, limits};

/// A connection for the statements of one task.
pub struct Session {
    connection: Connection,
    access: Access,
    authorizer: Authorizer,
    stop: StopHandle,
    /// The number of bytes by which this connection enlarged the catalog.
    growth: Cell<u64>,
}

impl Session {
    /// Opens the database. Creates it if it is missing.
    ///
    /// # Errors
    /// When the file cannot be created or opened.
    pub fn open(access: &Access, stop: &StopHandle) -> Result<Self, GuestError> {
        let authorizer = Authorizer::new(access);
        let connection = open(access, &authorizer, stop)?;
        Ok(Self { connection, access: access.clone(), authorizer, stop: stop.clone(), growth: Cell::default() })
    }

    /// Runs a query and returns all rows.
    ///
    /// # Errors
    /// The errors of `query` in `wit/sql.wit`.
    pub fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, GuestError> {
        self.stop.begin();
        let mut prepared = self.prepare_query(statement, parameters)?;
        let columns = columns(&prepared);
        let mut pieces = ResultPages::new(prepared.raw_query(), columns.len());
        let rows = pieces.next(limits::ROWS, PageEnd::Refuse, &self.stop)?;
        Ok(Table { columns, rows })
    }

    /// Runs a statement that writes. Returns the number of changed rows.
    ///
    /// # Errors
    /// The errors of `execute` in `wit/sql.wit`.
    pub fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, GuestError> {
        self.stop.begin();
        self.log_has_room()?;
        let mut prepared = self.prepare(statement)?;
        self.bind(&mut prepared, parameters)?;
        if !self.counts_growth() || prepared.readonly() {
            return self.run(&mut prepared);
        }
        self.in_transaction(move || self.run(&mut prepared))
    }

    /// Runs a statement for many rows in one transaction. Returns the total number of changed rows.
    ///
    /// # Errors
    /// The errors of `batch` in `wit/sql.wit`.
    pub fn batch(&self, statement: &str, rows: &[Row]) -> Result<u64, GuestError> {
        self.stop.begin();
        let bytes: usize = rows.iter().flatten().map(Value::bytes).sum();
        if rows.len() > limits::ROWS || bytes > limits::BATCH_BYTES {
            return Err(GuestError::TooLarge(format!(
                "the batch has {} rows and {bytes} bytes; one call accepts at most {} rows and {} MiB",
                rows.len(),
                limits::ROWS,
                limits::BATCH_BYTES >> 20
            )));
        }
        self.log_has_room()?;
        let mut prepared = self.prepare(statement)?;
        if prepared.readonly() {
            return self.run_batch(&mut prepared, rows);
        }
        self.in_transaction(move || self.run_batch(&mut prepared, rows))
    }

    /// Runs several statements in one transaction. Returns the number of changed rows of each.
    ///
    /// # Errors
    /// The errors of `transaction` in `wit/sql.wit`.
    pub fn transaction(&self, steps: &[Step]) -> Result<Vec<u64>, GuestError> {
        self.stop.begin();
        let bytes: usize = steps.iter().flat_map(|step| step.parameters.iter()).map(Value::bytes).sum();
        if steps.len() > limits::STATEMENTS || bytes > limits::BATCH_BYTES {
            return Err(GuestError::TooLarge(format!(
                "the transaction has {} statements with {bytes} bytes; one call accepts at most {} statements and {} MiB",
                steps.len(),
                limits::STATEMENTS,
                limits::BATCH_BYTES >> 20
            )));
        }
        if !self.access.writable {
            return Err(GuestError::Denied(self.access.denial.clone()));
        }
        self.log_has_room()?;
        self.in_transaction(|| {
            let step = |(number, step): (usize, &Step)| {
                let done = self.prepare(&step.statement).and_then(|mut prepared| {
                    self.bind(&mut prepared, &step.parameters)?;
                    self.run(&mut prepared)
                });
                done.map_err(|error| error.with_location(&format!("statement {number}")))
            };
            steps.iter().enumerate().map(step).collect()
        })
    }

    /// The number of bytes by which this connection enlarged the catalog since the last call.
    pub(super) fn take_growth(&self) -> u64 {
        self.growth.take()
    }

    fn counts_growth(&self) -> bool {
        self.access.database == Database::Catalog
    }

    /// Runs `write` in one transaction. Other connections write before or after the transaction, so the measured growth
    /// comes only from `write`.
    fn in_transaction<T>(&self, write: impl FnOnce() -> Result<T, GuestError>) -> Result<T, GuestError> {
        self.host("BEGIN IMMEDIATE")?;
        let written = self.used_bytes().and_then(|before| {
            let changed = write()?;
            let growth = self.used_bytes()?.saturating_sub(before);
            self.host("COMMIT")?;
            self.growth.set(self.growth.get().saturating_add(growth));
            Ok(changed)
        });
        if written.is_err() && !self.connection.is_autocommit() {
            self.host("ROLLBACK")?;
        }
        written
    }

    /// The bytes of the used pages of the catalog; 0 for databases whose growth is not counted.
    fn used_bytes(&self) -> Result<u64, GuestError> {
        if !self.counts_growth() {
            return Ok(0);
        }
        let count = |pragma: &str| self.connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
        let pages: rusqlite::Result<i64> =
            self.authorizer.as_host(|| Ok(count("PRAGMA page_count")? - count("PRAGMA freelist_count")?));
        let pages = pages.map_err(|error| GuestError::from_sqlite(&error, &self.stop))?;
        Ok(u64::try_from(pages).unwrap_or_default().saturating_mul(limits::PAGE_BYTES))
    }

    /// Prepares a statement that only reads, and binds its parameters.
    pub(super) fn prepare_query(&self, statement: &str, parameters: &[Value]) -> Result<Statement<'_>, GuestError> {
        let mut prepared = self.prepare(statement)?;
        if !prepared.readonly() {
            return Err(GuestError::Invalid("the statement writes: use execute or batch".to_owned()));
        }
        self.bind(&mut prepared, parameters)?;
        Ok(prepared)
    }

    pub(super) fn stop(&self) -> &StopHandle {
        &self.stop
    }

    fn run_batch(&self, prepared: &mut Statement<'_>, rows: &[Row]) -> Result<u64, GuestError> {
        let mut changed = 0;
        for (number, row) in rows.iter().enumerate() {
            let done = self.bind(prepared, row).and_then(|()| self.run(prepared));
            changed += done.map_err(|error| error.with_location(&format!("row {number}")))?;
        }
        Ok(changed)
    }

    fn prepare(&self, statement: &str) -> Result<Statement<'_>, GuestError> {
        if statement.len() > limits::STATEMENT_BYTES {
            let (bytes, most) = (statement.len(), limits::STATEMENT_BYTES);
            return Err(GuestError::TooLarge(format!(
                "the statement has {bytes} bytes, more than the limit of {most}; pass values as parameters"
            )));
        }
        let prepared = self.connection.prepare(statement);
        let refusal = self.authorizer.take_refusal();
        let prepared =
            prepared.map_err(|error| refusal.unwrap_or_else(|| GuestError::from_sqlite(&error, &self.stop)))?;
        if prepared.column_count() == 0 && prepared.readonly() && statement_is_empty(statement) {
            return Err(GuestError::Invalid("there is no statement".to_owned()));
        }
        Ok(prepared)
    }

    fn bind(&self, prepared: &mut Statement<'_>, parameters: &[Value]) -> Result<(), GuestError> {
        let wanted = prepared.parameter_count();
        if wanted != parameters.len() {
            let given = parameters.len();
            return Err(GuestError::Invalid(format!(
                "the statement has {wanted} parameters, but {given} values were passed"
            )));
        }
        for (number, value) in parameters.iter().enumerate() {
            prepared
                .raw_bind_parameter(number + 1, value)
                .map_err(|error| GuestError::from_sqlite(&error, &self.stop))?;
        }
        Ok(())
    }

    /// Runs a bound statement to its end. Rows that it returns are dropped.
    fn run(&self, prepared: &mut Statement<'_>) -> Result<u64, GuestError> {
        let before = self.connection.total_changes();
        let mut rows = prepared.raw_query();
        let ended = loop {
            match rows.next() {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(rows);
        // FTS5 compiles further statements while a statement runs.
        let refusal = self.authorizer.take_refusal();
        ended.map_err(|error| refusal.unwrap_or_else(|| GuestError::from_sqlite(&error, &self.stop)))?;
        let wrote = self.connection.total_changes() != before;
        Ok(if wrote { self.connection.changes() } else { 0 })
    }

    /// Fails if the write-ahead log is too large. That happens if an open cursor prevents SQLite from emptying it.
    fn log_has_room(&self) -> Result<(), GuestError> {
        let most = limits::log_quota(self.access.database);
        if !self.access.writable || log_bytes(&self.access.path) <= most {
            return Ok(());
        }
        let emptied =
            self.authorizer.as_host(|| self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        emptied.map_err(|error| GuestError::from_sqlite(&error, &self.stop))?;
        if log_bytes(&self.access.path) > most { Err(log_is_full()) } else { Ok(()) }
    }

    fn host(&self, statement: &str) -> Result<(), GuestError> {
        self.authorizer
            .as_host(|| self.connection.execute_batch(statement))
            .map_err(|error| GuestError::from_sqlite(&error, &self.stop))
    }
}

pub(super) fn columns(prepared: &Statement<'_>) -> Vec<String> {
    prepared.column_names().map(str::to_owned).collect()
}

/// True if the text consists of white space, comments and semicolons.
fn statement_is_empty(statement: &str) -> bool {
    let code = statement.lines().map(|line| line.split("--").next().unwrap_or_default());
    code.flat_map(str::chars).all(|c| c.is_whitespace() || c == ';')
}
