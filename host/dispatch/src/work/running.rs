//! The attempts that run in this process. The operator can cancel each one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_sandbox::Cancel;

/// Running attempts, by task.
#[derive(Debug, Default)]
pub(crate) struct RunningAttempts(Mutex<HashMap<String, RunningAttempt>>);

#[derive(Debug, Default)]
struct RunningAttempt {
    cancel: Cancel,
    by_operator: bool,
}

impl RunningAttempts {
    /// Registers an attempt. Returns its cancel signal, which may be set already.
    pub(crate) fn begin(&self, id: &str) -> Cancel {
        self.lock().entry(id.to_owned()).or_default().cancel.clone()
    }

    /// Removes an attempt. Returns whether the operator cancelled it.
    pub(crate) fn end(&self, id: &str) -> bool {
        self.lock().remove(id).is_some_and(|attempt| attempt.by_operator)
    }

    /// Cancels the attempt of a task that this process has leased. The attempt may not have started yet.
    pub(crate) fn stop(&self, id: &str) {
        let mut all = self.lock();
        let attempt = all.entry(id.to_owned()).or_default();
        attempt.by_operator = true;
        attempt.cancel.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, RunningAttempt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
