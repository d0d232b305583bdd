//! Progress and cancellation. Needs no grant; see `wit/progress.wit`.

mod host;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

/// The progress of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100, if the plugin knows.
    pub percent: Option<u8>,
    /// One short line.
    pub message: String,
}

/// A request to stop an attempt. Clones are the same request.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Sender<bool>);

impl Default for Cancel {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Cancel {
    /// Asks the attempt to stop. Cannot be undone.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// The attempt was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the attempt is asked to stop.
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
