//! Sends only one of several messages with the same id, also if they arrive before the ledger has the first one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

/// The content of the message that was written with an id; `None` if none was.
pub(super) type WrittenContent = Option<String>;

/// The messages that are being sent, by the `handoff_id` of their request. A message stays here until its request is captured.
#[derive(Clone, Default)]
pub(super) struct UniqueMessages(Arc<Mutex<BTreeMap<String, Arc<AsyncMutex<WrittenContent>>>>>);

impl UniqueMessages {
    /// The turn of messages with this id: the caller that locks it sends, others with this id wait.
    pub(super) fn turn(&self, id: &str) -> Arc<AsyncMutex<WrittenContent>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(id.to_owned()).or_default())
    }

    /// Forgets an id whose request is in the ledger or was not written, unless other messages wait for their turn.
    pub(super) fn forget(&self, id: &str, turn: Arc<AsyncMutex<WrittenContent>>) {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(turn);
        if turns.get(id).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            turns.remove(id);
        }
    }
}
