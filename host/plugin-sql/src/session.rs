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
    /// Bytes by which its writes enlarged the catalog.
    growth: Cell<u64>,
}

impl Session {
    /// Opens the database; creates a missing one.
    ///
    /// # Errors
    /// When the file cannot be created or opened.
    pub fn open(access: &Access, stop: &StopHandle) -> Result<Self, GuestError> {
        let authorizer = Authorizer::of(access);
        let connection = open(access, &authorizer, stop)?;
        Ok(Self { connection, access: access.clone(), authorizer, stop: stop.clone(), growth: Cell::default() })
    }

    /// Reads.
    ///
    /// # Errors
    /// As `query` in `wit/sql.wit`.
    pub fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, GuestError> {
        self.stop.begin();
        let mut prepared = self.reading(statement, parameters)?;
        let columns = columns(&prepared);
        let mut pieces = ResultPages::of(prepared.raw_query(), columns.len());
        let rows = pieces.next(limits::ROWS, PageEnd::Refuse, &self.stop)?;
        Ok(Table { columns, rows })
    }

    /// Writes; returns the number of changed rows.
    ///
    /// # Errors
    /// As `execute` in `wit/sql.wit`.
    pub fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, GuestError> {
        self.stop.begin();
        self.log_has_room()?;
        let mut prepared = self.prepared(statement)?;
        self.bind(&mut prepared, parameters)?;
        if !self.counts_growth() || prepared.readonly() {
            return self.run(&mut prepared);
        }
        self.in_transaction(move || self.run(&mut prepared))
    }

    /// Writes many rows in one transaction; returns the number of changed rows of all together.
    ///
    /// # Errors
    /// As `batch` in `wit/sql.wit`.
    pub fn batch(&self, statement: &str, rows: &[Row]) -> Result<u64, GuestError> {
        self.stop.begin();
        let bytes: usize = rows.iter().flatten().map(Value::bytes).sum();
        if rows.len() > limits::ROWS || bytes > limits::BATCH_BYTES {
            return Err(GuestError::TooLarge(format!(
                "the batch has {} rows and {bytes} bytes; at most {} rows and {} MiB go in one call",
                rows.len(),
                limits::ROWS,
                limits::BATCH_BYTES >> 20
            )));
        }
        self.log_has_room()?;
        let mut prepared = self.prepared(statement)?;
        if prepared.readonly() {
            return self.fill(&mut prepared, rows);
        }
        self.in_transaction(move || self.fill(&mut prepared, rows))
    }

    /// Writes with several statements in one transaction; returns the number of changed rows of each.
    ///
    /// # Errors
    /// As `transaction` in `wit/sql.wit`.
    pub fn transaction(&self, steps: &[Step]) -> Result<Vec<u64>, GuestError> {
        self.stop.begin();
        let bytes: usize = steps.iter().flat_map(|step| step.parameters.iter()).map(Value::bytes).sum();
        if steps.len() > limits::STATEMENTS || bytes > limits::BATCH_BYTES {
            return Err(GuestError::TooLarge(format!(
                "the transaction has {} statements with {bytes} bytes; at most {} statements and {} MiB go in one call",
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
                let done = self.prepared(&step.statement).and_then(|mut prepared| {
                    self.bind(&mut prepared, &step.parameters)?;
                    self.run(&mut prepared)
                });
                done.map_err(|error| error.at(&format!("statement {number}")))
            };
            steps.iter().enumerate().map(step).collect()
        })
    }

    /// Bytes by which its writes enlarged the catalog since this was last called.
    pub(super) fn take_growth(&self) -> u64 {
        self.growth.take()
    }

    fn counts_growth(&self) -> bool {
        self.access.database == Database::Catalog
    }

    /// Runs `write` in one transaction. Other connections write before or after it, so the growth in it is its own.
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

    /// Bytes of the catalog's pages that hold something; 0 for databases whose growth is not counted.
    fn used_bytes(&self) -> Result<u64, GuestError> {
        if !self.counts_growth() {
            return Ok(0);
        }
        let count = |pragma: &str| self.connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
        let pages: rusqlite::Result<i64> =
            self.authorizer.as_host(|| Ok(count("PRAGMA page_count")? - count("PRAGMA freelist_count")?));
        let pages = pages.map_err(|error| GuestError::of(&error, &self.stop))?;
        Ok(u64::try_from(pages).unwrap_or_default().saturating_mul(limits::PAGE_BYTES))
    }

    /// A prepared statement that only reads, with its parameters.
    pub(super) fn reading(&self, statement: &str, parameters: &[Value]) -> Result<Statement<'_>, GuestError> {
        let mut prepared = self.prepared(statement)?;
        if !prepared.readonly() {
            return Err(GuestError::Invalid("the statement writes: use execute or batch".to_owned()));
        }
        self.bind(&mut prepared, parameters)?;
        Ok(prepared)
    }

