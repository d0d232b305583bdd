//! Databases and snapshots of other programs' files; see `wit/sql.wit`. This module checks whether the plugin may use
//! the database. `baton_plugin_sql` checks and limits the statements. Every connection is a process ([`worker`]).
//!
//! A connection is opened at the first call and exists as long as the attempt. When the attempt ends, its processes are
//! killed, which ends a running call.

mod convert;
mod cursor;
mod host;
mod snapshot;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use baton_core::grants::{Database, Grant, GrantedDatabase, Mode, grant_command};
use baton_core::manifest::{Manifest, SqlCapability};
use baton_plugin_sql::worker::{Answer, Request};
use baton_plugin_sql::{Access, limits};

#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub use cursor::Cursor;
#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub use snapshot::Snapshot;
pub use snapshot::sweep as sweep_snapshots;
pub(crate) use snapshot::{CopyLimit, Sources};

use self::worker::Worker;
use super::blocking;
use crate::bindings::baton::plugin::sql as generated;
use crate::limits::CATALOG_BYTES;
use crate::workers::Workers;

/// A database that the operator granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseGrant {
    /// The database.
    pub database: Database,
    /// Its file; created if it is missing. For [`Database::Files`], the private folder for the copies while they are
    /// read.
    pub path: PathBuf,
    /// True if writing is granted.
    pub writable: bool,
}

/// The capability's state in one attempt.
pub(crate) struct Sql {
    plugin: String,
    declared: Vec<SqlCapability>,
    granted: Vec<DatabaseGrant>,
    workers: Option<Workers>,
    /// One worker for each used database.
    workers_open: BTreeMap<Database, Worker>,
    cursors: Arc<()>,
    /// The bytes that the attempt's statements added to the catalog.
    catalog_growth: u64,
    /// The size and the quota of the database that was full last.
    full: Option<(u64, u64)>,
    /// The files of other programs of which the plugin may take snapshots.
    sources: Sources,
}

impl Sql {
    pub(crate) fn new(
        manifest: &Manifest,
        granted: &[DatabaseGrant],
        sources: Sources,
        workers: Option<Workers>,
    ) -> Self {
        Self {
            plugin: manifest.name.clone(),
            declared: manifest.declares.capabilities.sql.clone(),
            granted: granted.to_vec(),
            workers,
            workers_open: BTreeMap::new(),
            cursors: Arc::default(),
            catalog_growth: 0,
            full: None,
            sources,
        }
    }

    /// The access to a database, if it is declared and granted.
    fn access(&self, database: Database) -> Result<Access, generated::Error> {
        let plugin = &self.plugin;
        let Some(declared) = self.declared.iter().find(|declared| declared.database == database) else {
            return Err(generated::Error::Denied(format!(
                "the plugin `{plugin}` does not declare the database `{database}`: its author has to add it to \
                 capabilities.sql of its manifest"
            )));
        };
        let Some(granted) = self.granted.iter().find(|granted| granted.database == database) else {
            return Err(generated::Error::Denied(format!(
                "the database `{database}` is not granted: {}",
                grant_command(plugin, &[Grant::Sql(GrantedDatabase { database, mode: declared.mode })])
            )));
        };
        let denial = if database == Database::Files {
            "a snapshot is read-only".to_owned()
        } else if declared.mode == Mode::Rw {
            let grant = Grant::Sql(GrantedDatabase { database, mode: Mode::Rw });
            format!("writing to `{database}` is not granted: {}", grant_command(plugin, &[grant]))
        } else {
            format!(
                "the plugin `{plugin}` declares the database `{database}` for reading only: its author has to ask for \
                 `rw` in its manifest"
            )
        };
        let writable = granted.writable && declared.mode == Mode::Rw && database != Database::Files;
        Ok(Access { database, path: granted.path.clone(), writable, writer: Some(plugin.clone()), denial })
    }

    /// True if the attempt has reached its limit of bytes added to the catalog.
    fn has_filled_catalog(&self) -> bool {
        self.catalog_growth > CATALOG_BYTES
    }

    fn workers(&self) -> Option<&Workers> {
        self.workers.as_ref()
    }

    /// The size and the quota of a database, in bytes.
    fn room(&self, database: Database) -> Option<(u64, u64)> {
        let granted = self.granted.iter().find(|granted| granted.database == database)?;
        Some((granted.path.metadata().ok()?.len(), limits::quota(database)))
    }

    /// Records for the report that a database was full.
    fn note_full<T>(&mut self, database: Database, done: &Result<T, generated::Error>) {
        // The report always has the bytes that the attempt added to the catalog.
        let is_quota = database != Database::Catalog || !self.has_filled_catalog();
        if matches!(done, Err(generated::Error::Full(_))) && is_quota {
            self.full = self.room(database).or(self.full);
        }
    }

    /// Sends a request to the worker of the database; starts the worker first if there is none.
    async fn ask(&mut self, database: Database, request: Request) -> Result<Answer, generated::Error> {
        let access = self.access(database)?;
        let writes = matches!(request, Request::Execute { .. } | Request::Batch { .. } | Request::Transaction { .. });
        if database == Database::Catalog && writes && self.has_filled_catalog() {
            let text = format!("this task has added {} MiB to the catalog, which is the limit", CATALOG_BYTES >> 20);
            return Err(generated::Error::Full(text));
        }
        let mut kept = self.workers_open.remove(&database);
        let done = worker::ask(self.workers(), &mut kept, access, &request).await;
        if let Some(kept) = kept {
            self.workers_open.insert(database, kept);
        }
        if let (Database::Catalog, Ok(Answer::Changed { growth, .. } | Answer::Changes { growth, .. })) =
            (database, &done)
        {
            self.catalog_growth = self.catalog_growth.saturating_add(*growth);
        }
        Ok(done?)
    }

    /// Closes the databases and waits for their processes.
    pub(crate) async fn close(self) {
        for (_, worker) in self.workers_open {
            worker.close().await;
        }
    }
}
