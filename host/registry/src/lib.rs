//! The register of plugins: which packages a workspace has, from where, whether they may run, and what each was granted.
//!
//! It knows components and their manifests, and it keeps `baton.lock`. It runs nothing and knows no queue; whoever serves
//! the workspace reads the lock and loads what it pins.

pub mod download;
mod error;
pub mod fetch;
mod http;
mod limits;
pub mod lock;
pub mod oci;
mod package;
pub mod reference;
pub mod signature;
#[cfg(test)]
mod test_server;
pub mod tls;

pub use error::FetchError;
pub use fetch::{Fetched, fetch};
pub use lock::{Entry, Granted, Lock, LockError, Source};
pub use package::{Package, PackageError};
pub use reference::{Reference, ReferenceError};
pub use signature::{PublicKey, Signature};
