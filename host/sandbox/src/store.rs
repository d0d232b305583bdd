//! The host's data for one attempt: WASI, handles, meters, and the state of each capability.

use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::capabilities::files::Preopens;
use crate::capabilities::files::own::Tracker;
use crate::capabilities::fingerprint::FingerprintHost;
use crate::capabilities::git::Git;
use crate::capabilities::handoffs::Handoffs;
use crate::capabilities::http::Http;
use crate::capabilities::ledger::Ledger;
use crate::capabilities::locks::Locks;
use crate::capabilities::progress::ProgressMeter;
use crate::capabilities::sql::{Sources, Sql};
use crate::capabilities::watch::Watch;
use crate::error::{LimitHit, ResourceLimit};
use crate::limits;
use crate::log::Log;
use crate::meter::Meter;
use crate::usage::Usage;

/// The data of a store, with one field for each capability.
pub(crate) struct State {
    pub(crate) wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    /// The granted folders.
    pub(crate) preopens: Preopens,
    pub(crate) memory: MemoryMeter,
    pub(crate) meter: Meter,
    pub(crate) log: Log,
    /// The use of limits that capabilities count, for the report: `noted.note(ResourceLimit::Database, used, limit)`.
    pub(crate) noted: Usage,
    /// Whether files with several names are opened.
    pub(crate) hard_links: bool,
    /// Which files the attempt changes.
    pub(crate) own: Tracker,
    pub(crate) progress: ProgressMeter,
    pub(crate) handoffs: Handoffs,
    pub(crate) ledger: Ledger,
    pub(crate) sql: Sql,
    /// Files of other programs, of which there are snapshots.
    pub(crate) sources: Sources,
    pub(crate) claims: Locks,
    pub(crate) git: Git,
    pub(crate) sounds: FingerprintHost,
    /// Requests and the secrets in them.
    pub(crate) http: Http,
    pub(crate) watch: Watch,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl crate::wit::Host for State {}

/// Counts memory over all linear memories of an attempt and ends the attempt at the limit.
pub(crate) struct MemoryMeter {
    pub(crate) limit: usize,
    pub(crate) used: usize,
    pub(crate) peak: usize,
    /// Entries of all tables together.
    pub(crate) elements: usize,
}

impl MemoryMeter {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, used: 0, peak: 0, elements: 0 }
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.used.saturating_sub(current).saturating_add(desired);
        if wanted > self.limit {
            return Err(hit(ResourceLimit::Memory, wanted, self.limit));
        }
        self.used = wanted;
        self.peak = self.peak.max(wanted);
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.elements.saturating_sub(current).saturating_add(desired);
        if wanted > limits::TABLE_ELEMENTS {
            return Err(hit(ResourceLimit::Tables, wanted, limits::TABLE_ELEMENTS));
        }
        self.elements = wanted;
        Ok(true)
    }
}

fn hit(ceiling: ResourceLimit, used: usize, limit: usize) -> wasmtime::Error {
    LimitHit { ceiling, used: used as u64, limit: limit as u64 }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_summed_over_all_memories() {
        let mut meter = MemoryMeter::new(100);
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.memory_growing(0, 40, None).unwrap());
        assert!(meter.memory_growing(40, 41, None).is_err());
        assert_eq!(meter.peak, 100);
    }
}
