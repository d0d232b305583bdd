//! The services of the host as traits. [`Host`] implements them in a component. The modules of a plugin use the traits, so native
//! tests can implement them too (`tests/src/host_services.rs`).
//!
//! | trait | service | WIT |
//! |---|---|---|
//! | [`Tables`], [`Writable`] | databases | `sql.wit` |
//! | [`Locks`] | exclusive named locks | `locks.wit` |
//! | [`Git`] | the repository of a granted folder | `git.wit` |
//! | [`Ledger`] | the tasks of the workspace | `ledger.wit` |
//! | [`RequestSender`], [`FileWatch`] | requests to agents, watched files | `handoffs.wit`, `watch.wit` |
//! | [`ReturnJudge`] | whether the work that RETURNs report exists | `evidence.wit` |
//! | [`Progress`] | progress and cancellation | `progress.wit` |
//! | [`Web`] | requests to an online service, with the token of an account | `http.wit`, `secrets.wit` |
//!
//! Each plugin has a struct `HostServices` with the services that it uses.

mod db;
mod error;
mod git;
mod ledger;
mod locks;
mod progress;
mod requests;
mod web;

pub use baton_plugin_sdk::evidence::{Judgement, Verdict as EvidenceVerdict};
pub use baton_plugin_sdk::git::{Commit, Range as CommitRange};
pub use baton_plugin_sdk::handoffs::{Draft, EmitError};
pub use baton_plugin_sdk::ledger::{Entry, Range as TaskRange};
pub use baton_plugin_sdk::watch::Seen as SeenFile;
pub use db::{Rows, Tables, Writable};
pub use error::ServiceError;
pub use git::Git;
pub use ledger::Ledger;
pub use locks::{HeldLock, Locks};
pub use progress::{NoProgress, Progress};
pub use requests::{FileWatch, RequestSender, ReturnJudge};
pub use web::{Budget, Call, HostWeb, Web, WebLimits};

/// The host of a component.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host;
