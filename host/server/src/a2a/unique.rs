//! Sends only one of several messages with the same id, even if they arrive before the ledger has the first one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

/// The content of the written message with an id; `None` if no message with this id was written.
pub(super) type WrittenContent = Option<String>;

/// The messages that are being sent, by the `handoff_id` of their request. A message stays here until its request is captured.
#[derive(Clone, Default)]
pub(super) struct UniqueMessages(Arc<Mutex<BTreeMap<String, Arc<AsyncMutex<WrittenContent>>>>>);

impl UniqueMessages {
    /// The lock for messages with this id. The caller that holds the lock sends its message; other callers with this id
    /// wait.
    pub(super) fn lock_of(&self, id: &str) -> Arc<AsyncMutex<WrittenContent>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(id.to_owned()).or_default())
    }

    /// Forgets an id after its request was captured or could not be written. Keeps the id if other messages with the same
    /// id wait for the lock.
    pub(super) fn forget(&self, id: &str, lock: Arc<AsyncMutex<WrittenContent>>) {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(lock);
        if locks.get(id).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(id);
        }
    }
}
