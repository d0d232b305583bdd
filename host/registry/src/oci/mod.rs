//! Packages in OCI registries: the Wasm artifact that `wkg` and others write, with the signature as an annotation.
//!
//! `oci-client` asks for tokens and uploads, `oci-wasm` knows the artifact. What is downloaded is read by `http.rs`, which
//! ends where the limits are, and is checked here byte by byte: the registry is not trusted.

mod access;
mod artifact;
mod client;
mod name;
mod pull;
mod push;
#[cfg(test)]
mod tests;

pub use access::{Access, AccessError};
pub use artifact::SIGNATURE_ANNOTATION;
pub use name::{OciReference, ReferenceError};
pub use pull::{PulledComponent, pull};
pub use push::{Publication, PublishedComponent, push};
