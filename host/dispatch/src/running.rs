//! The attempts that run in this process, so that a person can end one of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_sandbox::Cancel;

/// Attempts under way, by task.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<HashMap<String, Attempt>>);

#[derive(Debug)]
struct Attempt {
    cancel: Cancel,
    by_a_person: bool,
}

impl Running {
    /// An attempt begins; gives what ends it.
    pub(crate) fn begin(&self, id: &str) -> Cancel {
        let cancel = Cancel::default();
        self.lock().insert(id.to_owned(), Attempt { cancel: cancel.clone(), by_a_person: false });
        cancel
    }

    /// An attempt has ended; says whether a person asked for it.
    pub(crate) fn end(&self, id: &str) -> bool {
        self.lock().remove(id).is_some_and(|attempt| attempt.by_a_person)
    }

    /// A person asks for the end of an attempt.
    pub(crate) fn stop(&self, id: &str) {
        if let Some(attempt) = self.lock().get_mut(id) {
            attempt.by_a_person = true;
            attempt.cancel.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Attempt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
