//! Interrupts a statement at its time limit, or when no caller waits for it any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::limits;

/// Stops the statements of one session. Clones stop the same session.
#[derive(Clone, Debug, Default)]
pub struct StopHandle(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stopped: AtomicBool,
    end: Mutex<Option<Instant>>,
}

impl StopHandle {
    /// Stops the running statement and all later ones.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
    }

    /// True if [`StopHandle::stop`] was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self) {
        *self.0.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + limits::STATEMENT);
    }

    /// True if the running statement must end.
    pub(super) fn is_due(&self) -> bool {
        let end = *self.0.end.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_stopped() || end.is_some_and(|end| Instant::now() >= end)
    }
}
