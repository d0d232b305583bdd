//! The epoch advances while attempts run, so that a guest that computes without end is stopped. On an idle host the
//! thread sleeps until the next attempt begins.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use wasmtime::Engine;

use crate::{SandboxError, limits};

/// The thread that advances the epoch.
#[derive(Debug)]
pub(crate) struct Ticker(Arc<SharedState>);

#[derive(Debug, Default)]
struct SharedState {
    state: Mutex<TickerState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct TickerState {
    /// The number of running attempts.
    running: usize,
    /// The engine is not used any more.
    closed: bool,
}

impl Ticker {
    /// Starts the thread for `engine`.
    pub(crate) fn new(engine: &Engine) -> Result<Self, SandboxError> {
        let (weak, shared) = (engine.weak(), Arc::new(SharedState::default()));
        let inner = Arc::clone(&shared);
        let ticks = move || {
            while inner.wait_for_attempts() {
                let Some(engine) = weak.upgrade() else { return };
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(limits::TICK);
            }
        };
        let spawned = std::thread::Builder::new().name("epoch".to_owned()).spawn(ticks);
        spawned.map(|_| Self(shared)).map_err(|error| SandboxError::Engine(error.into()))
    }

    /// Advances the epoch while the returned guard exists.
    pub(crate) fn run(&self) -> TickerGuard {
        self.0.lock().running += 1;
        self.0.changed.notify_all();
        TickerGuard(Arc::clone(&self.0))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

/// A running attempt.
#[derive(Debug)]
pub(crate) struct TickerGuard(Arc<SharedState>);

impl Drop for TickerGuard {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running = state.running.saturating_sub(1);
    }
}

impl SharedState {
    fn lock(&self) -> MutexGuard<'_, TickerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until an attempt runs. Returns false if the engine is not used any more.
    fn wait_for_attempts(&self) -> bool {
        let idle = |state: &mut TickerState| state.running == 0 && !state.closed;
        let state = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        state.running > 0 || !state.closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_rests_while_nothing_runs_and_the_thread_ends_with_its_engine() {
        let shared = Arc::new(SharedState::default());
        let ticker = Ticker(Arc::clone(&shared));
        let inner = Arc::clone(&shared);
        let waiter = std::thread::spawn(move || inner.wait_for_attempts());
        std::thread::sleep(limits::TICK * 3);
        assert!(!waiter.is_finished());
        let ticking = ticker.run();
        assert!(waiter.join().unwrap());
        drop(ticking);
        let inner = Arc::clone(&shared);
        let waiter = std::thread::spawn(move || inner.wait_for_attempts());
        drop(ticker);
        assert!(!waiter.join().unwrap());
    }
}
