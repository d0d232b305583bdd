//! The plugin registry: the packages of a workspace, their sources, their approval and their grants.
//!
//! It maintains `baton.lock` and reads components and their manifests. It does not run plugins and does not use the queue.
//! The daemon reads the lock file and loads the components that the lock file pins.

pub mod download;
mod error;
pub mod fetch;
pub mod history;
mod http_client;
mod limits;
pub mod lock;
pub mod oci;
pub mod overlap;
mod pack;
mod package;
mod plugin_registry;
pub mod reference;
pub mod signature;
mod store;
#[cfg(test)]
mod test_server;
pub mod tls;

pub use error::FetchError;
pub use fetch::{FetchedPackage, fetch};
pub use lock::{Lock, LockError, PluginEntry, Revision, Source};
pub use oci::ReferenceError;
pub use pack::{PackError, pack};
pub use package::{OutOfBounds, Package, PackageError};
pub use plugin_registry::{
    Approval, Candidate, Change, Check, DROPPED, Holder, InstallResult, PackageChecks, PluginRegistry, RegistryError,
    Trust, signer,
};
pub use reference::Reference;
pub use signature::{PublicKey, Signature};
pub use store::Store;
