//! Limits how much work runs at the same time on threads that may block, for the whole host. Each piece of work has a
//! timeout and can be cancelled. A thread that hangs in the kernel keeps its permit, so the number of threads never
//! exceeds the number of permits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::super::blocking;
use super::generated::Error;
use crate::capabilities::progress::Cancel;
use crate::limits;

/// The permits of the whole host. Clones share them.
#[derive(Clone)]
pub(crate) struct WorkGate(Arc<Semaphore>);

impl Default for WorkGate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(limits::SOUNDS_AT_ONCE as usize)))
    }
}

/// The share of the permits that a piece of work needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkSize {
    /// One permit.
    One,
    /// All permits: work that needs much memory runs alone.
    All,
}

impl WorkGate {
    /// Runs `work` when its permits are available. Sets the flag, which ends `work`, when the time limit is reached, the
    /// task is cancelled, or the caller does not wait any more.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        room: WorkSize,
        cancel: &Cancel,
        work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let places = if room == WorkSize::All { limits::SOUNDS_AT_ONCE } else { 1 };
        let cancelled = || Err(Error::Timeout("the task was cancelled".to_owned()));
        let place = tokio::select! {
            Ok(place) = Arc::clone(&self.0).acquire_many_owned(places) => place,
            () = cancel.asked() => return cancelled(),
            () = tokio::time::sleep(limits::SOUND_TIME) => {
                let seconds = limits::SOUND_TIME.as_secs();
                return Err(Error::Timeout(format!("waited {seconds} s for other calls to end; try again later")));
            }
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (asked, told) = (Arc::clone(&stop), stop);
        let done = blocking::blocking(
            move || asked.store(true, Ordering::Relaxed),
            move || {
                let _place = place;
                work(&told)
            },
        );
        tokio::select! {
            done = done => {
                done.ok_or_else(|| Error::Failed("the call failed; this is a fault of Baton: please report it".to_owned()))
            }
            () = cancel.asked() => cancelled(),
            () = tokio::time::sleep(limits::SOUND_TIME) => {
                Err(Error::Timeout(format!("it took longer than {} s", limits::SOUND_TIME.as_secs())))
            }
        }
    }
}
