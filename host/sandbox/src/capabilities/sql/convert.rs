//! Converts values, rows and errors between the types of the WIT contract and those of `baton_plugin_sql`.

use baton_core::grants::Database;
use baton_plugin_sql::{GuestError, Row, Value};

use super::generated;

pub(super) fn database_of(database: generated::Database) -> Database {
    match database {
        generated::Database::Own => Database::Own,
        generated::Database::Catalog => Database::Catalog,
    }
}

pub(super) fn row_in(row: generated::Row) -> Row {
    let value = |value| match value {
        generated::Value::Null => Value::Null,
        generated::Value::Integer(number) => Value::Integer(number),
        generated::Value::Real(number) => Value::Real(number),
        generated::Value::Text(text) => Value::Text(text),
        generated::Value::Blob(bytes) => Value::Blob(bytes),
    };
    row.into_iter().map(value).collect()
}

pub(super) fn row_out(row: Row) -> generated::Row {
    let value = |value| match value {
        Value::Null => generated::Value::Null,
        Value::Integer(number) => generated::Value::Integer(number),
        Value::Real(number) => generated::Value::Real(number),
        Value::Text(text) => generated::Value::Text(text),
        Value::Blob(bytes) => generated::Value::Blob(bytes),
    };
    row.into_iter().map(value).collect()
}

impl From<GuestError> for generated::Error {
    fn from(error: GuestError) -> Self {
        match error {
            GuestError::Denied(text) => Self::Denied(text),
            GuestError::Constraint(text) => Self::Constraint(text),
            GuestError::Busy(text) => Self::Busy(text),
            GuestError::TooLarge(text) => Self::TooLarge(text),
            GuestError::Timeout(text) => Self::Timeout(text),
            GuestError::Full(text) => Self::Full(text),
            GuestError::Invalid(text) => Self::Invalid(text),
            GuestError::Failed(text) | GuestError::Damaged(text) => Self::Failed(text),
        }
    }
}
