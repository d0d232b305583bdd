//! The error of optional host services: the plugin continues without them.

use baton_plugin_sdk::{evidence, git, ledger, sql, watch};

/// The reason why a service did not answer. The text is for a person and states the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceError {
    /// The service is not granted. The text has the command that grants it.
    NotGranted(String),
    /// The service is missing or failed.
    Unavailable(String),
}

impl ServiceError {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::NotGranted(text) | Self::Unavailable(text) => text,
        }
    }
}

impl From<sql::Error> for ServiceError {
    fn from(error: sql::Error) -> Self {
        use sql::Error::{Busy, Constraint, Denied, Failed, Full, Invalid, Timeout, TooLarge};
        match error {
            Denied(text) => Self::NotGranted(text),
            Constraint(text) | Busy(text) | TooLarge(text) | Timeout(text) | Full(text) | Invalid(text)
            | Failed(text) => Self::Unavailable(text),
        }
    }
}

impl From<git::Error> for ServiceError {
    fn from(error: git::Error) -> Self {
        use git::Error::{Denied, Invalid, Timeout, TooLarge, Unavailable};
        match error {
            Denied(text) => Self::NotGranted(text),
            Unavailable(text) | Invalid(text) | TooLarge(text) | Timeout(text) => Self::Unavailable(text),
        }
    }
}

impl From<ledger::Error> for ServiceError {
    fn from(error: ledger::Error) -> Self {
        use ledger::Error::{Denied, Failed, Invalid, TooLarge};
        match error {
            Denied(text) => Self::NotGranted(text),
            Invalid(text) | TooLarge(text) | Failed(text) => Self::Unavailable(text),
        }
    }
}

impl From<evidence::Error> for ServiceError {
    fn from(error: evidence::Error) -> Self {
        match error {
            evidence::Error::Denied(text) => Self::NotGranted(text),
            evidence::Error::Invalid(text) => Self::Unavailable(text),
            evidence::Error::TooMany => Self::Unavailable("one task judges at most 1,000 RETURNs".to_owned()),
        }
    }
}

impl From<watch::Error> for ServiceError {
    fn from(error: watch::Error) -> Self {
        match error {
            watch::Error::Invalid(text) | watch::Error::TooMany(text) => Self::Unavailable(text),
        }
    }
}
