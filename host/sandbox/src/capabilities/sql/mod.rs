//! Databases and snapshots of other programs' files; see `wit/sql.wit`. This module decides whether the plugin has the database
//! at all; `baton_plugin_sql` decides what a statement may do and cost. Every connection is a process ([`worker`]).
//!
//! A connection is opened at the first call and lives as long as the attempt. A call
//! whose attempt is over ends with its process.

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

use baton_core::manifest::{Database, Manifest, Mode, SqlCapability};
use baton_plugin_sql::worker::{Answer, Request};
use baton_plugin_sql::{Access, GuestError, limits};

#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub use cursor::Cursor;
#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub use snapshot::Snapshot;
pub use snapshot::sweep as sweep_snapshots;
pub(crate) use snapshot::{Copies, Sources};

use self::worker::Worker;
use super::blocking;
use crate::bindings::baton::plugin::sql as generated;
use crate::limits::CATALOG_BYTES;
use crate::workers::Workers;

/// A database that the operator granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseGrant {
    /// Which.
    pub database: Database,
    /// Its file; made when it is missing. Of [`Database::Files`] the folder in which copies are kept while they are read, which
    /// nobody else uses.
    pub path: PathBuf,
    /// Whether writing is granted.
    pub writable: bool,
}

/// The capability's state in one attempt.
pub(crate) struct Sql {
    plugin: String,
    declared: Vec<SqlCapability>,
    granted: Vec<DatabaseGrant>,
    workers: Option<Workers>,
    /// One for each database that was used.
    workers_open: BTreeMap<Database, Worker>,
    cursors: Arc<()>,
    /// Bytes that its statements added to the catalog.
    catalog_growth: u64,
}

impl Sql {
    pub(crate) fn new(manifest: &Manifest, granted: &[DatabaseGrant], workers: Option<Workers>) -> Self {
        Self {
            plugin: manifest.name.clone(),
            declared: manifest.declares.capabilities.sql.clone(),
            granted: granted.to_vec(),
            workers,
            workers_open: BTreeMap::new(),
            cursors: Arc::default(),
            catalog_growth: 0,
        }
    }

    /// The access to a database: declared and granted.
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
                "the database `{database}` is not granted: baton plugin grant {plugin} sql={database}:{}",
                declared.mode
            )));
        };
        let denial = if database == Database::Files {
            "a snapshot is for reading only".to_owned()
        } else if declared.mode == Mode::Rw {
            format!("writing to `{database}` is not granted: baton plugin grant {plugin} sql={database}:rw")
        } else {
            format!(
                "the plugin `{plugin}` declares the database `{database}` for reading only: its author has to ask for \
                 `rw` in its manifest"
            )
        };
        let writable = granted.writable && declared.mode == Mode::Rw && database != Database::Files;
        Ok(Access { database, path: granted.path.clone(), writable, writer: Some(plugin.clone()), denial })
    }

    /// How many bytes the attempt has added to the catalog.
    pub(crate) fn catalog_growth(&self) -> u64 {
        self.catalog_growth
    }

    /// Whether the attempt has added more to the catalog than one attempt may.
    fn has_filled_catalog(&self) -> bool {
        self.catalog_growth > CATALOG_BYTES
    }

    fn workers(&self) -> Option<&Workers> {
        self.workers.as_ref()
    }

    /// How many bytes a database has, and may have.
    fn room(&self, database: Database) -> Option<(u64, u64)> {
        let granted = self.granted.iter().find(|granted| granted.database == database)?;
        Some((granted.path.metadata().ok()?.len(), limits::quota(database)))
    }

    /// Asks the worker that has the database open; starts it first where there is none.
    async fn ask(&mut self, database: Database, request: Request) -> Result<Answer, generated::Error> {
        let access = self.access(database)?;
        let writes = matches!(request, Request::Execute { .. } | Request::Batch { .. } | Request::Transaction { .. });
        if database == Database::Catalog && writes && self.has_filled_catalog() {
            let text = format!("this task has added {} MiB to the catalog, and may not add more", CATALOG_BYTES >> 20);
            return Err(generated::Error::Full(text));
        }
        let mut kept = self.workers_open.remove(&database);
        let done = ask(self.workers(), &mut kept, access, &request).await;
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

    /// Closes the databases in an orderly way.
    pub(crate) async fn close(self) {
        for (_, worker) in self.workers_open {
            worker.close().await;
        }
    }
}

/// Asks the worker that is `kept`, or starts one. A worker that is broken afterwards is not kept.
async fn ask(
    workers: Option<&Workers>,
    kept: &mut Option<Worker>,
    access: Access,
    request: &Request,
) -> Result<Answer, GuestError> {
    let mut worker = match kept.take() {
        Some(worker) => worker,
        None => Worker::open(workers, access).await?,
    };
    let reply = worker.ask(request).await;
    if !worker.is_broken() {
        *kept = Some(worker);
    }
    reply
}
