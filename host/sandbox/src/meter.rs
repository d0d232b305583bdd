//! Counts the resources that a guest uses: processor time, calls of host functions, written bytes.
//!
//! wasmtime reports every change between guest and host. Processor time is the time from entering the guest until
//! leaving it; host calls and waits do not count.

use std::time::{Duration, Instant};

use wasmtime::{CallHook, ResourceLimiter};

use crate::error::{LimitHit, ResourceLimit};
use crate::limit_overrides::LimitOverrides;
use crate::limits;

pub(crate) struct Meter {
    pub(crate) limits: LimitOverrides,
    pub(crate) cpu: Duration,
    pub(crate) host_calls: u64,
    pub(crate) written: u64,
    /// The number of files, folders and links that the guest created.
    pub(crate) made: u64,
    /// The number of bytes that the guest added to files by setting a larger size, without writing them.
    pub(crate) holes: u64,
    /// When the guest was entered; absent while the host runs.
    entered: Option<Instant>,
}

impl Meter {
    pub(crate) fn new(limits: LimitOverrides) -> Self {
        Self { limits, cpu: Duration::ZERO, host_calls: 0, written: 0, made: 0, holes: 0, entered: None }
    }

    /// Records that control passes between guest and host at `now`.
    pub(crate) fn cross(&mut self, crossing: CallHook, now: Instant) -> Result<(), LimitHit> {
        match crossing {
            CallHook::CallingWasm | CallHook::ReturningFromHost => self.entered = Some(now),
            CallHook::ReturningFromWasm => self.leave(now),
            CallHook::CallingHost => {
                self.leave(now);
                self.host_calls += 1;
                return within(ResourceLimit::HostCalls, self.host_calls, self.limits.host_calls);
            }
        }
        Ok(())
    }

    /// Counts bytes that the plugin writes.
    pub(crate) fn write(&mut self, bytes: u64) -> Result<(), LimitHit> {
        self.written = self.written.saturating_add(bytes);
        within(ResourceLimit::Written, self.written, self.limits.written)
    }

    /// Checks that the plugin may create one more file, folder or link.
    pub(crate) fn may_make(&self) -> Result<(), LimitHit> {
        within(ResourceLimit::FilesMade, self.made + 1, limits::FILES_MADE)
    }

    /// Counts the bytes that a larger file size adds without a write.
    pub(crate) fn lengthen(&mut self, bytes: u64) -> Result<(), LimitHit> {
        self.holes = self.holes.saturating_add(bytes);
        within(ResourceLimit::Holes, self.holes, limits::HOLE_BYTES)
    }

    /// Checks the limit of processor time.
    pub(crate) fn check_cpu(&self) -> Result<(), LimitHit> {
        let [used, limit] = [self.cpu, self.limits.cpu].map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        // A guest that has used exactly the limit has no time left.
        if used >= limit { Err(LimitHit { resource: ResourceLimit::Cpu, used, limit }) } else { Ok(()) }
    }

    fn leave(&mut self, now: Instant) {
        if let Some(entered) = self.entered.take() {
            self.cpu += now.saturating_duration_since(entered);
        }
    }
}

/// # Errors
/// When `used` is over `limit`.
pub(crate) fn within(resource: ResourceLimit, used: u64, limit: u64) -> Result<(), LimitHit> {
    if used > limit { Err(LimitHit { resource, used, limit }) } else { Ok(()) }
}

/// Counts the memory of all linear memories of an attempt, and ends the attempt at the limit.
pub(crate) struct MemoryMeter {
    pub(crate) limit: usize,
    pub(crate) used: usize,
    pub(crate) peak: usize,
    /// The entries of all tables together.
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

fn hit(resource: ResourceLimit, used: usize, limit: usize) -> wasmtime::Error {
    LimitHit { resource, used: used as u64, limit: limit as u64 }.into()
}

#[cfg(test)]
mod tests {
    use baton_core::manifest::Limits;

    use super::*;

    fn meter() -> Meter {
        let asked = Limits { cpu_s: Some(1), host_calls: Some(2), written_mib: Some(1), ..Limits::default() };
        Meter::new(LimitOverrides::of(&asked))
    }

    #[test]
    fn only_computing_counts_as_processor_time() {
        let (mut meter, begun) = (meter(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        meter.cross(CallHook::CallingWasm, at(0)).unwrap();
        meter.cross(CallHook::CallingHost, at(300)).unwrap();
        meter.cross(CallHook::ReturningFromHost, at(90_300)).unwrap();
        meter.cross(CallHook::ReturningFromWasm, at(90_900)).unwrap();
        assert_eq!(meter.cpu, Duration::from_millis(900));
        assert!(meter.check_cpu().is_ok());
        meter.cross(CallHook::CallingWasm, at(91_000)).unwrap();
        meter.cross(CallHook::ReturningFromWasm, at(91_100)).unwrap();
        assert_eq!(meter.check_cpu().unwrap_err().resource, ResourceLimit::Cpu);
    }

    #[test]
    fn calls_and_bytes_end_at_their_limits() {
        let (mut meter, now) = (meter(), Instant::now());
        for _ in 0..2 {
            meter.cross(CallHook::CallingHost, now).unwrap();
        }
        assert_eq!(meter.cross(CallHook::CallingHost, now).unwrap_err().resource, ResourceLimit::HostCalls);
        meter.write(1 << 20).unwrap();
        assert_eq!(meter.write(1).unwrap_err().resource, ResourceLimit::Written);
    }

    #[test]
    fn memory_is_summed_over_all_memories() {
        let mut meter = MemoryMeter::new(100);
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.memory_growing(0, 40, None).unwrap());
        assert!(meter.memory_growing(40, 41, None).is_err());
        assert_eq!(meter.peak, 100);
    }
}
