//! Runs work on threads that may block, few at a time on the whole host, with an end in time and by
//! cancellation. A thread that hangs in the kernel keeps its place, so there are never more of them than places.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::super::blocking;
use super::generated::Error;
use crate::capabilities::progress::Cancel;
use crate::limits;

/// The places of the whole host. Clones share them.
#[derive(Clone)]
pub(crate) struct WorkGate(Arc<Semaphore>);

impl Default for WorkGate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(limits::SOUNDS_AT_ONCE as usize)))
    }
}

/// The share of the places that a piece of work needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkSize {
    /// Takes one place.
    One,
    /// All of them: what takes much memory is alone.
    All,
}

impl WorkGate {
    /// Does `work` once there is room. The flag tells `work` to end: when its time is up, the task is
    /// cancelled, or no caller waits for it any more.
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
                return Err(Error::Timeout(format!("no place was free for {seconds} s: others had them all")));
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
                done.ok_or_else(|| Error::Failed("the call broke off; this is a fault of Baton: please report it".to_owned()))
            }
            () = cancel.asked() => cancelled(),
            () = tokio::time::sleep(limits::SOUND_TIME) => {
                Err(Error::Timeout(format!("it took longer than {} s", limits::SOUND_TIME.as_secs())))
            }
        }
    }
}
