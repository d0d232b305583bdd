//! Placeholders of secrets: a plugin never sees the value. See `wit/secrets.wit`.

use crate::Error;
use crate::bindings::baton::plugin::secrets::{SecretError, placeholder as get};

/// The placeholder of the secret `name` for its header. The host replaces it by the secret.
///
/// # Errors
/// `permanent`, with the command that fixes it. The host changes it to `needs_grant` if a grant is missing.
pub fn placeholder(name: &str) -> Result<String, Error> {
    get(name).map_err(|error| match error {
        SecretError::Denied(text) | SecretError::Missing(text) => Error::Permanent(text),
    })
}
