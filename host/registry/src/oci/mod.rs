//! Packages in OCI registries: the Wasm artifact that `wkg` and others write, with the signature as an annotation.
//!
//! `oci-client` gets tokens and uploads packages; `oci-wasm` defines the artifact. `http_client.rs` downloads, with limits on
//! size and time. The registry is not trusted, so all downloads are checked by their digests.

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
