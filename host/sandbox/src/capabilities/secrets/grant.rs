//! What is granted, and where values come from. The sandbox keeps no value beyond the attempt that uses it.

use std::fmt;
use std::sync::Arc;

/// A secret that was granted: where it may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretGrant {
    /// Its name.
    pub name: String,
    /// The hosts that may get it, as `HOST[:PORT]`.
    pub hosts: Vec<String>,
    /// The header that it may stand in.
    pub header: String,
}

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

/// Gives the value of a secret by its name, `None` when nobody has set it, or says why it cannot be read. Asked once an
/// attempt for each secret that is declared and granted.
pub type Vault = Arc<dyn Fn(&str) -> Result<Option<SecretValue>, String> + Send + Sync>;
