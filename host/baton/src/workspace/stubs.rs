//! What an example of `baton plugin test` has in place of the world outside.

use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Stand-ins for secrets and servers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stubs {
    pub(crate) secrets: BTreeMap<String, String>,
    /// By `SCHEME://HOST[:PORT]`, the address that answers in its place. `None`: requests go out.
    pub(crate) servers: Option<BTreeMap<String, SocketAddr>>,
}
