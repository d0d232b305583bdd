//! Secrets, which a plugin uses without having them; see `wit/secrets.wit`.

use crate::Error;
use crate::bindings::baton::plugin::secrets::{SecretError, placeholder as ask};

/// What to write into the secret's header in the place of the secret `name`: the host puts it in.
///
/// # Errors
/// `permanent`, with the command that mends it; the host makes `needs_grant` of it where one does.
pub fn placeholder(name: &str) -> Result<String, Error> {
    ask(name).map_err(|error| match error {
        SecretError::Denied(text) | SecretError::Missing(text) => Error::Permanent(text),
    })
}
