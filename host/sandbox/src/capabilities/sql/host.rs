//! The functions of the interface.

use std::sync::Arc;

use baton_core::manifest;
use baton_ledger::guest::Table;
use wasmtime::component::Resource;

use super::convert::{database_of, row_in, row_out};
use super::{Cursor, generated};
use crate::Failure;
use crate::error::Ceiling;
use crate::store::State;
use generated::{Database, Error, Row};

impl State {
    /// Notes for the report that a database was full.
    fn note_full<T>(&mut self, database: manifest::Database, done: &Result<T, Error>) {
        if matches!(done, Err(Error::Full(_)))
            && let Some((used, limit)) = self.sql.room(database)
        {
            self.noted.note_end(&Failure::Limit { ceiling: Ceiling::Database, used, limit });
        }
    }
}

impl generated::Host for State {
    async fn query(
        &mut self,
        database: Database,
        statement: String,
        parameters: Row,
    ) -> wasmtime::Result<Result<generated::Table, Error>> {
        let parameters = row_in(parameters);
        let found = self.sql.with(database_of(database), move |session| session.query(&statement, &parameters)).await;
        let out = |Table { columns, rows }| generated::Table { columns, rows: rows.into_iter().map(row_out).collect() };
        Ok(found.map(out))
    }

    async fn execute(
        &mut self,
        database: Database,
        statement: String,
        parameters: Row,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let parameters = row_in(parameters);
        let database = database_of(database);
        let done = self.sql.with(database, move |session| session.execute(&statement, &parameters)).await;
        self.note_full(database, &done);
        Ok(done)
    }

    async fn batch(
        &mut self,
        database: Database,
        statement: String,
        rows: Vec<Row>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let rows: Vec<_> = rows.into_iter().map(row_in).collect();
        let database = database_of(database);
        let done = self.sql.with(database, move |session| session.batch(&statement, &rows)).await;
        self.note_full(database, &done);
        Ok(done)
    }

    async fn open(
        &mut self,
        database: Database,
        statement: String,
        parameters: Row,
    ) -> wasmtime::Result<Result<Resource<Cursor>, Error>> {
        let access = match self.sql.access(database_of(database)) {
            Ok(access) => access,
            Err(error) => return Ok(Err(error)),
        };
        let place = Arc::clone(&self.sql.cursors);
        match Cursor::open(access, statement, row_in(parameters), place).await {
            Ok(cursor) => Ok(Ok(self.table.push(cursor)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl generated::HostCursor for State {
    async fn columns(&mut self, cursor: Resource<Cursor>) -> wasmtime::Result<Vec<String>> {
        Ok(self.table.get(&cursor)?.columns().to_vec())
    }

    async fn next(&mut self, cursor: Resource<Cursor>, most: u32) -> wasmtime::Result<Result<Vec<Row>, Error>> {
        let rows = self.table.get_mut(&cursor)?.next(most).await;
        Ok(rows.map(|rows| rows.into_iter().map(row_out).collect()).map_err(Error::from))
    }

    async fn drop(&mut self, cursor: Resource<Cursor>) -> wasmtime::Result<()> {
        self.table.delete(cursor)?;
        Ok(())
    }
}
