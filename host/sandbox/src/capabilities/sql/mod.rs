//! Databases and snapshots of other programs' files; see `wit/sql.wit`. What a statement may do and cost is decided in `baton_ledger::guest`; here is decided
//! whether the plugin has the database at all, and the blocking work is kept away from the runtime.
//!
//! A connection is opened at the first call and lives as long as the attempt. A call that nobody waits for any more (the
//! attempt is over) is interrupted.

mod convert;
mod cursor;
mod host;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use baton_core::manifest::{Database, Manifest, Mode, SqlCapability};
use baton_ledger::guest::{Access, GuestError, Session, Stop, limits};

#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub use cursor::Cursor;
#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub use snapshot::Snapshot;
pub use snapshot::sweep as sweep_snapshots;
pub(crate) use snapshot::{Copies, Sources};

use super::aside;
use crate::bindings::baton::plugin::sql as generated;

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
    sessions: BTreeMap<Database, (Session, Stop)>,
    /// Held once by each open cursor.
    cursors: Arc<()>,
}

impl Sql {
    pub(crate) fn new(manifest: &Manifest, granted: &[DatabaseGrant]) -> Self {
        Self {
            plugin: manifest.name.clone(),
            declared: manifest.declares.capabilities.sql.clone(),
            granted: granted.to_vec(),
            sessions: BTreeMap::new(),
            cursors: Arc::default(),
        }
    }

    /// The database as it is lent: declared and granted.
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

    /// How many bytes a database has, and may have.
    fn room(&self, database: Database) -> Option<(u64, u64)> {
        let granted = self.granted.iter().find(|granted| granted.database == database)?;
        Some((granted.path.metadata().ok()?.len(), limits::quota(database)))
    }

    /// Does something with the connection to a database, on a thread that may block.
    async fn with<T: Send + 'static>(
        &mut self,
        database: Database,
        work: impl FnOnce(&Session) -> Result<T, GuestError> + Send + 'static,
    ) -> Result<T, generated::Error> {
        let access = self.access(database)?;
        let mut kept = self.sessions.remove(&database);
        let done = on(&mut kept, access, work).await;
        if let Some(kept) = kept {
            self.sessions.insert(database, kept);
        }
        Ok(done?)
    }
}

/// Does something with the connection that is `kept`, or opens it first, on a thread that may block.
async fn on<T: Send + 'static>(
    kept: &mut Option<(Session, Stop)>,
    access: Access,
    work: impl FnOnce(&Session) -> Result<T, GuestError> + Send + 'static,
) -> Result<T, GuestError> {
    let known = kept.take();
    let stop = known.as_ref().map_or_else(Stop::default, |(_, stop)| stop.clone());
    let (asked, opening) = (stop.clone(), stop.clone());
    let done = aside::blocking(
        move || asked.ask(),
        move || {
            let session = match known {
                Some((session, _)) => session,
                None => Session::open(&access, &opening)?,
            };
            let done = work(&session);
            Ok((session, done))
        },
    );
    let (session, done) = done.await.unwrap_or_else(|| Err(broken_off()))?;
    *kept = Some((session, stop));
    done
}

/// What cannot happen, said where it would.
fn broken_off() -> GuestError {
    GuestError::Failed("the call broke off; this is a fault of Baton: please report it".to_owned())
}
