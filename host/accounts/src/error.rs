//! The reasons why there is no token.

use crate::Provider;

/// The reason why there is no token or no account.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum AccountError {
    /// The operator must give consent (again).
    #[error("the account {provider} needs your consent ({reason}): run `baton account add {provider}{option}`")]
    NeedsConsent {
        /// The service.
        provider: Provider,
        /// The option of the command: see [`Account::consent_option`](crate::Account::consent_option).
        option: &'static str,
        /// The reason: the consent was revoked, has expired, or was never given.
        reason: String,
    },
    /// The service is not reachable or has a problem. A later try may succeed.
    #[error("the account {provider} cannot be used now: {reason}")]
    Temporary {
        /// The service.
        provider: Provider,
        /// The cause.
        reason: String,
    },
    /// The service refuses the request. The settings of the account are wrong.
    #[error("{provider} refuses the request: {reason}; check [accounts.{provider}] in baton.toml")]
    Refused {
        /// The service.
        provider: Provider,
        /// The answer of the service.
        reason: String,
    },
    /// A setting is missing or wrong. The text has the fix.
    #[error("{0}")]
    Settings(String),
    /// The account cannot be read or stored.
    #[error("the account {provider} cannot be read or stored: {reason}")]
    Store {
        /// The service.
        provider: Provider,
        /// The cause.
        reason: String,
    },
}
