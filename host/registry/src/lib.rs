//! The register of plugins: which packages a workspace has, from where, whether they may run, and what each was granted.
//!
//! It knows components and their manifests, and it keeps `baton.lock`. It runs nothing and knows no queue; whoever serves
//! the workspace reads the lock and loads what it pins.

pub mod download;
mod error;
pub mod fetch;
pub mod granted;
pub mod history;
mod http;
mod limits;
pub mod lock;
pub mod oci;
pub mod overlap;
mod pack;
mod package;
pub mod reference;
mod register;
pub mod signature;
mod store;
#[cfg(test)]
mod test_server;
pub mod tls;
mod word;

pub use error::FetchError;
pub use fetch::{Fetched, fetch};
pub use granted::Granted;
pub use lock::{Entry, Lock, LockError, Revision, Source};
pub use pack::{PackError, pack};
pub use package::{OutOfBounds, Package, PackageError};
pub use reference::{Reference, ReferenceError};
pub use register::{
    Approval, Candidate, Change, Check, DROPPED, Done, Holder, Proof, Register, RegisterError, Trust, signer,
};
pub use signature::{PublicKey, Signature};
pub use store::Store;
pub use word::Word;
