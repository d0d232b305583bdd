//! The lock of a database. Every step that finds, merges or repairs its folder or writes its CSV holds this one lock, from the
//! first read until the last change. Each database has one lock, and a step never acquires a lock that its caller already
//! holds. So an inner step cannot release a lock that an outer step needs.
//!
//! A task with an account also holds the lock of the account, which it acquires before the lock of any database.

use std::time::Duration;

use baton_plugin_kit::host::{HeldLock, Locks};
use baton_plugin_sdk::Error;

use crate::drive::id_key;

/// Pauses between tries: 7 s in total. After that the whole task is retried later.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// Acquires the locks of databases.
#[derive(Clone, Copy)]
pub struct DatabaseLocks<'a> {
    locks: &'a dyn Locks,
    pause: &'a dyn Fn(Duration),
}

impl<'a> DatabaseLocks<'a> {
    /// Uses the locks of the host, or of a test.
    #[must_use]
    pub fn new(locks: &'a dyn Locks, pause: &'a dyn Fn(Duration)) -> Self {
        Self { locks, pause }
    }

    /// Acquires the lock of a database; `None` if another task holds it.
    ///
    /// # Errors
    /// When locks are not granted, or the ledger fails.
    pub fn try_take(&self, id: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        self.locks.take(&format!("database:{}", id_key(id)))
    }

    /// Acquires the lock of a database; waits 1, 2 and 4 s if another task holds it.
    ///
    /// # Errors
    /// `retryable` when another task still holds it after 7 s; also as [`Self::try_take`].
    pub fn take(&self, id: &str) -> Result<Box<dyn HeldLock>, Error> {
        let late = format!("another task has worked on the database {id} for more than 7 s; nothing was changed");
        self.wait(|| self.try_take(id), late)
    }

    /// Acquires the lock of the account; waits 1, 2 and 4 s if another task holds it.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_account(&self) -> Result<Box<dyn HeldLock>, Error> {
        let late = "another task has worked with the account for more than 7 s; nothing was changed".to_owned();
        self.wait(|| self.locks.take("account"), late)
    }

    fn wait(
        &self,
        take: impl Fn() -> Result<Option<Box<dyn HeldLock>>, Error>,
        late: String,
    ) -> Result<Box<dyn HeldLock>, Error> {
        for pause in PAUSES {
            if let Some(held) = take()? {
                return Ok(held);
            }
            (self.pause)(pause);
        }
        take()?.ok_or(Error::Retryable(late))
    }
}

impl std::fmt::Debug for DatabaseLocks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseLocks")
    }
}

/// Checks that a lock is still held. Called before each change that needs it.
///
/// # Errors
/// `retryable` when somebody broke the lock by hand.
pub fn check_held(held: &dyn HeldLock, id: &str) -> Result<(), Error> {
    if held.holds()? {
        return Ok(());
    }
    Err(Error::Retryable(format!("somebody removed the lock of the database {id}; nothing more was changed")))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use baton_tests::host_services::HostLocks;

    use super::*;

    #[test]
    fn it_waits_one_two_and_four_seconds_and_then_requests_a_retry() {
        let locks = HostLocks::default();
        let waited = RefCell::new(Vec::new());
        let pause = |pause: Duration| waited.borrow_mut().push(pause.as_secs());
        let databases = DatabaseLocks::new(&locks, &pause);
        let held = databases.take("A-1").unwrap();
        assert!(databases.try_take("a-1").unwrap().is_none());
        assert!(matches!(databases.take("a-1"), Err(Error::Retryable(text)) if text.contains("7 s")));
        assert_eq!(*waited.borrow(), [1, 2, 4]);
        drop(held);
        assert!(databases.take("a-1").is_ok());
        assert_eq!(waited.borrow().len(), 3);
    }

    #[test]
    fn a_lock_that_is_released_during_the_wait_is_acquired() {
        let locks = HostLocks::default();
        let other = RefCell::new(locks.take("database:x").unwrap());
        let pause = |pause: Duration| {
            if pause.as_secs() == 2 {
                drop(other.borrow_mut().take());
            }
        };
        let held = DatabaseLocks::new(&locks, &pause).take("x").unwrap();
        check_held(held.as_ref(), "x").unwrap();
    }
}
