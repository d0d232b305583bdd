//! The register of plugins: which packages a workspace has, from where, whether they may run, and what each was granted.
//!
//! It knows components and their manifests, and it keeps `baton.lock`. It runs nothing and knows no queue; whoever serves
//! the workspace reads the lock and loads what it pins.

pub mod lock;
mod pack;
mod package;

pub use lock::{Entry, Granted, Lock, LockError, Source};
pub use pack::{PackError, pack};
pub use package::{Package, PackageError};
