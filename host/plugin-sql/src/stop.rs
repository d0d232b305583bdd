//! Interrupts a statement: when its time is over, or when no caller waits for it any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::limits;

/// Stops the statements of one session. Clones stop the same session.
#[derive(Clone, Debug, Default)]
pub struct StopHandle(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    end: Mutex<Option<Instant>>,
}

impl StopHandle {
    /// Stops the running statement and all later ones.
    pub fn ask(&self) {
        self.0.asked.store(true, Ordering::Relaxed);
    }

    /// Whether [`StopHandle::ask`] was called.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self) {
        *self.0.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + limits::STATEMENT);
    }

    /// Whether the running statement has to end.
    pub(super) fn is_due(&self) -> bool {
        let end = *self.0.end.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_asked() || end.is_some_and(|end| Instant::now() >= end)
    }
}
