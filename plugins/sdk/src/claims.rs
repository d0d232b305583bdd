//! Exclusive named locks of the workspace. `wit/claims.wit` defines permissions and costs.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, claims};
//!
//! fn alone(name: &str) -> Result<bool, Error> {
//!     let Some(_claim) = claims::take(name)? else { return Ok(false) };
//!     // Nobody else is here until `_claim` is dropped.
//!     Ok(true)
//! }
//! ```

pub use crate::bindings::baton::plugin::claims::{Claim, Error};

use crate::bindings::baton::plugin::claims as generated;

/// Takes a name; nothing when another attempt has it.
///
/// # Errors
/// As `take` in `wit/claims.wit`.
pub fn take(name: &str) -> Result<Option<Claim>, Error> {
    generated::take(name)
}

/// What the host does about it: a missing grant asks for it, what may pass is tried again, the rest is for good.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::NeedsGrant(text),
            Error::Failed(text) => Self::Retryable(text),
            Error::Invalid(text) => Self::Permanent(text),
        }
    }
}
