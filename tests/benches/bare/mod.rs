//! The peer: the same component in wasmtime with Baton's engine settings and no other part of Baton.

use baton_sandbox::wit;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    imports: { default: trappable },
    exports: { default: async },
    with: { "baton:plugin/types": baton_sandbox::wit },
});

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl baton_sandbox::wit::Host for State {}

impl baton::plugin::progress::Host for State {
    fn report(&mut self, _: Option<u8>, _: String) -> wasmtime::Result<()> {
        Ok(())
    }

    fn cancelled(&mut self) -> wasmtime::Result<bool> {
        Ok(false)
    }
}

impl baton::plugin::handoffs::Host for State {
    fn emit(
        &mut self,
        _: baton::plugin::handoffs::Draft,
    ) -> wasmtime::Result<Result<(), baton::plugin::handoffs::EmitError>> {
        Ok(Ok(()))
    }

    fn withdraw(&mut self, _: String, _: String) -> wasmtime::Result<Result<(), baton::plugin::handoffs::EmitError>> {
        Ok(Ok(()))
    }
}

impl baton::plugin::http::Host for State {
    fn denial(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }

    fn address(&mut self, _: String) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}

impl baton::plugin::secrets::Host for State {
    fn placeholder(&mut self, _: String) -> wasmtime::Result<Result<String, baton::plugin::secrets::SecretError>> {
        Ok(Ok(String::new()))
    }
}

pub(super) struct BarePlugin {
    engine: Engine,
    plugin: PluginPre<State>,
}

impl BarePlugin {
    pub(super) fn new(component: &[u8]) -> Self {
        let mut config = Config::new();
        config.epoch_interruption(true);
        config.concurrency_support(false);
        let mut pool = PoolingAllocationConfig::new();
        pool.max_memory_size(256 << 20).linear_memory_keep_resident(1 << 20).table_keep_resident(64 << 10);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).expect("an engine");
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI");
        // Only the imports of the component are linked: the rest of the world is not part of the comparison.
        baton::plugin::progress::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).expect("progress");
        baton::plugin::handoffs::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).expect("handoffs");
        let component = Component::from_binary(&engine, component).expect("a component");
        let plugin = PluginPre::new(linker.instantiate_pre(&component).expect("linked")).expect("of the world");
        Self { engine, plugin }
    }

    pub(super) async fn call(&self, task: &wit::Task) {
        let state = State { wasi: WasiCtxBuilder::new().build(), table: ResourceTable::new() };
        let mut store = Store::new(&self.engine, state);
        store.set_epoch_deadline(1 << 40);
        let instance = self.plugin.instantiate_async(&mut store).await.expect("an instance");
        let outcome = instance.baton_plugin_handler().call_run(&mut store, task).await.expect("a call");
        assert!(outcome.is_ok());
    }
}
