//! Paths and numbers as columns. A path that is not UTF-8 is stored as bytes, so that it can be opened again. In a text
//! column, a path has the form of `baton_core::path_text`, so that no two files have the same text.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

pub(super) struct Path<'a>(pub(super) &'a OsStr);

impl ToSql for Path<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0.to_str() {
            Some(text) => ValueRef::Text(text.as_bytes()),
            None => ValueRef::Blob(self.0.as_bytes()),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// A path or name that was read.
pub(super) struct StoredPath(pub(super) OsString);

impl FromSql for StoredPath {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(Self(OsString::from_vec(bytes.to_vec()))),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// A count or size as an SQLite number. A value that is too large, which no file has, becomes the largest number.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
