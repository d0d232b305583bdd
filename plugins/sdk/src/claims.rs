//! Exclusive named locks of the workspace. `wit/claims.wit` defines permissions and costs.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, claims};
//!
//! fn alone(name: &str) -> Result<bool, Error> {
//!     let Some(_claim) = claims::take(name)? else { return Ok(false) };
//!     // Other attempts do not get the lock until `_claim` is dropped.
//!     Ok(true)
//! }
//! ```

pub use crate::bindings::baton::plugin::claims::{Claim, Error};

use crate::bindings::baton::plugin::claims as generated;

/// Acquires a lock; `None` if another attempt holds it.
///
/// # Errors
/// As `take` in `wit/claims.wit`.
pub fn take(name: &str) -> Result<Option<Claim>, Error> {
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
