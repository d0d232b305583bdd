//! The capabilities that the host can grant a plugin, one folder for each.
//!
//! The list below is the only list of capabilities. It defines the data of a store, links the functions and prepares
//! each attempt. Each capability implements [`Capability`] in its `host.rs`, and the functions of its interface for
//! [`State`]. `wit/world.wit` declares the interfaces.

mod beneath;
mod blocking;
mod capability;
pub(crate) mod evidence;
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
pub(crate) mod wasi;
pub(crate) mod watch;

pub(crate) use capability::{AttemptSetup, Capability};

capability::state! {
    files: files::Files,
    progress: progress::ProgressMeter,
    handoffs: handoffs::Handoffs,
    ledger: ledger::Ledger,
    evidence: evidence::JudgementList,
    sql: sql::Sql,
    locks: locks::Locks,
    git: git::Git,
    fingerprint: fingerprint::FingerprintHost,
    http: http::Http,
    secrets: secrets::Secrets,
    watch: watch::Watch,
}
