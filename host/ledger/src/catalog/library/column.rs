//! Paths and numbers as columns. A path that is no UTF-8 is kept as its bytes, so that it can be opened again; where a column
//! is text, it is written as a URL, so that no two files have one name.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// A path or name for writing.
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

/// A path as `files` names it: as it is, or where it is no UTF-8, as a `file` URL (RFC 8089) with all but the unreserved
/// characters escaped (RFC 3986, 2.3). An absolute path begins with a slash, so that none is another's URL.
pub(super) fn text(path: &std::path::Path) -> Cow<'_, str> {
    if let Some(text) = path.to_str() {
        return Cow::Borrowed(text);
    }
    let mut url = "file://".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => url.push(char::from(*byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(url)
}

/// A path or name that was read.
pub(super) struct PathRead(pub(super) OsString);

impl FromSql for PathRead {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(Self(OsString::from_vec(bytes.to_vec()))),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// A count or size as SQLite keeps it: what is too large for it (there is no such file) is its largest number.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
