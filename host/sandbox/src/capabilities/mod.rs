//! What the host can lend a plugin, one folder a capability. `store::State` has one field for each, which is the list of
//! all that there is.

mod aside;
mod beneath;
pub(crate) mod claims;
pub(crate) mod files;
pub(crate) mod fingerprint;
pub(crate) mod git;
pub(crate) mod handoffs;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod progress;
pub(crate) mod secrets;
pub(crate) mod sql;
pub(crate) mod watch;
