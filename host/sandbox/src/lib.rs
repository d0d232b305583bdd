//! Runs plugins (WebAssembly components) without access to anything that is not granted. The resource limits always
//! apply.
//!
//! One [`Sandbox`] contains the engine. [`Sandbox::load`] compiles a component once, in a separate process with limits.
//! Each [`Sandbox::run`] creates a new store, so no state remains between tasks. The sandbox does not use the queue or the
//! folders of the workspace. The caller passes the [`HostServices`] of the plugin, the path of the ledger (which the
//! sandbox only reads) and the lock table.

mod arguments;
#[expect(missing_docs, reason = "generated; the WIT files hold the documentation")]
mod bindings;
mod capabilities;
mod coerce;
mod compile;
mod engine;
mod epoch;
mod error;
mod expected;
mod host_resources;
mod limit_overrides;
pub mod limits;
mod log;
mod manifest;
mod meter;
mod own_thread;
mod plugin;
mod report;
mod request;
mod run;
mod usage;
mod workers;
pub mod world;
mod write_limits;

pub use arguments::Arguments;
pub use bindings::baton::plugin::types as wit;
pub use capabilities::evidence::Judgement;
pub use capabilities::files::changed_files::ChangedFiles;
pub use capabilities::files::folder::{Folder, Identity};
pub use capabilities::files::{FolderCheck, MountGrant};
pub use capabilities::fingerprint::FingerprintGrants;
pub use capabilities::git::{RepositoryGrant, SHADOW_LOCK, SHADOW_PREFIX};
pub use capabilities::handoffs::{
    BudgetCheckFn, DenyFn, Draft, PluginRequest, RecipientError, RequestPermission, ResolveAgentFn, Withdrawal,
};
pub use capabilities::http::EgressGrants;
pub use capabilities::progress::{Cancel, Progress};
pub use capabilities::secrets::{AccountToken, AccountTokens, SecretSource, SecretValue, TokenError, Vault};
pub use capabilities::sql::{DatabaseGrant, sweep_snapshots};
pub use capabilities::watch::{WatchUpdate, WatchedFile};
pub use coerce::{TypedArgument, coerce};
pub use compile::serve_compiler;
pub use engine::Sandbox;
pub use error::{AttemptError, ResourceLimit, SandboxError};
pub use expected::{ExpectedArgument, expected};
pub use manifest::read_manifest;
pub use plugin::Plugin;
pub use report::AttemptReport;
pub use request::{AttemptRequest, HostServices};
pub use usage::{LimitUsage, Usage};
pub use workers::Workers;
