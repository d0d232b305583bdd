//! What the host can lend a plugin, one folder a capability. `store::State` has one field for each, which is the list of
//! all that there is.

mod beneath;
mod blocking;
pub(crate) mod files;
pub(crate) mod fingerprint;
pub(crate) mod git;
pub(crate) mod handoffs;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod locks;
pub(crate) mod progress;
pub(crate) mod secrets;
pub(crate) mod sql;
pub(crate) mod watch;
