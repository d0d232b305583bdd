//! The register of plugins: which packages a workspace has, from where, whether they may run, and what each was granted.
//!
//! It knows components and their manifests, and it keeps `baton.lock`. It runs nothing and knows no queue; whoever serves
//! the workspace reads the lock and loads what it pins.

pub mod granted;
pub mod history;
pub mod lock;
mod package;
mod register;
mod store;

pub use granted::{Granted, Word};
pub use lock::{Entry, Lock, LockError, Revision, Source};
pub use package::{Package, PackageError};
pub use register::{Candidate, Change, Done, Register, RegisterError, Trust};
pub use store::Store;
