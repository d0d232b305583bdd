//! The functions of `wit/sql.wit`.

use std::sync::Arc;

use baton_core::grants::{self, Grant};
use baton_plugin_sql::Step;
use baton_plugin_sql::worker::{Answer, Request};
use wasmtime::component::Resource;

use super::convert::{database_of, row_in, row_out};
use super::snapshot::{Snapshot, of_file};
use super::worker::broken_off;
use super::{Cursor, Sources, Sql, generated};
use crate::AttemptError;
use crate::capabilities::{AttemptSetup, Capability, State};
use crate::error::ResourceLimit;
use crate::limits;
use crate::usage::Usage;
use generated::{Database, Error, Row};

impl Capability<State> for Sql {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        let (services, host) = (&setup.request.services, setup.host);
        let hard_links = services.allows(&Grant::HardLinks);
        let sources = Sources::new(setup.manifest, &services.mounts, hard_links, host.copies.clone());
        Ok(Self::new(setup.manifest, &services.databases, sources, host.workers.clone()))
    }

    fn note_usage(&self, usage: &mut Usage) {
        if self.catalog_growth > 0 {
            usage.note(ResourceLimit::Catalog, self.catalog_growth, limits::CATALOG_BYTES);
        }
        if let Some((used, limit)) = self.full {
            usage.note_end(&AttemptError::Limit { resource: ResourceLimit::Database, used, limit });
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
        let request = Request::Query { statement, parameters: row_in(parameters) };
        Ok(self.sql.ask(database_of(database), request).await.and_then(table_out))
    }

    async fn execute(
        &mut self,
        database: Database,
        statement: String,
        parameters: Row,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let database = database_of(database);
        let request = Request::Execute { statement, parameters: row_in(parameters) };
        let done = self.sql.ask(database, request).await.and_then(|answer| changed_out(&answer));
        self.sql.note_full(database, &done);
        Ok(done)
    }

    async fn batch(
        &mut self,
        database: Database,
        statement: String,
        rows: Vec<Row>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let database = database_of(database);
        let request = Request::Batch { statement, rows: rows.into_iter().map(row_in).collect() };
        let done = self.sql.ask(database, request).await.and_then(|answer| changed_out(&answer));
        self.sql.note_full(database, &done);
        Ok(done)
    }

    async fn transaction(
        &mut self,
        database: Database,
        statements: Vec<generated::Statement>,
    ) -> wasmtime::Result<Result<Vec<u64>, Error>> {
        let database = database_of(database);
        let step = |one: generated::Statement| Step { statement: one.text, parameters: row_in(one.parameters) };
        let request = Request::Transaction { steps: statements.into_iter().map(step).collect() };
        let done = self.sql.ask(database, request).await.and_then(changes_out);
        self.sql.note_full(database, &done);
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
        match Cursor::open(self.sql.workers(), access, statement, row_in(parameters), place, None).await {
            Ok(cursor) => Ok(Ok(self.table.push(cursor)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn snapshot_of(&mut self, path: String) -> wasmtime::Result<Result<Resource<Snapshot>, Error>> {
        let access = match self.sql.access(grants::Database::Files) {
            Ok(access) => access,
            Err(error) => return Ok(Err(error)),
        };
        match self.sql.sources.take(&path, access, self.sql.workers(), &self.progress.cancel).await {
            Ok(snapshot) => Ok(Ok(self.table.push(snapshot)?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl generated::HostSnapshot for State {
    async fn query(
        &mut self,
        snapshot: Resource<Snapshot>,
        statement: String,
        parameters: Row,
    ) -> wasmtime::Result<Result<generated::Table, Error>> {
        let snapshot = self.table.get_mut(&snapshot)?;
        let request = Request::Query { statement, parameters: row_in(parameters) };
        Ok(snapshot.ask(self.sql.workers(), request).await.and_then(table_out))
    }

    async fn open(
        &mut self,
        snapshot: Resource<Snapshot>,
        statement: String,
        parameters: Row,
    ) -> wasmtime::Result<Result<Resource<Cursor>, Error>> {
        let snapshot = self.table.get(&snapshot)?;
        let (access, kept) = (snapshot.access(), snapshot.kept());
        let place = Arc::clone(&self.sql.cursors);
        match Cursor::open(self.sql.workers(), access, statement, row_in(parameters), place, Some(kept)).await {
            Ok(cursor) => Ok(Ok(self.table.push(cursor)?)),
            Err(error) => Ok(Err(of_file(error))),
        }
    }

    async fn drop(&mut self, snapshot: Resource<Snapshot>) -> wasmtime::Result<()> {
        self.table.delete(snapshot)?;
        Ok(())
    }
}

fn table_out(answer: Answer) -> Result<generated::Table, Error> {
    let Answer::Table(table) = answer else { return Err(broken_off().into()) };
    Ok(generated::Table { columns: table.columns, rows: table.rows.into_iter().map(row_out).collect() })
}

fn changed_out(answer: &Answer) -> Result<u64, Error> {
    let Answer::Changed { rows, .. } = answer else { return Err(broken_off().into()) };
    Ok(*rows)
}

fn changes_out(answer: Answer) -> Result<Vec<u64>, Error> {
    let Answer::Changes { rows, .. } = answer else { return Err(broken_off().into()) };
    Ok(rows)
}

impl generated::HostCursor for State {
    async fn columns(&mut self, cursor: Resource<Cursor>) -> wasmtime::Result<Vec<String>> {
        Ok(self.table.get(&cursor)?.columns().to_vec())
    }

    async fn next(&mut self, cursor: Resource<Cursor>, most: u32) -> wasmtime::Result<Result<Vec<Row>, Error>> {
        let cursor = self.table.get_mut(&cursor)?;
        let rows = cursor.next(most).await;
        let failed = if cursor.is_of_file() { of_file } else { Error::from };
        Ok(rows.map(|rows| rows.into_iter().map(row_out).collect()).map_err(failed))
    }

    async fn drop(&mut self, cursor: Resource<Cursor>) -> wasmtime::Result<()> {
        self.table.delete(cursor)?;
        Ok(())
    }
}
