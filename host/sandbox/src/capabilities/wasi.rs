//! WASI and the types of `baton:plugin`, which need no grant.

use wasmtime_wasi::{WasiCtxView, WasiView};

use super::State;

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl crate::wit::Host for State {}
