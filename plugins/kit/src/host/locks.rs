//! Exclusive named locks.

use baton_plugin_sdk::{Error, locks};

use super::Host;

/// Exclusive named locks.
pub trait Locks {
    /// Acquires a lock; `None` if another attempt holds it. Dropping the result releases it.
    ///
    /// # Errors
    /// As `take` in `wit/locks.wit`.
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, Error>;
}

/// A lock that is held.
pub trait HeldLock {
    /// Whether the lock is still held. False after a person broke the lock by hand.
    fn holds(&self) -> Result<bool, Error>;
}

impl Locks for Host {
    fn take(&self, name: &str) -> Result<Option<Box<dyn HeldLock>>, Error> {
        Ok(locks::take(name)?.map(|lock| Box::new(lock) as Box<dyn HeldLock>))
    }
}

impl HeldLock for locks::Lock {
    fn holds(&self) -> Result<bool, Error> {
        Ok(Self::holds(self)?)
    }
}
