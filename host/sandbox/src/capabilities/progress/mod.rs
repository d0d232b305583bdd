//! Progress and cancellation. Needs no grant; see `wit/progress.wit`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::file_name::cut;
use baton_core::text::is_unprintable;
use tokio::sync::watch;

use crate::store::State;

const CLOSEST: Duration = Duration::from_millis(50);

/// What is kept of a message.
const MESSAGE_BYTES: usize = 200;

/// How far an attempt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100, where it can be told.
    pub percent: Option<u8>,
    /// One short line.
    pub message: String,
}

/// Asks an attempt to stop. Clones ask the same one.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Sender<bool>);

impl Default for Cancel {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Cancel {
    /// Asks. Cannot be taken back.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is asked.
    pub async fn asked(&self) {
        // An error would mean that nobody can ask any more; this value itself can.
        drop(self.0.subscribe().wait_for(|asked| *asked).await);
    }
}

/// Who is told.
pub(crate) type Listener = Arc<dyn Fn(Progress) + Send + Sync>;

/// The capability's state in one attempt.
pub(crate) struct ProgressMeter {
    pub(crate) cancel: Cancel,
    pub(crate) listener: Option<Listener>,
    pub(crate) last: Option<Instant>,
}

impl crate::bindings::baton::plugin::progress::Host for State {
    fn report(&mut self, percent: Option<u8>, message: String) -> wasmtime::Result<()> {
        let meter = &mut self.progress;
        let Some(listener) = &meter.listener else {
            return Ok(());
        };
        if meter.last.is_some_and(|last| last.elapsed() < CLOSEST) {
            return Ok(());
        }
        meter.last = Some(Instant::now());
        let line: String = cut(&message, MESSAGE_BYTES).chars().filter(|c| !is_unprintable(*c)).collect();
        listener(Progress { percent: percent.map(|percent| percent.min(100)), message: line });
        Ok(())
    }

    fn cancelled(&mut self) -> wasmtime::Result<bool> {
        Ok(self.progress.cancel.is_cancelled())
    }
}
