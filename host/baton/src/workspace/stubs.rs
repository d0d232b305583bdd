//! The substitutes for secrets and servers in examples of `baton plugin test`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Substitutes for secrets and servers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stubs {
    pub(crate) secrets: BTreeMap<String, String>,
    /// For each `SCHEME://HOST[:PORT]`, the address of its substitute. `None`: requests go to the real servers.
    pub(crate) servers: Option<BTreeMap<String, SocketAddr>>,
}
