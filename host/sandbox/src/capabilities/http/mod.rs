//! HTTP requests: `wasi:http/outgoing-handler`. The interface is always linked, and refuses every request that is not granted.
//!
//! When an attempt begins, `{NAME}` in rules is replaced by the address that the operator set, so later steps see only
//! hosts. An attempt does not begin while an address is missing.
//!
//! The steps of a request: `target` parses it strictly, `policy` checks it against the declared and granted rules,
//! `secrets` injects values, `rate` limits the rate, `connect` resolves the name once and connects to an address that
//! `addresses` allows, `send` exchanges the headers, `body` limits and scrubs the bodies. `denial` stores refused
//! requests. The host does not follow redirects: the SDK sends a new request, which is checked like the first one.

mod addresses;
mod body;
mod connect;
mod denial;
mod host;
mod policy;
mod prepare;
mod rate;
mod send;
mod target;

use std::sync::Arc;

use baton_core::grants::{GrantedSecret, HostAddresses, HttpRule};
use http::Request;
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks};

pub(crate) use connect::Network;
pub(crate) use denial::Denial;
pub(crate) use policy::Policy;
pub(crate) use send::Egress;
pub(crate) use target::Target;

use self::send::{Processing, SendResult};
use crate::capabilities::secrets::Vault;

/// The granted requests and secrets. Cheap to clone.
#[derive(Clone, Default)]
pub struct EgressGrants {
    /// The addresses of the hosts that the operator sets.
    pub hosts: Arc<HostAddresses>,
    /// The granted rules, in which these addresses have replaced `{NAME}`.
    pub http: Arc<Vec<HttpRule>>,
    /// The secrets and their allowed destinations.
    pub secrets: Arc<Vec<GrantedSecret>>,
    /// The source of the secrets' values. Without a vault, no secret has a value.
    pub vault: Option<Vault>,
}

impl std::fmt::Debug for EgressGrants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EgressGrants")
            .field("hosts", &self.hosts)
            .field("http", &self.http)
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}

/// The capability's state in one attempt.
pub(crate) struct Http {
    ctx: WasiHttpCtx,
    hooks: Hooks,
    pub(crate) egress: Arc<Egress>,
}

impl Http {
    pub(crate) fn new(egress: Arc<Egress>) -> Self {
        Self { ctx: WasiHttpCtx::new(), hooks: Hooks(Arc::clone(&egress)), egress }
    }
}

/// The functions that wasmtime calls for each request.
struct Hooks(Arc<Egress>);

impl WasiHttpHooks for Hooks {
    fn set_host_header(&mut self) -> bool {
        // `Egress::send` sets the header, from the checked target.
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Processing,
    ) -> Box<dyn Future<Output = SendResult> + Send> {
        let egress = Arc::clone(&self.0);
        Box::new(async move { egress.send(request, options.unwrap_or_default()).await })
    }
}
