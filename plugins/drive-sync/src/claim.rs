//! The claim of a database: whoever looks for its folder, merges folders, writes its CSV or repairs it holds this one name, from
//! before the first look until after the last change. There is one claim a database and none inside another, so nobody gives back
//! by accident what an outer step still needs.

use std::time::Duration;

use baton_plugin_kit::host::{HeldLock, Locks};
use baton_plugin_sdk::Error;

use crate::drive::id_key;

/// Pauses between the tries: 7 s altogether, then the task is tried again later as a whole.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// Claims and a way to wait.
#[derive(Clone, Copy)]
pub struct Guard<'a> {
    claims: &'a dyn Locks,
    pause: &'a dyn Fn(Duration),
}

impl<'a> Guard<'a> {
    /// Over the host's claims, or a test's.
    #[must_use]
    pub fn new(claims: &'a dyn Locks, pause: &'a dyn Fn(Duration)) -> Self {
        Self { claims, pause }
    }

    /// Takes a database, or says at once that another has it.
    ///
    /// # Errors
    /// When claims are not granted, or the ledger fails.
    pub fn try_take(&self, id: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        self.claims.take(&format!("database:{}", id_key(id)))
    }

    /// Takes a database; waits 1, 2 and 4 s for another.
    ///
    /// # Errors
    /// `retryable` when another still has it after 7 s; also as [`Self::try_take`].
    pub fn take(&self, id: &str) -> Result<Box<dyn HeldLock>, Error> {
        for pause in PAUSES {
            if let Some(held) = self.try_take(id)? {
                return Ok(held);
            }
            (self.pause)(pause);
        }
        let late = || {
            Error::Retryable(format!("another task works on the database {id} for more than 7 s; nothing was changed"))
        };
        self.try_take(id)?.ok_or_else(late)
    }
}

impl std::fmt::Debug for Guard<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guard")
    }
}

/// Whether a claim still stands before something is changed under it.
///
/// # Errors
/// `retryable` when somebody broke it by hand.
pub fn still(held: &dyn HeldLock, id: &str) -> Result<(), Error> {
    if held.holds()? {
        return Ok(());
    }
    Err(Error::Retryable(format!(
        "the claim of the database {id} was broken by hand; nothing more is changed under it"
    )))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use baton_tests::host_services::HostLocks;

    use super::*;

    #[test]
    fn it_waits_one_two_and_four_seconds_and_then_asks_to_be_tried_again() {
        let claims = HostLocks::default();
        let waited = RefCell::new(Vec::new());
        let pause = |pause: Duration| waited.borrow_mut().push(pause.as_secs());
        let guard = Guard::new(&claims, &pause);
        let held = guard.take("A-1").unwrap();
        assert!(guard.try_take("a-1").unwrap().is_none());
        assert!(matches!(guard.take("a-1"), Err(Error::Retryable(text)) if text.contains("7 s")));
        assert_eq!(*waited.borrow(), [1, 2, 4]);
        drop(held);
        assert!(guard.take("a-1").is_ok());
        assert_eq!(waited.borrow().len(), 3);
    }

    #[test]
    fn one_that_is_given_back_meanwhile_is_taken() {
        let claims = HostLocks::default();
        let other = RefCell::new(claims.take("database:x").unwrap());
        let pause = |pause: Duration| {
            if pause.as_secs() == 2 {
                drop(other.borrow_mut().take());
            }
        };
        let held = Guard::new(&claims, &pause).take("x").unwrap();
        still(held.as_ref(), "x").unwrap();
    }
}
