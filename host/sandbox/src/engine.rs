//! The engine: one configuration for compiling and running, and the pool of memories.
//!
//! The pool makes a new store cheap. If there is not enough address space for it (a container with a limit), the engine
//! allocates on demand and logs a warning; there is no other effect.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::bindings;
use crate::capabilities::State;
use crate::capabilities::http::Network;
use crate::compile::Code;
use crate::epoch::Ticker;
use crate::host_resources::HostResources;
use crate::workers::Workers;
use crate::{SandboxError, limits, write_limits};

/// Compiles and runs plugins. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) linker: Arc<Linker<State>>,
    pub(crate) admission: Arc<Semaphore>,
    pub(crate) host: HostResources,
    pub(crate) ticker: Arc<Ticker>,
    pub(crate) code: Option<Code>,
    pooled: bool,
}

impl Sandbox {
    /// Starts the engine. Compiled code is cached in `code`, a folder that only the user may write to. Without `code`,
    /// plugins are compiled in this process and not cached.
    ///
    /// # Errors
    /// When the engine does not start on this machine or the folder cannot be used.
    pub fn new(code: Option<&Path>) -> Result<Self, SandboxError> {
        let mut config = configuration(true);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        let (engine, pooled) = match Engine::new(&config) {
            Ok(engine) => (engine, true),
            Err(error) => {
                tracing::warn!(%error, "there is not enough address space for the memory pool: memories are allocated on demand");
                (Engine::new(&configuration(false)).map_err(SandboxError::Engine)?, false)
            }
        };
        let code = code.map(|folder| Code::new(folder, &engine)).transpose();
        let code = code.map_err(|error| SandboxError::Compiler(error.to_string()))?;
        let ticker = Arc::new(Ticker::new(&engine)?);
        let linker = Arc::new(linker(&engine).map_err(SandboxError::Engine)?);
        let admission = Arc::new(Semaphore::new(limits::AT_ONCE));
        Ok(Self { engine, linker, admission, host: HostResources::default(), ticker, code, pooled })
    }

    /// Adds worker processes. Only tests and benches use a sandbox without worker processes: its plugins have no databases
    /// and are compiled in this process.
    #[must_use]
    pub fn with_workers(self, workers: Workers) -> Self {
        Self { host: HostResources { workers: Some(workers), ..self.host }, ..self }
    }

    /// Replaces all servers: allowed requests are sent to these servers, over plain HTTP. The keys are
    /// `SCHEME://HOST[:PORT]`.
    ///
    /// # Errors
    /// When a key does not have this form.
    pub fn with_servers(self, servers: &BTreeMap<String, SocketAddr>) -> Result<Self, String> {
        let network = Arc::new(Network::with_servers(servers)?);
        Ok(Self { host: HostResources { network, ..self.host }, ..self })
    }

    /// True if memories are allocated from the pool.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.pooled
    }
}

/// The configuration for compiling and for running. Everything that no plugin needs is disabled.
pub(crate) fn configuration(pooled: bool) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.concurrency_support(false);
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(16));
    if !pooled {
        // If address space is scarce, a memory reserves its maximum size and not the usual 4 GiB.
        config.memory_reservation(limits::MEMORY_BYTES as u64).memory_guard_size(64 << 10);
    }
    config
}

fn pool() -> PoolingAllocationConfig {
    let at_once = u32::try_from(limits::AT_ONCE).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(at_once * 2)
        .total_core_instances(at_once * limits::CORE_INSTANCES)
        .total_memories(at_once * 2)
        .total_tables(at_once * limits::CORE_INSTANCES)
        .total_stacks(at_once * 2)
        .max_core_instances_per_component(limits::CORE_INSTANCES)
        .max_tables_per_component(limits::CORE_INSTANCES)
        .max_memories_per_component(2)
        .max_memory_size(limits::MEMORY_BYTES)
        .table_elements(limits::TABLE_ELEMENTS)
        .max_core_instance_size(4 << 20)
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(64 << 10);
    pool
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    State::link(&mut linker)?;
    bindings::Plugin::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    write_limits::link(&mut linker)?;
    Ok(linker)
}
