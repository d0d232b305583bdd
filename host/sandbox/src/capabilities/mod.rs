//! The capabilities that the host can grant a plugin, one folder for each. `store::State` has one field for each capability.

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