    pub(super) fn stop(&self) -> &StopHandle {
        &self.stop
    }

    fn fill(&self, prepared: &mut Statement<'_>, rows: &[Row]) -> Result<u64, GuestError> {
        let mut changed = 0;
        for (number, row) in rows.iter().enumerate() {
            let done = self.bind(prepared, row).and_then(|()| self.run(prepared));
            changed += done.map_err(|error| error.at(&format!("row {number}")))?;
        }
        Ok(changed)
    }

    fn prepared(&self, statement: &str) -> Result<Statement<'_>, GuestError> {
        if statement.len() > limits::STATEMENT_BYTES {
            let (bytes, most) = (statement.len(), limits::STATEMENT_BYTES);
            return Err(GuestError::TooLarge(format!(
                "the statement has {bytes} bytes, at most {most} are compiled; give values as parameters"
            )));
        }
        let prepared = self.connection.prepare(statement);
        let refusal = self.authorizer.take();
        let prepared = prepared.map_err(|error| refusal.unwrap_or_else(|| GuestError::of(&error, &self.stop)))?;
        if prepared.column_count() == 0 && prepared.readonly() && statement_is_empty(statement) {
            return Err(GuestError::Invalid("there is no statement".to_owned()));
        }
        Ok(prepared)
    }

    fn bind(&self, prepared: &mut Statement<'_>, parameters: &[Value]) -> Result<(), GuestError> {
        let wanted = prepared.parameter_count();
        if wanted != parameters.len() {
            let given = parameters.len();
            return Err(GuestError::Invalid(format!("the statement has {wanted} parameters and was given {given}")));
        }
        for (number, value) in parameters.iter().enumerate() {
            prepared.raw_bind_parameter(number + 1, value).map_err(|error| GuestError::of(&error, &self.stop))?;
        }
        Ok(())
    }

    /// Runs a bound statement to its end; rows that it returns are dropped.
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
        // FTS5 and the like compile further statements while they run.
        let refusal = self.authorizer.take();
        ended.map_err(|error| refusal.unwrap_or_else(|| GuestError::of(&error, &self.stop)))?;
        let wrote = self.connection.total_changes() != before;
        Ok(if wrote { self.connection.changes() } else { 0 })
    }

    /// Refuses to write while the write-ahead log is too large because an open cursor keeps SQLite from emptying it.
    fn log_has_room(&self) -> Result<(), GuestError> {
        let most = limits::log(self.access.database);
        if !self.access.writable || log_bytes(&self.access.path) <= most {
            return Ok(());
        }
        let emptied =
            self.authorizer.as_host(|| self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        emptied.map_err(|error| GuestError::of(&error, &self.stop))?;
        if log_bytes(&self.access.path) > most { Err(log_is_full()) } else { Ok(()) }
    }

    fn host(&self, statement: &str) -> Result<(), GuestError> {
        self.authorizer
            .as_host(|| self.connection.execute_batch(statement))
            .map_err(|error| GuestError::of(&error, &self.stop))
    }
}

pub(super) fn columns(prepared: &Statement<'_>) -> Vec<String> {
    prepared.column_names().map(str::to_owned).collect()
}

/// Whether there is nothing but white space, comments and semicolons.
fn statement_is_empty(statement: &str) -> bool {
    let code = statement.lines().map(|line| line.split("--").next().unwrap_or_default());
    code.flat_map(str::chars).all(|c| c.is_whitespace() || c == ';')
}
