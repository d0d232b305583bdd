//! Secrets that a plugin uses without knowing them; see `wit/secrets.wit`.

use crate::Error;
use crate::bindings::baton::plugin::secrets::{SecretError, placeholder as ask};

/// The placeholder of the secret `name` for its header. The host replaces it by the secret.
///
/// # Errors
/// `permanent`, with the command that fixes it. The host changes it to `needs_grant` if a grant is missing.
pub fn placeholder(name: &str) -> Result<String, Error> {
    ask(name).map_err(|error| match error {
        SecretError::Denied(text) | SecretError::Missing(text) => Error::Permanent(text),
    })
}
