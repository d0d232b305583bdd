//! The functions of `wit/http.wit`, and the state of `wasi:http`.

use std::sync::Arc;

use wasmtime::component::Linker;
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use super::Http;
use crate::AttemptError;
use crate::bindings::baton::plugin::http as generated;
use crate::capabilities::{AttemptSetup, Capability, State};
use crate::error::ResourceLimit;
use crate::limits;
use crate::usage::Usage;

impl Capability<State> for Http {
    fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)
    }

    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        Ok(Self::new(Arc::clone(setup.egress)))
    }

    fn note_usage(&self, usage: &mut Usage) {
        if self.egress.asked() > 0 {
            usage.note(ResourceLimit::HttpRequests, self.egress.asked(), limits::HTTP_REQUESTS as u64);
            usage.note(ResourceLimit::HttpBytes, self.egress.transferred(), limits::HTTP_BYTES);
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http.ctx, table: &mut self.table, hooks: &mut self.http.hooks }
    }
}

impl generated::Host for State {
    fn denial(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.http.egress.denials.latest())
    }

    fn address(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.http.egress.address(&name))
    }
}
