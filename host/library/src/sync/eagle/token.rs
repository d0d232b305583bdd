//! The API token that Eagle wants of other machines; none is needed on its own.

use std::fmt;

/// A token, if there is one, and the name of the secret that it is kept under. Its value is never shown.
#[derive(Clone, Default)]
pub struct Token {
    secret: String,
    value: Option<String>,
}

impl Token {
    /// The value of `secret`, if that is set.
    #[must_use]
    pub fn new(secret: &str, value: Option<String>) -> Self {
        Self { secret: secret.to_owned(), value }
    }

    pub(super) fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, {})", self.secret, if self.value.is_some() { "set" } else { "none" })
    }
}
