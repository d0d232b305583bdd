//! The functions of the interface, and the state of `wasi:http`.

use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::bindings::baton::plugin::http as generated;
use crate::store::State;

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
