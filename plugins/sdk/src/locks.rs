//! Exclusive named locks of the workspace. `wit/locks.wit` defines permissions and costs.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, locks};
//!
//! fn alone(name: &str) -> Result<bool, Error> {
//!     let Some(_lock) = locks::take(name)? else { return Ok(false) };
//!     // Other attempts do not get the lock until `_lock` is dropped.
//!     Ok(true)
//! }
//! ```

pub use crate::bindings::baton::plugin::locks::{Error, Lock};

use crate::bindings::baton::plugin::locks as generated;

/// Acquires a lock; `None` if another attempt holds it.
///
/// # Errors
/// As `take` in `wit/locks.wit`.
pub fn take(name: &str) -> Result<Option<Lock>, Error> {
    generated::take(name)
}

/// A missing grant is `needs-grant`, a temporary failure `retryable`, the rest `permanent`.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::NeedsGrant(text),
            Error::Failed(text) => Self::Retryable(text),
            Error::Invalid(text) => Self::Permanent(text),
        }
    }
}
