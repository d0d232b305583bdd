//! The resources that all attempts of a host share.

use std::sync::Arc;

use crate::capabilities::fingerprint::WorkGate;
use crate::capabilities::http::Network;
use crate::capabilities::sql::CopyLimit;
use crate::workers::Workers;

/// Resources that attempts share. Clones share them too.
#[derive(Clone, Default)]
pub(crate) struct HostResources {
    pub(crate) network: Arc<Network>,
    /// Limits how much audio is decoded at the same time.
    pub(crate) fingerprint_gate: WorkGate,
    /// Limits how many snapshots are made at the same time.
    pub(crate) copies: CopyLimit,
    /// Starts worker processes. Absent in tests and benches, where plugins have no databases.
    pub(crate) workers: Option<Workers>,
}
