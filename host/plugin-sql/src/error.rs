//! The errors of a plugin's statement. Each kind of error needs another reaction of the plugin.

use baton_catalog::CatalogError;
use rusqlite::ErrorCode;
use serde::{Deserialize, Serialize};

use super::limits;
use super::stop::StopHandle;

/// An error of a plugin's statement. Each text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum GuestError {
    /// Writing is not granted.
    #[error("{0}")]
    Denied(String),
    /// A constraint of the tables does not hold.
    #[error("{0}")]
    Constraint(String),
    /// Another connection has locked the database.
    #[error("{0}")]
    Busy(String),
    /// Something is larger than its limit.
    #[error("{0}")]
    TooLarge(String),
    /// The time limit was exceeded, or the task is ending.
    #[error("{0}")]
    Timeout(String),
    /// The quota is used up, or the disk is full.
    #[error("{0}")]
    Full(String),
    /// The statement is invalid, or plugins are not allowed to run it.
    #[error("{0}")]
    Invalid(String),
    /// The database failed.
    #[error("{0}")]
    Failed(String),
    /// The file is not a database, or it is incomplete.
    #[error("{0}")]
    Damaged(String),
}

impl GuestError {
    /// The error for an error of SQLite.
    pub(super) fn from_sqlite(error: &rusqlite::Error, stop: &StopHandle) -> Self {
        let text = error.to_string();
        let busy = || format!("the database was busy for more than {} s", limits::BUSY.as_secs());
        let large = || format!("a value or row is larger than {} bytes", limits::VALUE_BYTES);
        match error {
            rusqlite::Error::MultipleStatement => {
                return Self::Invalid("there are several statements; a call runs exactly one".to_owned());
            }
            rusqlite::Error::SqlInputError { msg, offset, .. } => {
                return Self::Invalid(format!("{msg} (at byte {offset} of the statement)"));
            }
            _ => {}
        }
        let Some(code) = error.sqlite_error_code() else {
            return Self::Invalid(text);
        };
        match code {
            ErrorCode::ConstraintViolation => Self::Constraint(text),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy(busy()),
            ErrorCode::TooBig => Self::TooLarge(large()),
            ErrorCode::OutOfMemory => Self::out_of_memory(),
            ErrorCode::OperationInterrupted | ErrorCode::OperationAborted if stop.is_due() => Self::timeout(stop),
            ErrorCode::DiskFull => Self::Full(
                "the database has used up its quota, or the disk is full; delete rows that are not needed any more"
                    .to_owned(),
            ),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Damaged(format!("the database is damaged: {text}"))
            }
            ErrorCode::Unknown
            | ErrorCode::TypeMismatch
            | ErrorCode::ParameterOutOfRange
            | ErrorCode::ApiMisuse
            | ErrorCode::NotFound
            | ErrorCode::OperationInterrupted
            | ErrorCode::OperationAborted
            | ErrorCode::AuthorizationForStatementDenied => Self::Invalid(text),
            _ => Self::Failed(format!("the database failed: {text}")),
        }
    }

    /// The statement needs more memory than its process has.
    #[must_use]
    pub fn out_of_memory() -> Self {
        Self::TooLarge(format!("the statement needs more than {} MiB of memory", limits::MEMORY_BYTES >> 20))
    }

    /// The statement exceeded its time limit, or its task is ending.
    pub(super) fn timeout(stop: &StopHandle) -> Self {
        Self::Timeout(if stop.is_stopped() {
            "the task is ending".to_owned()
        } else {
            format!("the statement took longer than {} s", limits::STATEMENT.as_secs())
        })
    }

    /// The same error with `place` before its text.
    pub(super) fn with_location(self, place: &str) -> Self {
        let located = |text: String| format!("{place}: {text}");
        match self {
            Self::Denied(text) => Self::Denied(text),
            Self::Constraint(text) => Self::Constraint(located(text)),
            Self::Busy(text) => Self::Busy(located(text)),
            Self::TooLarge(text) => Self::TooLarge(located(text)),
            Self::Timeout(text) => Self::Timeout(located(text)),
            Self::Full(text) => Self::Full(located(text)),
            Self::Invalid(text) => Self::Invalid(located(text)),
            Self::Failed(text) => Self::Failed(located(text)),
            Self::Damaged(text) => Self::Damaged(located(text)),
        }
    }
}

impl From<CatalogError> for GuestError {
    fn from(error: CatalogError) -> Self {
        Self::Failed(error.to_string())
    }
}
