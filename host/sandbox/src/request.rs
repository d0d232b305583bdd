//! The input of one attempt.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use baton_core::grants::Grant;
use baton_ledger::lock::LockTable;

use crate::capabilities::files::changed_files::ChangedFiles;
use crate::capabilities::files::{FolderCheck, MountGrant};
use crate::capabilities::fingerprint::FingerprintGrants;
use crate::capabilities::git::RepositoryGrant;
use crate::capabilities::handoffs::RequestPermission;
use crate::capabilities::http::EgressGrants;
use crate::capabilities::progress::{Cancel, Listener};
use crate::capabilities::sql::DatabaseGrant;
use crate::wit;

/// The host services for the attempts of a plugin: declared and granted, with resolved folders and files.
#[derive(Clone, Debug, Default)]
pub struct HostServices {
    /// All grants that are both declared and granted. The other fields have the details of some of them; a capability that
    /// needs no folder or file of the host may be only in this list.
    pub grants: Vec<Grant>,
    /// The granted folders.
    pub mounts: Vec<MountGrant>,
    /// Checks before each attempt that the granted folders and repositories may still be used.
    pub folder_check: FolderCheck,
    /// The granted databases.
    pub databases: Vec<DatabaseGrant>,
    /// The granted folders whose repositories may be read.
    pub repositories: Vec<RepositoryGrant>,
    /// The fingerprints that the plugin may get.
    pub fingerprint: FingerprintGrants,
    /// The HTTP requests that the plugin may send, and the secrets in them.
    pub egress: EgressGrants,
}

impl HostServices {
    /// True if the grants contain exactly this grant.
    #[must_use]
    pub fn allows(&self, grant: &Grant) -> bool {
        self.grants.contains(grant)
    }
}

/// The task to run, and the host services for it.
pub struct AttemptRequest {
    /// The task, without its mounts, which are derived from the services.
    pub task: wit::Task,
    /// The services for the plugin.
    pub services: HostServices,
    /// Collects the files that the plugin changes.
    pub writes: ChangedFiles,
    /// Decides whether the plugin may send plugin requests.
    pub handoffs: RequestPermission,
    /// The ledger, if the plugin may read it.
    pub ledger: Option<PathBuf>,
    /// The table of locks, if the plugin may take locks.
    pub locks: Option<LockTable>,
    /// The number of files that the plugin already watches, by key.
    pub watched: BTreeMap<String, u64>,
    /// The signal to stop.
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
            writes: ChangedFiles::default(),
            handoffs: RequestPermission::Denied(Arc::new(|_| "this host grants nothing".to_owned())),
            ledger: None,
            locks: None,
            watched: BTreeMap::new(),
            cancel: Cancel::default(),
            listener: None,
        }
    }
}
