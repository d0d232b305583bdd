//! Progress and cancellation; see `wit/progress.wit`. This capability needs no grant.

mod host;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

/// The progress of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The progress in per cent, 0 to 100; `None` if the plugin cannot tell.
    pub percent: Option<u8>,
    /// The message of the plugin, one short line.
    pub message: String,
}

/// The cancel signal of an attempt. Clones share it.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Sender<bool>);

impl Default for Cancel {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Cancel {
    /// Sets the signal. It cannot be reset.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// True if the signal is set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the signal is set.
    pub async fn asked(&self) {
        // No error is possible: this value keeps the sender.
        drop(self.0.subscribe().wait_for(|asked| *asked).await);
    }
}

/// Receives progress messages.
pub(crate) type Listener = Arc<dyn Fn(Progress) + Send + Sync>;

/// The capability's state in one attempt.
pub(crate) struct ProgressMeter {
    pub(crate) cancel: Cancel,
    pub(crate) listener: Option<Listener>,
    pub(crate) last: Option<Instant>,
}
