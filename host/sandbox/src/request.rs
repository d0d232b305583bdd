//! The input of one attempt.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use baton_core::grants::Grant;
use baton_ledger::lock::LockTable;

use crate::capabilities::files::own::Writes;
use crate::capabilities::files::{FolderCheck, MountGrant};
use crate::capabilities::fingerprint::FingerprintGrants;
use crate::capabilities::git::RepositoryGrant;
use crate::capabilities::handoffs::RequestPermission;
use crate::capabilities::http::EgressGrants;
use crate::capabilities::progress::{Cancel, Listener};
use crate::capabilities::sql::DatabaseGrant;
use crate::wit;

/// The services of the host for the attempts of a plugin: declared and granted, with the real folders and files.
#[derive(Clone, Debug, Default)]
pub struct HostServices {
    /// The grants that are declared and granted. A capability that needs no folder or file of the host is only in here.
    pub grants: Vec<Grant>,
    /// The granted folders.
    pub mounts: Vec<MountGrant>,
    /// Checks before each attempt that the granted folders, also those of repositories, may still be used.
    pub folder_check: FolderCheck,
    /// The granted databases.
    pub databases: Vec<DatabaseGrant>,
    /// The granted folders whose repositories may be read.
    pub repositories: Vec<RepositoryGrant>,
    /// The fingerprints that it may ask for.
    pub fingerprint: FingerprintGrants,
    /// The requests that it may send, and the secrets in them.
    pub egress: EgressGrants,
}

impl HostServices {
    /// The grant is among the grants, as it is.
    #[must_use]
    pub fn allows(&self, grant: &Grant) -> bool {
        self.grants.contains(grant)
    }
}

/// The task to run and the host services for it.
pub struct AttemptRequest {
    /// The task, without its mounts: those follow from the services.
    pub task: wit::Task,
    /// The services for the plugin.
    pub services: HostServices,
    /// Collects the files that it changes.
    pub writes: Writes,
    /// Decides about its plugin requests.
    pub handoffs: RequestPermission,
    /// The ledger, for a plugin that may read it.
    pub ledger: Option<PathBuf>,
    /// The table of locks, for a plugin that may take them.
    pub locks: Option<LockTable>,
    /// The number of files that are watched for it already, by key.
    pub watched: BTreeMap<String, u64>,
    /// Asks it to stop.
    pub cancel: Cancel,
    /// Receives progress messages.
    pub listener: Option<Listener>,
}

impl AttemptRequest {
    /// An attempt without any grant.
    #[must_use]
    pub fn new(task: wit::Task) -> Self {
        Self {
            task,
            services: HostServices::default(),
            writes: Writes::default(),
            handoffs: RequestPermission::Denied(Arc::new(|_| "this host grants nothing".to_owned())),
            ledger: None,
            locks: None,
            watched: BTreeMap::new(),
            cancel: Cancel::default(),
            listener: None,
        }
    }
}
