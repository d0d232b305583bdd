//! The values of secrets and their source. The sandbox keeps a value only during the attempt that uses it.

use std::fmt;
use std::sync::Arc;

/// A value. Its `Debug` form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// A value that was read.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Returns the value of a secret by its name, `None` if it is not set, or the reason why it cannot be read. It is
/// called once in each attempt for each declared and granted secret.
pub type Vault = Arc<dyn Fn(&str) -> Result<Option<SecretValue>, String> + Send + Sync>;
