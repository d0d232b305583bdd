//! The values of secrets and their source. The sandbox keeps a value only during the attempt that uses it.
//! The token of an account is obtained for each request, because it can expire in the middle of an attempt.

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

/// The source of one secret.
#[derive(Clone)]
pub enum SecretSource {
    /// A value that does not change during an attempt.
    Value(SecretValue),
    /// The tokens of an account. Each request gets a token that is valid when it is sent.
    Account(Arc<dyn AccountTokens>),
    /// There is no value. The text says how to set it.
    Missing(String),
}

impl From<SecretValue> for SecretSource {
    fn from(value: SecretValue) -> Self {
        Self::Value(value)
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "(secret)",
            Self::Account(_) => "(account)",
            Self::Missing(_) => "(missing)",
        })
    }
}

/// A token for a request, and the other values that must be hidden in texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountToken {
    /// The token.
    pub value: SecretValue,
    /// The other secrets of the account, such as its refresh token.
    pub hidden: Vec<SecretValue>,
}

/// Why an account has no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The operator must give consent. The text has the command.
    NeedsConsent(String),
    /// A later attempt may succeed.
    Failed(String),
}

/// The tokens of one account. The functions may wait for files, locks and servers.
pub trait AccountTokens: Send + Sync {
    /// The tokens as they are stored, without renewing them; for hiding them in texts.
    fn stored(&self) -> Vec<SecretValue>;

    /// A token that is valid now. `refused` is a token that the server did not accept.
    ///
    /// # Errors
    /// The operator must give consent, or the service is not reachable.
    fn token(&self, refused: Option<&SecretValue>) -> Result<AccountToken, TokenError>;
}

/// Returns the source of a secret by its name, `None` if it is not set, or the reason why it cannot be read. It is
/// called once in each attempt for each declared and granted secret.
pub type Vault = Arc<dyn Fn(&str) -> Result<Option<SecretSource>, String> + Send + Sync>;
