//! The attempts that run in this process, so that a person can end one of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_sandbox::Cancel;

/// Attempts under way, by task.
#[derive(Debug, Default)]
pub(crate) struct RunningAttempts(Mutex<HashMap<String, RunningAttempt>>);

#[derive(Debug, Default)]
struct RunningAttempt {
    cancel: Cancel,
    by_a_person: bool,
}

impl RunningAttempts {
    /// An attempt begins; gives what ends it. It may have been asked for before.
    pub(crate) fn begin(&self, id: &str) -> Cancel {
        self.lock().entry(id.to_owned()).or_default().cancel.clone()
    }

    /// An attempt has ended; says whether a person asked for it.
    pub(crate) fn end(&self, id: &str) -> bool {
        self.lock().remove(id).is_some_and(|attempt| attempt.by_a_person)
    }

    /// A person asks for the end of an attempt that this process has leased, whether it has begun or is about to.
    pub(crate) fn stop(&self, id: &str) {
        let mut all = self.lock();
        let attempt = all.entry(id.to_owned()).or_default();
        attempt.by_a_person = true;
        attempt.cancel.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, RunningAttempt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
